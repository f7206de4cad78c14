"""A cluster's and a task's life: first answer, idle cost, from submit to the user's first line, from kill to the end."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from statistics import median

from bench.cluster import Server, first_answer_s
from bench.tables import Row

NAME = "a cluster's life"
ECHO = "echo first line; exec sleep 600"
CORE = """import determined as det
from determined import core
with core.init(tensorboard_mode=core.TensorboardMode.MANUAL):
    print('first line', flush=True)
"""
CONFIG = "name: bench\nsearcher: {name: single, metric: loss}\nmax_restarts: 0\nresources: {slots_per_trial: 1}\n"
ENDED = ("STATE_CANCELED", "STATE_COMPLETED", "STATE_ERROR")
LINE_S = 60
REFERENCE = "reference 1.9-2.5 s"


def rows(folder: Path, environment: Path, rounds: int) -> Iterator[Row]:
    """On an empty cluster with one CPU slot and the real task environment."""
    yield _limit("start to first answer, empty", first_answer_s(folder / "start", 3), "s", 1.5)
    server = Server(folder / "life", slots=1, environment=environment)
    try:
        time.sleep(2)
        yield _limit("idle memory", server.memory_mb(), "MB", 120)
        yield _limit("idle CPU, over 10 s", server.cpu_share(10) * 100, "% of a core", 1)
        if not (environment / "bin" / "python").exists():
            yield Row(NAME, "submit to first line of user code, warm", None, "s", note="no task environment: run `make setup`")
            return
        _run(server, ECHO, "")  # warms
        plain = [_run(server, ECHO, "") for _ in range(rounds)]
        core = [_run(server, "python3 train.py", CORE) for _ in range(rounds)]
        begun, killed = [each[0] for each in plain], [each[1] for each in plain]
        yield _limit("submit to first line of user code, warm: echo", median(begun), "s", 1.5, f"{_spread(begun)}; {REFERENCE}")
        inside = [each[0] for each in core]
        yield _limit("the same, after core.init()", median(inside), "s", 1.5, f"{_spread(inside)}; imports of determined included")
        yield _limit("kill to ended", median(killed), "s", 0.1, _spread(killed))
    finally:
        server.stop()


def _run(server: Server, entrypoint: str, code: str) -> tuple[float, float]:
    """(submit to first line, kill to ended), s."""
    files = [{"path": "train.py", "type": 48, "content": base64.b64encode(code.encode()).decode(), "mode": 420}]
    config = f"{CONFIG}entrypoint: {json.dumps(entrypoint)}\n"
    begun = time.time()
    made = server.call("POST", "/api/v1/experiments", {"config": config, "modelDefinition": files, "activate": True})["experiment"]
    line_at = _first_line_at(server, made["trialIds"][0])
    asked = time.time()
    server.call("POST", f"/api/v1/experiments/{made['id']}/kill")
    while server.call("GET", f"/api/v1/experiments/{made['id']}")["experiment"]["state"] not in ENDED:
        time.sleep(0.002)
    ended = time.time()
    time.sleep(0.3)  # its slot is free again
    return line_at - begun, ended - asked


def _first_line_at(server: Server, trial_id: int) -> float:
    """When the user's first line was printed, by its own timestamp."""
    deadline = time.monotonic() + LINE_S
    while time.monotonic() < deadline:
        for raw in server.client.raw("GET", f"/api/v1/trials/{trial_id}/logs").splitlines():
            line = json.loads(raw)["result"]
            if "first line" in line["log"]:
                return datetime.fromisoformat(line["timestamp"]).timestamp()
        time.sleep(0.02)
    raise SystemExit(f"trial {trial_id} printed nothing within a minute: see its log")


def _limit(name: str, value: float, unit: str, limit: float, note: str = "") -> Row:
    return Row(NAME, name, value, unit, limit, "at most", 1, "less", note)


def _spread(values: list[float]) -> str:
    return f"{min(values):.2f} … {max(values):.2f} in {len(values)}"
