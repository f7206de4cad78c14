"""What one master takes in with durable commits, the load on the same cores."""

from collections.abc import Iterator
from pathlib import Path

from bench.against_reference import REPORT, lines_body
from bench.cluster import Seed, Server
from bench.load import post, rate
from bench.tables import Row

NAME = "intake, durable"


def rows(folder: Path, seconds: float) -> Iterator[Row]:
    """Log lines and metric reports a second."""
    seed = Seed(folder / "ingest")
    seed.experiments(10, reports=True)
    trial_id = seed.long_trial()
    seed.close()
    server = Server(folder / "ingest")
    try:
        task_id = server.call("GET", f"/api/v1/trials/{trial_id}")["trial"]["taskId"]
        for count in (100, 1000):
            script = post("/api/v1/task/logs", lines_body(task_id, count))
            posts = rate(f"{server.url}/api/v1/task/logs", server.token, 4, seconds, script=script)
            yield Row(NAME, f"log lines, posts of {count}", posts * count, "lines/s", 20_000, "limit", 1)
        path = f"/api/v1/trials/{trial_id}/metrics"
        for writers in (1, 16):
            reports = rate(server.url + path, server.token, writers, seconds, script=post(path, REPORT % trial_id))
            yield Row(NAME, f"metric reports, {writers} writer(s)", reports, "/s", 1500, "limit", 1)
    finally:
        server.stop()
