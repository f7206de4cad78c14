"""Unmanaged experiments: somebody else runs the trials, and what they report is the state."""

from collections.abc import Iterable

from undeterred.terms import ExperimentState, TrialState

SILENCE_US = 5 * 60 * 1_000_000
"""A trial that was not heard of for this long has failed."""

_ORDER = (TrialState.PAUSED, TrialState.CANCELED, TrialState.ERROR, TrialState.COMPLETED, TrialState.RUNNING)
_STORED = frozenset(TrialState) - {TrialState.QUEUED, TrialState.PULLING, TrialState.STARTING}


def reportable(state: TrialState) -> bool:
    """True for a state that a trial may be given from outside; those that are only shown may not."""
    return state in _STORED


def experiment_state(trials: Iterable[TrialState]) -> ExperimentState:
    """The most advanced state of the trials, PAUSED < CANCELED < ERROR < COMPLETED < RUNNING; without trials PAUSED."""
    return ExperimentState(max(map(_counts_as, trials), key=_ORDER.index, default=TrialState.PAUSED).value)


def _counts_as(state: TrialState) -> TrialState:
    """A trial on its way to an end is still running."""
    if state in _ORDER:
        return state
    return TrialState.RUNNING
