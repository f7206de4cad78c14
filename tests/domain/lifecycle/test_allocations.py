"""How an allocation ended, what is shown of states, and the states of unmanaged experiments."""

import pytest

from undeterred.domain.lifecycle import shown, unmanaged
from undeterred.domain.lifecycle.allocations import exit_of
from undeterred.terms import AllocationState as S
from undeterred.terms import ExitKind, ExperimentState, TrialState


@pytest.mark.parametrize(
    ("code", "failure", "killed", "kind"),
    [
        (0, "", False, ExitKind.SUCCEEDED),
        (0, "", True, ExitKind.SUCCEEDED),
        (3, "", False, ExitKind.FAILED),
        (137, "", True, ExitKind.KILLED),
        (None, "start: no such folder", False, ExitKind.FAILED),
        (None, "start: no such folder", True, ExitKind.KILLED),
        (None, "", True, ExitKind.LOST),
        (None, "lost: the supervisor of this task was killed", True, ExitKind.LOST),
    ],
)
def test_how_it_ended(code: int | None, failure: str, killed: bool, kind: ExitKind) -> None:
    made = exit_of(code, failure, killed=killed)
    assert made.kind is kind
    assert made.code == (None if kind is ExitKind.LOST else code)


def test_shown_states() -> None:
    active = ExperimentState.ACTIVE
    assert shown.experiment(active, []) is ExperimentState.QUEUED
    assert shown.experiment(active, [S.PENDING, S.PULLING, S.STARTING]) is ExperimentState.STARTING
    assert shown.experiment(active, [S.TERMINATED, S.PULLING]) is ExperimentState.PULLING
    assert shown.experiment(active, [S.STARTING, S.RUNNING]) is ExperimentState.RUNNING
    assert shown.experiment(ExperimentState.PAUSED, [S.RUNNING]) is ExperimentState.PAUSED
    assert shown.trial(TrialState.ACTIVE, [S.TERMINATED]) is TrialState.QUEUED
    assert shown.trial(TrialState.STOPPING_KILLED, [S.RUNNING]) is TrialState.STOPPING_KILLED
    assert shown.task_allocation(S.PENDING) == "QUEUED"
    assert shown.task_allocation(S.WAITING) == "WAITING"


def test_unmanaged() -> None:
    t = TrialState
    assert unmanaged.experiment_state([]) is ExperimentState.PAUSED
    assert unmanaged.experiment_state([t.ERROR, t.CANCELED, t.PAUSED]) is ExperimentState.ERROR
    assert unmanaged.experiment_state([t.ERROR, t.COMPLETED, t.PAUSED]) is ExperimentState.COMPLETED
    assert unmanaged.experiment_state([t.ERROR, t.COMPLETED, t.RUNNING]) is ExperimentState.RUNNING
    assert not unmanaged.reportable(t.QUEUED)
    assert unmanaged.reportable(t.RUNNING)
