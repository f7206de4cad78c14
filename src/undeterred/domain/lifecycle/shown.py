"""Which state people see: an ACTIVE experiment or trial is shown by how far its allocations have come."""

from collections.abc import Iterable

from undeterred.terms import AllocationState, ExperimentState, TrialState

_A = AllocationState
_SHOWN = {
    _A.PENDING: "QUEUED",
    _A.ASSIGNED: "QUEUED",
    _A.PULLING: "PULLING",
    _A.STARTING: "STARTING",
    _A.RUNNING: "RUNNING",
    _A.WAITING: "RUNNING",
    _A.TERMINATING: "RUNNING",
    _A.TERMINATED: "QUEUED",
}
_FIRST = ("RUNNING", "STARTING", "PULLING", "QUEUED")


def experiment(state: ExperimentState, allocations: Iterable[AllocationState]) -> ExperimentState:
    """An experiment's shown state. allocations: those of all its trials; ended ones do not matter."""
    return ExperimentState(_furthest(allocations)) if state is ExperimentState.ACTIVE else state


def trial(state: TrialState, allocations: Iterable[AllocationState]) -> TrialState:
    """A trial's shown state. allocations: those of its newest task."""
    return TrialState(_furthest(allocations)) if state is TrialState.ACTIVE else state


def task_allocation(state: AllocationState) -> str:
    """How a task's list shows an allocation, without the prefix: QUEUED before it runs anywhere."""
    return "QUEUED" if state in (_A.PENDING, _A.ASSIGNED) else state.value


def _furthest(allocations: Iterable[AllocationState]) -> str:
    seen = {_SHOWN[state] for state in allocations}
    return next((name for name in _FIRST if name in seen), "QUEUED")
