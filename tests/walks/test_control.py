"""Pause, activate, cancel, kill: states, exit reasons and log lines as a real 0.38.1 cluster gave them (shared/facts/managed-runs.md, 2 and 3)."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.det import cluster_config
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(540)]

SLEEPS = "echo begun; exec sleep 87654.3210"
MARK = "87654.3210"
KILLED = "was terminated: allocation killed after all resources exited: resources were killed"
STOPPED = "was terminated: allocation stopped early after all resources exited: resources exited successfully with a zero exit code"
PREEMPTED = "was terminated: allocation preempted after all resources exited: resources exited successfully with a zero exit code"
INVALID = """
import logging
import determined as det
from determined import core
logging.basicConfig(level=logging.INFO, format=det.LOG_FORMAT)
with core.init(tensorboard_mode=core.TensorboardMode.MANUAL) as context:
    raise det.InvalidHP("no good")
"""


IGNORES = """
import os, time
from determined import core
with core.init(tensorboard_mode=core.TensorboardMode.MANUAL) as context:
    context.train.report_early_exit(core.EarlyExitReason.INVALID_HP)
    print("begun", flush=True)
    time.sleep(87654.3210)
"""
FORGETS = """
import sys, time
import determined as det
from determined import core
with core.init(tensorboard_mode=core.TensorboardMode.MANUAL) as context:
    print(f"begun from {det.get_cluster_info().latest_checkpoint}", flush=True)
    for step in range(10):
        time.sleep(0.1)
        if context.preempt.should_preempt():
            sys.exit(0)
"""
EARLY_EXIT_GRACE_S = 10


@pytest.fixture
def server(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> Server:
    return serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)


def steps(server: Server, **variables: object) -> int:
    wanted = walk.config(environment=walk.environ(**{"STEPS": 40, "PAUSE": 0.1, **variables}))
    return walk.submit(server, wanted, {"train.py": walk.STEPS})


def said(server: Server, number: int, text: str) -> bool:
    return any(text in line for line in walk.log(server, number))


def master_lines(server: Server, number: int) -> list[str]:
    """What the master itself wrote into the log of an experiment's only trial."""
    status, lines = server.call("GET", f"/api/v1/trials/{walk.trial(server, number)['id']}/logs")
    assert status == 200, lines
    return [line["result"]["log"].rstrip("\n") for line in lines or [] if line["result"]["source"] == "master"]


def exit_reasons(server: Server, number: int) -> list[str]:
    """The exitReason of each of its runs, the latest first."""
    task = walk.trial(server, number)["taskIds"][-1]
    runs = walk.get(server, f"/api/v1/tasks/{task}")["task"]["allocations"]
    return [walk.get(server, f"/api/v1/allocations/{run['allocationId']}")["allocation"]["exitReason"] for run in runs]


def test_pause_and_activate_go_on_from_the_checkpoint(server: Server) -> None:
    number = steps(server)
    walk.until_line(server, number, "line 3")
    walk.act(server, number, "pause")
    assert walk.experiment(server, number)["state"] == "STATE_PAUSED"
    walk.until_line(server, number, PREEMPTED)
    assert said(server, number, "gracefully terminating allocation's remaining resources (reason: user requested pause)")
    left = next(int(line.split()[-1]) for line in walk.log(server, number) if "left " in line)
    walk.nothing_left(server)
    walk.act(server, number, "activate")
    walk.until_state(server, number, "COMPLETED")
    lines = [line for line in walk.log(server, number) if line.startswith("line ")]
    assert lines == [f"line {i}" for i in range(1, 41)], f"it left at {left}"
    assert walk.trial(server, number)["restarts"] == 0
    assert said(server, number, ".2)")


def test_pause_before_it_is_ready_kills(server: Server) -> None:
    number = walk.submit(server, walk.config(entrypoint="sleep 5"), {"startup-hook.sh": "echo hooked\nsleep 30\n"})
    walk.until_line(server, number, "hooked")
    walk.act(server, number, "pause")
    walk.until_line(server, number, KILLED)
    assert said(server, number, "forcibly killing allocation's remaining resources (reason: user requested pause)")
    assert walk.experiment(server, number)["state"] == "STATE_PAUSED"
    assert walk.trial(server, number)["restarts"] == 0
    walk.act(server, number, "kill")
    walk.until_state(server, number, "CANCELED")


def test_pause_that_the_code_does_not_hear_ends_with_it(server: Server) -> None:
    """The reference leaves such a trial stuck in PAUSED; ours is COMPLETED, as its code is."""
    number = walk.shell(server, "echo begun; sleep 1; echo over", max_restarts=2)
    walk.until_line(server, number, "begun")
    walk.act(server, number, "pause")
    assert walk.experiment(server, number)["state"] == "STATE_PAUSED"
    walk.until_state(server, number, "COMPLETED")
    assert said(server, number, "gracefully terminating allocation's remaining resources (reason: user requested pause)")
    assert said(server, number, STOPPED)
    found = walk.trial(server, number)
    assert (found["state"], found["restarts"], found["totalBatchesProcessed"]) == ("STATE_COMPLETED", 0, 0)
    ended = {verb: server.call("POST", f"/api/v1/experiments/{number}/{verb}", {})[0] for verb in ("activate", "pause", "cancel", "kill")}
    assert ended == {"activate": 404, "pause": 400, "cancel": 200, "kill": 200}
    assert walk.experiment(server, number)["state"] == "STATE_COMPLETED"


def test_pause_without_a_checkpoint_begins_anew(server: Server) -> None:
    """Acknowledged, nothing kept: the second run begins at the first step, and no restart is counted."""
    number = walk.submit(server, walk.config(), {"train.py": FORGETS})
    walk.until_line(server, number, "begun")
    walk.act(server, number, "pause")
    walk.until_line(server, number, PREEMPTED)
    walk.act(server, number, "activate")
    walk.until_state(server, number, "COMPLETED")
    assert walk.log(server, number).count("begun from None") == 2, walk.log(server, number)
    assert exit_reasons(server, number) == [
        "allocation stopped early after all resources exited: resources exited successfully with a zero exit code",
        "allocation preempted after all resources exited: resources exited successfully with a zero exit code",
    ]
    assert walk.trial(server, number)["restarts"] == 0


def test_cancel_and_kill_of_what_never_ran(server: Server) -> None:
    for verb in ("cancel", "kill"):
        number = walk.submit(server, walk.config(entrypoint="true"), activate=False)
        walk.act(server, number, verb)
        walk.until_state(server, number, "CANCELED", timeout_s=1)
        assert walk.log(server, number) == []


def test_kill_of_a_paused_one(server: Server) -> None:
    number = steps(server)
    walk.until_line(server, number, "line 2")
    walk.act(server, number, "pause")
    walk.until_line(server, number, PREEMPTED)
    before = walk.log(server, number)
    walk.act(server, number, "kill")
    walk.until_state(server, number, "CANCELED", timeout_s=1)
    assert walk.log(server, number) == before


def test_cancel(server: Server) -> None:
    number = steps(server)
    walk.until_line(server, number, "line 2")
    walk.act(server, number, "cancel")
    walk.until_state(server, number, "CANCELED")
    assert said(server, number, "(reason: user requested cancellation)")
    assert said(server, number, PREEMPTED)
    assert walk.trial(server, number)["state"] == "STATE_CANCELED"


def test_cancel_that_nobody_hears_becomes_a_kill(server: Server) -> None:
    number = walk.shell(server, SLEEPS, preemption_timeout=2)
    walk.until_line(server, number, "begun")
    walk.act(server, number, "cancel")
    walk.until_state(server, number, "CANCELED")
    assert said(server, number, "forcibly killing allocation's remaining resources (reason: allocation did not preempt in 2s)")
    walk.nothing_left(server, MARK)


def test_kill(server: Server) -> None:
    number = walk.shell(server, SLEEPS)
    walk.until_line(server, number, "begun")
    begun = time.monotonic()
    walk.act(server, number, "kill")
    walk.until_state(server, number, "CANCELED")
    took = time.monotonic() - begun
    print(f"kill to ended: {took:.3f} s")
    assert took < 10
    name = f"Trial {walk.trial(server, number)['id']} (Experiment {number})"
    allocation = f"{walk.trial(server, number)['taskIds'][-1]}.1"
    assert master_lines(server, number) == [
        f"Scheduling {name} (id: {allocation})",
        f"{name} was assigned to an agent",
        f"Resources for {name} have started",
        "forcibly killing allocation's remaining resources (reason: user requested kill)",
        "killed: resources failed with non-zero exit code: container failed with non-zero exit code: 137 (exit code 137)",
        f"{name} {KILLED}",
    ]
    assert exit_reasons(server, number) == ["allocation killed after all resources exited: resources were killed"]
    walk.nothing_left(server, MARK)


def test_kill_at_once_and_while_it_waits(server: Server) -> None:
    running = walk.shell(server, SLEEPS)
    walk.until_line(server, running, "begun")
    waiting = walk.shell(server, SLEEPS)
    assert walk.experiment(server, waiting)["state"] == "STATE_QUEUED"
    walk.act(server, waiting, "kill")
    walk.until_state(server, waiting, "CANCELED")
    assert said(server, waiting, "was terminated: allocation aborted after exit before start: user requested kill")
    walk.act(server, running, "kill")
    for _ in range(5):
        number = walk.shell(server, SLEEPS)
        walk.act(server, number, "kill")
        walk.until_state(server, number, "CANCELED")
        assert sum("was terminated" in line for line in walk.log(server, number)) == 1, walk.log(server, number)
    walk.nothing_left(server, MARK)


def test_the_next_in_line_starts_when_one_has_ended(server: Server) -> None:
    first, second = walk.shell(server, "sleep 1"), walk.shell(server, "sleep 1")
    walk.until_state(server, first, "COMPLETED")
    walk.until_state(server, second, "COMPLETED")
    ends = [walk.trial(server, n)["endTime"] for n in (first, second)]
    assert ends == sorted(ends)


def test_order_by_priority_then_by_submission(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    """One slot, no preemption: the running one stays, then the most urgent, then the eldest."""
    config = cluster_config(task_python, tmp_path / "checkpoints") | {
        "resource_manager": {"scheduler": {"type": "priority", "preemption": False}}
    }
    server = serve(config=config, slots=1)
    priorities = [50, 60, 50, 10, 10, 42]
    numbers = [walk.shell(server, "echo begun; sleep 0.5", resources={"priority": p}) for p in priorities]
    for number in numbers:
        walk.until_state(server, number, "COMPLETED")
    ends = {number: walk.trial(server, number)["endTime"] for number in numbers}
    assert sorted(numbers, key=lambda n: ends[n]) == [numbers[i] for i in (0, 3, 4, 5, 2, 1)]
    assert not any(said(server, number, "preempted") for number in numbers)


def test_killing_one_of_a_grid_lets_the_others_go_on(server: Server) -> None:
    grid = {"name": "grid", "metric": "accuracy", "max_concurrent_trials": 1}
    number = walk.shell(server, "sleep 1", searcher=grid, hyperparameters={"a": {"type": "categorical", "vals": [1, 2, 3]}})
    first = walk.until(lambda: walk.trials(server, number), 10)[0]["id"]
    walk.until(lambda: walk.get(server, f"/api/v1/trials/{first}")["trial"]["state"] == "STATE_RUNNING", 10)
    assert server.call("POST", f"/api/v1/trials/{first}/kill", {})[0] == 200
    walk.until_state(server, number, "COMPLETED")
    states = {t["id"]: t["state"] for t in walk.trials(server, number)}
    assert states.pop(first) == "STATE_CANCELED"
    assert list(states.values()) == ["STATE_COMPLETED"] * 2


def test_killing_the_only_trial_cancels_the_experiment(server: Server) -> None:
    number = walk.shell(server, SLEEPS, max_restarts=3)
    walk.until_line(server, number, "begun")
    assert server.call("POST", f"/api/v1/trials/{walk.trial(server, number)['id']}/kill", {})[0] == 200
    walk.until_state(server, number, "CANCELED")
    walk.nothing_left(server, MARK)


def test_invalid_hyperparameters_are_no_failure(server: Server) -> None:
    number = walk.submit(server, walk.config(max_restarts=3), {"train.py": INVALID})
    walk.until_state(server, number, "COMPLETED")
    assert said(server, number, "converting InvalidHP to exit(0)"), "\n".join(walk.log(server, number))
    assert said(server, number, STOPPED)
    assert walk.trial(server, number)["restarts"] == 0


def test_code_that_stays_after_an_early_exit_is_killed(server: Server) -> None:
    number = walk.submit(server, walk.config(max_restarts=3), {"train.py": IGNORES})
    walk.until_line(server, number, "begun")
    begun = time.monotonic()
    walk.until_state(server, number, "CANCELED", timeout_s=EARLY_EXIT_GRACE_S + 5)
    assert time.monotonic() - begun > EARLY_EXIT_GRACE_S - 1
    assert said(server, number, KILLED)
    assert walk.trial(server, number)["restarts"] == 0
    walk.nothing_left(server, MARK)


def test_a_more_urgent_one_takes_the_slot_where_preemption_is_on(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    config = cluster_config(task_python, tmp_path / "checkpoints") | {
        "resource_manager": {"scheduler": {"type": "priority", "preemption": True}}
    }
    server = serve(config=config, slots=1)
    patient = steps(server, STEPS=60)
    walk.until_line(server, patient, "line 2")
    urgent = walk.shell(server, "echo quick", resources={"priority": 10})
    walk.until_state(server, urgent, "COMPLETED")
    assert said(server, patient, "gracefully terminating allocation's remaining resources (reason: preempted by the scheduler)")
    walk.until_state(server, patient, "COMPLETED", timeout_s=40)
    assert walk.trial(server, patient)["restarts"] == 0
    assert [line for line in walk.log(server, patient) if line.startswith("line ")] == [f"line {i}" for i in range(1, 61)]
