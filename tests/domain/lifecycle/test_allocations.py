"""Allocations: only onward, and how the end of several processes is one end."""

import itertools

import pytest

from undeterred.domain.lifecycle import shown, unmanaged
from undeterred.domain.lifecycle.allocations import End, advanced, exit_of, may, slowest
from undeterred.terms import AllocationState as S
from undeterred.terms import ExitKind, ExperimentState, TrialState, is_live


def test_states_only_go_onward() -> None:
    for a, b in itertools.permutations(S, 2):
        if {a, b} == {S.RUNNING, S.WAITING}:
            assert may(a, b)
        else:
            assert not (may(a, b) and may(b, a)), (a, b)
        assert not may(S.TERMINATED, b)
    assert may(S.PENDING, S.TERMINATED)
    assert not may(S.PENDING, S.RUNNING)


def test_late_reports_change_nothing() -> None:
    assert advanced(S.RUNNING, S.STARTING) is S.RUNNING
    assert advanced(S.TERMINATING, S.RUNNING) is S.TERMINATING
    assert advanced(S.STARTING, S.RUNNING) is S.RUNNING
    assert [is_live(s) for s in (S.PENDING, S.ASSIGNED, S.RUNNING, S.TERMINATED)] == [False, True, True, False]


def test_an_allocation_is_as_far_as_its_slowest_process() -> None:
    assert slowest([S.RUNNING, S.STARTING]) is S.STARTING
    assert slowest([S.RUNNING, S.TERMINATED]) is S.RUNNING
    assert slowest([S.TERMINATED, S.TERMINATED]) is S.TERMINATED


@pytest.mark.parametrize(
    ("ends", "killed", "kind", "code"),
    [
        ([], False, ExitKind.ABORTED, None),
        ([End(0), End(0)], False, ExitKind.SUCCEEDED, 0),
        ([End(0), End(0)], True, ExitKind.SUCCEEDED, 0),
        ([End(3), End(137)], False, ExitKind.FAILED, 3),
        ([End(0), End(137)], True, ExitKind.KILLED, 137),
        ([End(lost=True)], False, ExitKind.LOST, None),
        ([End(lost=True)], True, ExitKind.KILLED, None),
        ([End(failure="no such folder")], False, ExitKind.FAILED, None),
    ],
)
def test_one_end_of_several(ends: list[End], killed: bool, kind: ExitKind, code: int | None) -> None:
    made = exit_of(ends, killed=killed, acked=True)
    assert (made.kind, made.code, made.acked) == (kind, code, True)


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
    assert unmanaged.lapsed(t.RUNNING, 0, unmanaged.SILENCE_US + 1)
    assert not unmanaged.lapsed(t.RUNNING, 0, unmanaged.SILENCE_US)
    assert not unmanaged.lapsed(t.COMPLETED, 0, unmanaged.SILENCE_US * 9)
