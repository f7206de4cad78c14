"""Trials: legal moves, how they follow their experiment, and what comes after an allocation has ended."""

import msgspec

from undeterred.terms import EarlyExit, ExitKind, ExperimentState, Signal, TrialState, is_terminal

_S = TrialState
_STOPPING = frozenset({_S.STOPPING_COMPLETED, _S.STOPPING_CANCELED, _S.STOPPING_KILLED, _S.STOPPING_ERROR})
_MOVES: dict[TrialState, frozenset[TrialState]] = {
    _S.ACTIVE: frozenset({_S.PAUSED, _S.COMPLETED, _S.ERROR}) | _STOPPING,
    _S.PAUSED: frozenset({_S.ACTIVE, _S.COMPLETED, _S.ERROR}) | _STOPPING,
    _S.STOPPING_COMPLETED: frozenset({_S.COMPLETED, _S.STOPPING_CANCELED, _S.STOPPING_KILLED, _S.STOPPING_ERROR, _S.ERROR}),
    _S.STOPPING_CANCELED: frozenset({_S.CANCELED, _S.STOPPING_KILLED, _S.STOPPING_ERROR, _S.ERROR}),
    _S.STOPPING_KILLED: frozenset({_S.CANCELED, _S.STOPPING_ERROR, _S.ERROR}),
    _S.STOPPING_ERROR: frozenset({_S.ACTIVE, _S.ERROR}),
    _S.COMPLETED: frozenset({_S.ACTIVE}),  # ACTIVE again: continue
    _S.CANCELED: frozenset({_S.ACTIVE}),
    _S.ERROR: frozenset({_S.ACTIVE}),
}
_ENDS = {
    _S.STOPPING_COMPLETED: _S.COMPLETED,
    _S.STOPPING_CANCELED: _S.CANCELED,
    _S.STOPPING_KILLED: _S.CANCELED,
    _S.STOPPING_ERROR: _S.ERROR,
}
_SIGNALS = {
    _S.PAUSED: Signal.TERMINATE,
    _S.STOPPING_CANCELED: Signal.TERMINATE,
    _S.STOPPING_COMPLETED: Signal.TERMINATE,
    _S.STOPPING_KILLED: Signal.KILL,
    _S.STOPPING_ERROR: Signal.KILL,
}
_ERRORS = frozenset({ExitKind.FAILED, ExitKind.LOST, ExitKind.UNRECOVERABLE})
SBATCH_FAILED = "sbatch: error: Batch job submission failed"


class Exit(msgspec.Struct, frozen=True):
    """How an allocation ended. code: of the first process that failed; text: why, where nothing has a code; acked: the code had
    acknowledged that it was asked to leave."""

    kind: ExitKind
    code: int | None = None
    text: str = ""
    acked: bool = False


class Trial(msgspec.Struct, frozen=True):
    """What a decision needs to know. restarts: counted so far; early_exit: the code has reported one (invalid hyperparameters);
    dont_retry: a log line matched a cancel_retries policy; no_node_left: all nodes that could hold it are blocked for it."""

    state: TrialState
    restarts: int = 0
    max_restarts: int = 5
    early_exit: bool = False
    dont_retry: bool = False
    no_node_left: bool = False


class Next(msgspec.Struct, frozen=True):
    """What comes after an allocation. again: make the next one now; restarts: as stored and shown; told: what the searcher hears of an
    ended trial (None: that it exited)."""

    state: TrialState
    again: bool
    restarts: int
    told: EarlyExit | None = None


def may(before: TrialState, after: TrialState) -> bool:
    """True where a managed trial may go from one state to the other; staying is no move."""
    return after in _MOVES.get(before, frozenset())


def after_exit(trial: Trial, end: Exit) -> Next:
    """What follows the end of a trial's allocation; the order of these questions is part of the contract.

    A paused trial whose code ended with 0 unasked is COMPLETED (the reference leaves it stuck).
    """
    if is_terminal(trial.state):
        return _ended(trial, trial.state)
    if trial.state in _ENDS:
        return _ended(trial, _S.ERROR if end.kind in _ERRORS else _ENDS[trial.state])
    if end.kind is ExitKind.UNRECOVERABLE or SBATCH_FAILED in end.text:
        return _ended(trial, _S.ERROR)
    if end.kind in (ExitKind.LOST, ExitKind.ABORTED):
        return _another(trial, trial.restarts)
    if end.kind is ExitKind.FAILED:
        return _after_failure(trial)
    if end.kind is ExitKind.SUCCEEDED and not end.acked:
        return _ended(trial, _S.COMPLETED)
    if trial.early_exit:
        return _ended(trial, _S.COMPLETED)
    return _another(trial, trial.restarts)


def settled(state: TrialState) -> TrialState:
    """The end of a stopping trial that has no allocation (any more); other states stay."""
    return _ENDS.get(state, state)


def told(state: TrialState) -> EarlyExit | None:
    """What the searcher hears of an ended trial; None: that it exited well."""
    assert is_terminal(state), state
    return {_S.ERROR: EarlyExit.ERRORED, _S.CANCELED: EarlyExit.USER_CANCELED}.get(state)


def following(state: TrialState, experiment: ExperimentState) -> TrialState:
    """The state of a trial once its experiment has this one; an ended trial stays as it is."""
    try:
        wanted = TrialState(experiment.value)
    except ValueError:
        return state
    if is_terminal(state) or (wanted in (_S.ACTIVE, _S.PAUSED) and state not in (_S.ACTIVE, _S.PAUSED)):
        return state
    return wanted if may(state, wanted) and not is_terminal(wanted) else state


def killed(state: TrialState) -> TrialState:
    """The state after somebody killed the trial itself."""
    return _S.STOPPING_KILLED if may(state, _S.STOPPING_KILLED) else state


def stopped(state: TrialState) -> TrialState:
    """The state after the searcher said Stop."""
    return _S.STOPPING_COMPLETED if may(state, _S.STOPPING_COMPLETED) else state


def signal(state: TrialState, ready: bool) -> Signal:
    """What the trial's live allocation is asked. ready: all its processes can hear a request to leave; before that they are killed."""
    wanted = Signal.KILL if is_terminal(state) else _SIGNALS.get(state, Signal.NONE)
    return Signal.KILL if wanted is Signal.TERMINATE and not ready else wanted


def _after_failure(trial: Trial) -> Next:
    if trial.dont_retry:
        return _ended(trial, _S.ERROR)
    restarts = trial.restarts + 1
    if restarts > trial.max_restarts:
        return _ended(trial, _S.ERROR)
    if trial.no_node_left:
        return _ended(msgspec.structs.replace(trial, restarts=restarts), _S.ERROR)
    return _another(trial, restarts)


def _another(trial: Trial, restarts: int) -> Next:
    return Next(trial.state, again=trial.state is _S.ACTIVE, restarts=restarts)


def _ended(trial: Trial, state: TrialState) -> Next:
    return Next(state, again=False, restarts=min(trial.restarts, trial.max_restarts), told=told(state))
