"""What one master takes in with durable commits, the load on the same cores."""

from collections.abc import Iterator
from pathlib import Path

from bench.against_reference import Load, lines_body, measured, own_lines, report_body
from bench.cluster import Server
from bench.load import post
from bench.seed import SUPERVISOR, Seed
from bench.spy import Profiler
from bench.tables import Row

NAME = "intake, durable"
LINES_WANTED, REPORTS_WANTED = 20_000, 1_500
BATCH = 1000  # as supervisors send


def rows(folder: Path, seconds: int, rounds: int, profiler: Profiler | None) -> Iterator[Row]:
    """Log lines and metric reports a second."""
    seed = Seed(folder / "ingest")
    seed.reported(10)
    trial_id = seed.trial()
    seed.supervised()
    seed.close()
    server = Server(folder / "ingest")
    try:
        task_id = server.call("GET", f"/api/v1/trials/{trial_id}")["trial"]["taskId"]
        path = f"/api/v1/trials/{trial_id}/metrics"
        logs = [
            (100, Load("log lines, posts of 100", 4, 0, 1, "/api/v1/task/logs", post(lines_body(task_id, 100)))),
            (BATCH, Load("log lines, a supervisor's batches of 1,000", 1, 0, 1, _captured(), _supervisor_script())),
        ]
        for (count, _), row in zip(logs, measured(NAME, server, [each for _, each in logs], seconds, rounds, "", profiler), strict=True):
            yield Row(NAME, row.name, row.ours and row.ours * count, "lines/s", LINES_WANTED, "at least", 1, note=row.note)
        reports = [Load(f"metric reports, {n} to one trial", n, REPORTS_WANTED, 1, path, post(report_body(trial_id))) for n in (16, 1)]
        found = list(measured(NAME, server, reports, seconds, rounds, "at least", profiler))
        yield found[0]
        yield Row(NAME, found[1].name, found[1].ours, "/s", note=f"one after another, a flush each; {found[1].note}")
    finally:
        server.stop()


def _captured() -> str:
    return f"/internal/v1/allocations/{SUPERVISOR['allocation']}/logs"


def _supervisor_script() -> str:
    """One connection, as a supervisor's: the next batch begins where the master says."""
    line = '{"timestamp":"2026-11-24T10:00:@Z","stdtype":"stdout","rankId":0,"log":"step @ says that the loss is 0.@"}'
    around = f"""{{{{"epoch":1,"containerId":"{SUPERVISOR["container"]}","first":' .. first .. ',"lines":[{{}}]}}}}"""
    return (
        f'local first = 0\n{post(own_lines(around, line, BATCH))}wrk.headers["X-Undeterred-Supervisor"] = "{SUPERVISOR["key"]}"\n'
        "response = function(status, headers, body) first = tonumber(string.match(body, '\"next\":(%d+)')) or first end\n"
    )
