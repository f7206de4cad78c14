"""A cluster's and a task's life: first answer, idle cost, from submit to the user's first line, from kill to the end."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.cluster import Server
from bench.tables import Row

NAME = "a cluster's life"
TRAIN = "import time\nprint('first line', flush=True)\ntime.sleep(600)\n"
CORE = """import determined as det
from determined import core
with core.init(tensorboard_mode=core.TensorboardMode.MANUAL):
    print('first line', flush=True)
"""
CONFIG = "name: bench\nentrypoint: python3 train.py\nsearcher: {name: single, metric: loss}\nmax_restarts: 0\n"


def rows(folder: Path, environment: Path, rounds: int) -> Iterator[Row]:
    """Measured on an empty cluster with one CPU slot and the real task environment."""
    server = Server(folder / "life", slots=1, environment=environment)
    try:
        yield Row(NAME, "start to first answer, empty", server.first_answer_s, "s", 1.5, "limit", 1, "less")
        time.sleep(2)
        yield Row(NAME, "idle memory", server.memory_mb(), "MB", 120, "limit", 1, "less")
        yield Row(NAME, "idle CPU", server.cpu_share(10) * 100, "% of a core", 1, "limit", 1, "less")
        if not environment.exists():
            yield Row(NAME, "submit to first line of user code, warm", None, "s", note="no task environment: run `make setup`")
            return
        plain = [_run(server, TRAIN) for _ in range(rounds + 1)][1:]
        yield Row(
            NAME,
            "submit to first line of user code, warm",
            median(p[0] for p in plain),
            "s",
            1.5,
            "limit",
            1,
            "less",
            _spread([p[0] for p in plain]),
        )
        yield Row(NAME, "kill to ended", median(p[1] for p in plain), "s", 0.1, "limit", 1, "less", _spread([p[1] for p in plain]))
        core = [_run(server, CORE)[0] for _ in range(rounds)]
        yield Row(NAME, "the same after core.init()", median(core), "s", 1.9, "reference", note=_spread(core))
    finally:
        server.stop()


def _run(server: Server, code: str) -> tuple[float, float]:
    """(submit to first line, kill to ended), s."""
    files = [{"path": "train.py", "type": 48, "content": base64.b64encode(code.encode()).decode(), "mode": 420}]
    begun = time.time()
    made = server.call("POST", "/api/v1/experiments", {"config": CONFIG, "modelDefinition": files, "activate": True})["experiment"]
    line_at = _first_line_at(server, made["trialIds"][0])
    asked = time.time()
    server.call("POST", f"/api/v1/experiments/{made['id']}/kill")
    while server.call("GET", f"/api/v1/experiments/{made['id']}")["experiment"]["state"] not in ("STATE_CANCELED", "STATE_COMPLETED"):
        time.sleep(0.005)
    return line_at - begun, time.time() - asked


def _first_line_at(server: Server, trial_id: int) -> float:
    """When the user's first line was printed, by its own timestamp."""
    import json
    import urllib.request
    from datetime import datetime

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        request = urllib.request.Request(f"{server.url}/api/v1/trials/{trial_id}/logs")
        request.add_header("Authorization", f"Bearer {server.token}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            for raw in answer:
                line = json.loads(raw)["result"]
                if line["log"].startswith("first line"):
                    return datetime.fromisoformat(line["timestamp"]).timestamp()
        time.sleep(0.02)
    raise SystemExit(f"trial {trial_id} printed nothing within a minute: see its log")


def _spread(values: list[float]) -> str:
    return f"{min(values):.2f} … {max(values):.2f}"
