"""`kill -9` of a supervisor, of the user's process, of both, also while the master is down: the right state at the master's next look, nothing left."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.det import cluster_config
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(120)]

LOST = "was terminated: allocation failed due to agent failure: agent failed while the container was running"
CODE = "container failed with non-zero exit code: {0} (exit code {0})"
LOOK_S = 5.0
SLEEPS = "echo begun; exec sleep 98765.4321"
MARK = "98765.4321"


@pytest.fixture
def server(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> Server:
    return serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)


@pytest.mark.parametrize("also_user", [False, True])
def test_supervisor_dies(server: Server, also_user: bool) -> None:
    """A lost supervisor is a lost agent: a new run, no restart counted, even with max_restarts 0."""
    number = walk.shell(server, SLEEPS)
    walk.until_line(server, number, "begun")
    pids = [*([walk.user_process(server).pid] if also_user else []), walk.supervisor(server)]
    for pid in pids:  # the supervisor last: with it everything ends
        os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    walk.until_line(server, number, ".2)", 12)
    print(f"a second run {time.monotonic() - killed:.1f} s after the death")
    assert time.monotonic() - killed < LOOK_S + 2.5
    assert any(LOST in line for line in walk.log(server, number)), walk.log(server, number)
    assert walk.trial(server, number)["restarts"] == 0
    walk.act(server, number, "kill")
    walk.until_state(server, number, "CANCELED")
    walk.nothing_left(server, MARK)


def test_supervisor_dies_while_the_master_is_down(server: Server) -> None:
    number = walk.shell(server, SLEEPS)
    walk.until_line(server, number, "begun")
    supervisor = walk.supervisor(server)
    server.kill9()
    os.kill(supervisor, signal.SIGKILL)
    server.start()
    walk.until_line(server, number, ".2)", LOOK_S)
    assert any(LOST in line for line in walk.log(server, number))
    assert walk.trial(server, number)["restarts"] == 0
    walk.act(server, number, "kill")
    walk.until_state(server, number, "CANCELED")
    walk.nothing_left(server, MARK)


@pytest.mark.parametrize("most", [0, 1])
def test_user_process_dies(server: Server, most: int) -> None:
    """137 is a failure like any other: counted, and final once the restarts are used up."""
    number = walk.shell(server, SLEEPS, max_restarts=most)
    for run in range(1, most + 2):
        until_count(server, number, "begun", run, 20)
        walk.user_process(server).kill()
        until_count(server, number, "Trial 1 (Experiment 1) was terminated", run, LOOK_S)
    walk.until_state(server, number, "ERROR")
    lines = walk.log(server, number)
    assert sum(f"crashed: resources failed with non-zero exit code: {CODE.format(137)}" in line for line in lines) == most + 1, lines
    found = walk.trial(server, number)
    assert (found["restarts"], found["state"]) == (most, "STATE_ERROR")
    walk.nothing_left(server, MARK)


@pytest.mark.parametrize(
    ("script", "code"), [("exit 3", 3), ("kill -11 $$", 245), ("exec nothing-such", 127)]
)  # 245: the harness ends with minus the signal
def test_exit_codes(server: Server, script: str, code: int) -> None:
    number = walk.shell(server, script)
    walk.until_state(server, number, "ERROR")
    assert any(CODE.format(code) in line and "was terminated" in line for line in walk.log(server, number)), walk.log(server, number)
    walk.nothing_left(server)


def until_count(server: Server, number: int, begin: str, count: int, timeout_s: float) -> None:
    """Wait until so many lines begin so."""
    walk.until(lambda: sum(line.startswith(begin) for line in walk.log(server, number)) == count, timeout_s, f"{count} times {begin!r}")
