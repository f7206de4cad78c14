"""Log lines and exit reasons, word for word as a real master wrote them."""

import pytest

from undeterred.domain.lifecycle import texts
from undeterred.domain.lifecycle.texts import Line
from undeterred.domain.lifecycle.trials import Exit
from undeterred.terms import ExitKind, TaskType, TrialState

NAME = texts.trial_name(11, 4)
FAIL = "resources failed with non-zero exit code: container failed with non-zero exit code: 1 (exit code 1)"
ZERO = "resources exited successfully with a zero exit code"


def test_lines_on_the_way() -> None:
    assert texts.scheduling(NAME, "4.x.1") == Line("Scheduling Trial 11 (Experiment 4) (id: 4.x.1)")
    assert texts.assigned(NAME) == Line("Trial 11 (Experiment 4) was assigned to an agent")
    assert texts.started(NAME) == Line("Resources for Trial 11 (Experiment 4) have started")
    assert texts.service_ready("Shell (a-b-c)") == Line("Service of Shell (a-b-c) is available")
    assert texts.restoring(NAME, "4.x.1") == Line("Restoring Trial 11 (Experiment 4) (id: 4.x.1)")
    assert texts.gc_name(4) == "Checkpoint GC (Experiment 4)"
    assert texts.task_name(TaskType.NOTEBOOK, "a-b-c") == "JupyterLab (a-b-c)"


def test_lines_of_wishes() -> None:
    assert texts.terminating(texts.reason_for(TrialState.PAUSED)).text == (
        "gracefully terminating allocation's remaining resources (reason: user requested pause)"
    )
    assert texts.terminating(texts.PREEMPTED).text.endswith("(reason: preempted by the scheduler)")
    assert texts.reason_for(TrialState.STOPPING_CANCELED) == "user requested cancellation"
    assert texts.killing(texts.reason_for(TrialState.STOPPING_KILLED)).text == (
        "forcibly killing allocation's remaining resources (reason: user requested kill)"
    )
    assert texts.killing(texts.not_preempted(5)).text.endswith("(reason: allocation did not preempt in 5s)")
    assert texts.reason_for(TrialState.STOPPING_ERROR, "error while x") == "encountered error error while x"
    assert texts.matched("about to fail\n", "about to fail") == Line(
        '(log "about to fail\\n" matched regex "about to fail")',
        "ERROR",
    )


@pytest.mark.parametrize(
    ("end", "line", "reason", "level"),
    [
        (Exit(ExitKind.SUCCEEDED, 0), ZERO, f"allocation stopped early after all resources exited: {ZERO}", "INFO"),
        (Exit(ExitKind.SUCCEEDED, 0, acked=True), ZERO, f"allocation preempted after all resources exited: {ZERO}", "INFO"),
        (Exit(ExitKind.FAILED, 1), f"crashed: {FAIL}", f"allocation failed: {FAIL}", "ERROR"),
        (
            Exit(ExitKind.KILLED, 137),
            "killed: " + FAIL.replace("code: 1", "code: 137").replace("code 1)", "code 137)"),
            "allocation killed after all resources exited: resources were killed",
            "INFO",
        ),
        (Exit(ExitKind.ABORTED), None, "allocation aborted after exit before start: user requested kill", "INFO"),
        (
            Exit(ExitKind.LOST),
            "crashed: agent failed while the container was running: agent closed with allocated containers",
            "allocation failed due to agent failure: agent failed while the container was running: agent closed with allocated containers",
            "ERROR",
        ),
        (
            Exit(ExitKind.FAILED, text="pulling container image: x"),
            "crashed: task failed without an associated exit code: pulling container image: x",
            "allocation failed: task failed without an associated exit code: pulling container image: x",
            "ERROR",
        ),
    ],
)
def test_ends(end: Exit, line: str | None, reason: str, level: str) -> None:
    wrote = texts.exited(end)
    assert (wrote.text if wrote else None) == line
    assert texts.exit_reason(end) == reason
    assert texts.terminated(NAME, end) == Line(f"{NAME} was terminated: {reason}", level)


def test_status() -> None:
    assert texts.exit_status(Exit(ExitKind.KILLED, 137)) == "allocation exited successfully"
    assert texts.exit_status(Exit(ExitKind.FAILED, 1)) == FAIL
    assert texts.status_code(Exit(ExitKind.FAILED, 3)) == 3
    assert texts.status_code(Exit(ExitKind.KILLED, 137)) is None
    assert [texts.duration(s) for s in (5, 60, 90, 3600)] == ["5s", "1m0s", "1m30s", "1h0m0s"]
