"""`undeterred down --stop-tasks`: tasks end with the cluster, and the next start takes their trials up again, with no restart counted."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.support.det import cluster_config
from tests.support.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(540)]

CONFIG = """
name: waits
entrypoint: python3 -c "import time; print('begun', flush=True); time.sleep(600)"
searcher: {name: single, metric: loss}
max_restarts: 0
"""


def test_tasks_end_and_are_taken_up_again(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    server = serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    status, answer = server.call("POST", "/api/v1/experiments", {"config": CONFIG, "activate": True})
    assert status == 200, answer
    experiment = answer["experiment"]["id"]
    first = running(server, experiment, "1")
    assert first["restarts"] == 0
    assert server.leftovers()

    psutil.Process(server.pid).send_signal(signal.SIGUSR1)
    ended = psutil.Process(server.pid).wait(15)
    assert ended in (0, None)
    assert server.leftovers() == [], "nothing of a task is left"
    assert list((server.data / "tasks").glob("[!.]*")) == []

    server.restart()
    again = running(server, experiment, "2")
    assert again["id"] == first["id"]
    assert again["restarts"] == 0
    assert server.call("GET", f"/api/v1/experiments/{experiment}")[1]["experiment"]["state"] == "STATE_RUNNING"


def running(server: Server, experiment: int, run: str) -> dict[str, object]:
    """The experiment's trial, once its task has written a first line in that run."""
    deadline = time.monotonic() + 160
    while time.monotonic() < deadline:
        trials = server.call("GET", f"/api/v1/experiments/{experiment}/trials")[1]["trials"]
        if trials and trials[0]["state"] == "STATE_RUNNING":
            logs = server.call("GET", f"/api/v1/trials/{trials[0]['id']}/logs")[1]
            lines = logs if isinstance(logs, list) else [logs]
            if sum("begun" in str(line) and "begun', flush" not in str(line) for line in lines) >= int(run):
                return dict(trials[0])
        time.sleep(0.2)
    pytest.fail(f"the task did not begin in 40 s\n{server.tail()}")
