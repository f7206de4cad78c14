"""`kill -9` of a supervisor, of the user's process, of both, also while the master is down: the right state at the master's next look, nothing left."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.det import cluster_config
from tests.support.needs import PATIENCE
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(360)]

LOST = "was terminated: allocation failed due to agent failure: agent failed while the container was running"
CODE = "container failed with non-zero exit code: {0} (exit code {0})"
LOOK_S = 5.0
SLEEPS = "echo begun; exec sleep 98765.4321"
MARK = "98765.4321"
MOST = int(os.environ.get("UNDETERRED_RESTARTS", "2"))


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
    assert time.monotonic() - killed < PATIENCE * LOOK_S
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


def test_any_deaths_are_counted_as_they_should(server: Server) -> None:
    """Supervisor, user's process, or the master with one of them, at random: only the user's own deaths count, and the one too many ends it."""
    seed = int(os.environ.get("UNDETERRED_SEED", "0")) or random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    number = walk.shell(server, SLEEPS, max_restarts=MOST)
    counted, runs = 0, 1
    while counted <= MOST:
        until_count(server, number, "begun", runs, 20)
        victim, away = chance.choice(["user", "user", "supervisor"]), chance.random() < 0.3
        process = walk.user_process(server)
        pid = walk.supervisor(server)
        time.sleep(chance.random() * 0.2)
        if away:
            server.kill9()
        if victim == "user":
            process.kill()
            counted += 1
        else:
            kill9(pid)
        if away:
            server.start()
        runs += 1
        if counted <= MOST:
            until_count(server, number, "begun", runs, 20)
            assert walk.trial(server, number)["restarts"] == counted, (seed, walk.log(server, number))
    walk.until_state(server, number, "ERROR")
    assert walk.trial(server, number)["restarts"] == MOST, seed
    lines = walk.log(server, number)
    assert sum(f"crashed: resources failed with non-zero exit code: {CODE.format(137)}" in line for line in lines) == counted, (seed, lines)
    assert sum(LOST in line for line in lines) == runs - 1 - counted, (seed, lines)
    walk.nothing_left(server, MARK)


@pytest.mark.parametrize(
    ("script", "code"), [("exit 3", 3), ("kill -11 $$", 245), ("exec nothing-such", 127)]
)  # 245: the harness ends with minus the signal
def test_exit_codes(server: Server, script: str, code: int) -> None:
    number = walk.shell(server, script)
    walk.until_state(server, number, "ERROR")
    assert any(CODE.format(code) in line and "was terminated" in line for line in walk.log(server, number)), walk.log(server, number)
    walk.nothing_left(server)


def test_deaths_while_it_starts(server: Server) -> None:
    """The supervisor is killed within its first 100 ms, again and again: a trial of its own each, which completes without a restart counted."""
    for delay_s in (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1):
        number = walk.shell(server, "sleep 0.3; echo ran")
        pid = walk.until(lambda: next(iter(launched(server)), None), 10, "a supervisor")
        time.sleep(delay_s)
        kill9(pid)
        walk.until_state(server, number, "COMPLETED", timeout_s=15)
        assert walk.trial(server, number)["restarts"] == 0
        assert walk.log(server, number).count("ran") == 1, (delay_s, walk.log(server, number))
        walk.nothing_left(server)


def test_master_and_supervisor_die_together_while_it_starts(server: Server) -> None:
    for delay_s in (0.0, 0.01, 0.03, 0.1):
        number = walk.shell(server, "sleep 0.3; echo ran")
        pid = walk.until(lambda: next(iter(launched(server)), None), 10, "a supervisor")
        time.sleep(delay_s)
        server.kill9()
        kill9(pid)
        server.start()
        walk.until_state(server, number, "COMPLETED", timeout_s=15)
        assert walk.trial(server, number)["restarts"] == 0
        assert walk.log(server, number).count("ran") == 1, (delay_s, walk.log(server, number))
        walk.nothing_left(server)


def test_deaths_while_it_ends(server: Server) -> None:
    """Around the end of the code: what was told counts, what was not is run again; each run's lines are there once and in order."""
    for delay_s in (0.0, 0.01, 0.02, 0.04, 0.06, 0.1):
        number = walk.shell(server, "seq -f 'line %.0f' 200")
        walk.until_line(server, number, "Launching")
        pid = next(iter(launched(server)), None)
        time.sleep(delay_s)
        if pid is not None:
            kill9(pid)
        walk.until_state(server, number, "COMPLETED", timeout_s=15)
        check_runs(walk.log(server, number), [f"line {i}" for i in range(1, 201)])
        assert walk.trial(server, number)["restarts"] == 0
        walk.nothing_left(server)


def test_a_kept_end_is_told_by_another(server: Server) -> None:
    """The code ends while the master is down, and then its supervisor is killed: the exit record and the unsent lines are told all the same."""
    number = walk.shell(server, "echo begun; sleep 1; seq -f 'line %.0f' 200; exit 7")
    walk.until_line(server, number, "begun")
    pid = walk.supervisor(server)
    server.kill9()
    place = walk.containers(server)[0]
    walk.until((place / "exit.json").exists, 10)
    kill9(pid)
    server.start()
    walk.until_state(server, number, "ERROR", timeout_s=LOOK_S)
    lines = walk.log(server, number)
    assert [line for line in lines if line.startswith("line ")] == [f"line {i}" for i in range(1, 201)]
    assert any(
        "was terminated: allocation failed: resources failed with non-zero exit code: " + CODE.format(7) in line for line in lines
    ), lines
    walk.nothing_left(server)


def test_the_one_who_finishes_is_killed_too(server: Server) -> None:
    """Supervisor, then each process that is started to finish for it, for three seconds: the next one brings the end."""
    number = walk.shell(server, SLEEPS)
    walk.until_line(server, number, "begun")
    kill9(walk.supervisor(server))
    place, deaths = walk.containers(server)[0], 0
    until = time.monotonic() + 3
    while time.monotonic() < until and place.exists():
        for pid in launched(server, place.name):
            kill9(pid)
            deaths += 1
        time.sleep(0.005)
    print(f"{deaths} of those who finish were killed")
    walk.until_line(server, number, ".2)", LOOK_S)
    assert walk.trial(server, number)["restarts"] == 0
    walk.act(server, number, "kill")
    walk.until_state(server, number, "CANCELED")
    walk.nothing_left(server, MARK)


def launched(server: Server, container: str = "") -> list[int]:
    """Supervisors of this server's tasks (or of one), whether they have claimed their start yet or not."""
    place = str(server.data / "tasks" / container)
    return [pid for pid, words in commands() if "/supervisor" in words and place in words]


def commands() -> list[tuple[int, str]]:
    """The command lines of all processes, read directly: psutil takes too long for the first 100 ms of one."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                found.append((int(entry), Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")))
            except OSError:
                continue
    return found


def kill9(pid: int) -> None:
    """SIGKILL; it may have ended meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def check_runs(lines: list[str], whole: list[str]) -> None:
    """Every run's lines are a beginning of the whole, and the last run's are all of it."""
    runs: list[list[str]] = []
    for line in lines:
        if line.startswith("Scheduling "):
            runs.append([])
        elif line in whole:
            runs[-1].append(line)
    assert all(run == whole[: len(run)] for run in runs), runs
    assert runs[-1] == whole, (runs[-1][-1:], lines[-5:])


def until_count(server: Server, number: int, begin: str, count: int, timeout_s: float) -> None:
    """Wait until so many lines begin so."""
    walk.until(lambda: sum(line.startswith(begin) for line in walk.log(server, number)) == count, timeout_s, f"{count} times {begin!r}")
