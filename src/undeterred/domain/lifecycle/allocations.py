"""Allocations: how far one has come, and how it ended when it has several processes."""

from collections.abc import Sequence

import msgspec

from undeterred.domain.lifecycle.trials import Exit
from undeterred.terms import AllocationState, ExitKind

_S = AllocationState
_ORDER = (_S.PENDING, _S.ASSIGNED, _S.PULLING, _S.STARTING, _S.RUNNING, _S.TERMINATING, _S.TERMINATED)


class End(msgspec.Struct, frozen=True):
    """How one process ended. code: None where it has none; failure: why it has none; lost: nobody knows."""

    code: int | None = None
    failure: str = ""
    lost: bool = False


def may(before: AllocationState, after: AllocationState) -> bool:
    """True where an allocation may go from one state to the other: only onward, but for RUNNING and WAITING, which change places."""
    if {before, after} == {_S.RUNNING, _S.WAITING}:
        return True
    if before is _S.PENDING and after not in (_S.ASSIGNED, _S.TERMINATED):
        return False
    return _rank(before) < _rank(after)


def advanced(now: AllocationState, reported: AllocationState) -> AllocationState:
    """The state after a report; one that comes late or twice changes nothing."""
    return reported if may(now, reported) else now


def slowest(states: Sequence[AllocationState]) -> AllocationState:
    """The state of an allocation from those of its processes: it runs when all of them do, and has ended when all have.

    states: at least one, none PENDING.
    """
    alive = [state for state in states if state is not _S.TERMINATED]
    if not alive:
        return _S.TERMINATED
    return min(alive, key=_rank)


def exit_of(ends: Sequence[End], killed: bool = False, acked: bool = False) -> Exit:
    """How an allocation ended, from the ends of its processes in the order of ending; none: it was never started.

    killed: we killed it on a wish or a time-out. The first failure speaks for all: the others were killed because of it.
    """
    if not ends:
        return Exit(ExitKind.ABORTED, acked=acked)
    bad = next((end for end in ends if end.lost or end.failure or end.code != 0), None)
    if bad is None:
        return Exit(ExitKind.SUCCEEDED, code=0, acked=acked)
    if killed:
        return Exit(ExitKind.KILLED, code=bad.code, acked=acked)
    if bad.lost:
        return Exit(ExitKind.LOST, text=bad.failure, acked=acked)
    return Exit(ExitKind.FAILED, code=bad.code, text=bad.failure, acked=acked)


def _rank(state: AllocationState) -> int:
    return _ORDER.index(_S.RUNNING if state is _S.WAITING else state)
