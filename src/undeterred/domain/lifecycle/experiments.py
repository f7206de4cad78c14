"""Experiments: legal moves, what a verb does, how one ends."""

from enum import StrEnum

import msgspec

from undeterred.errors import FailedPrecondition, NotFound
from undeterred.terms import ExperimentState, is_stopping, is_terminal

_S = ExperimentState
_STOPPING = frozenset({_S.STOPPING_COMPLETED, _S.STOPPING_CANCELED, _S.STOPPING_KILLED, _S.STOPPING_ERROR})
_MOVES: dict[ExperimentState, frozenset[ExperimentState]] = {
    _S.ACTIVE: frozenset({_S.PAUSED, _S.ERROR}) | _STOPPING,
    _S.PAUSED: frozenset({_S.ACTIVE, _S.ERROR}) | _STOPPING,
    _S.STOPPING_COMPLETED: frozenset({_S.COMPLETED, _S.STOPPING_ERROR, _S.ERROR}),
    _S.STOPPING_CANCELED: frozenset({_S.CANCELED, _S.STOPPING_KILLED, _S.STOPPING_ERROR, _S.ERROR}),
    _S.STOPPING_KILLED: frozenset({_S.CANCELED, _S.STOPPING_ERROR, _S.ERROR}),
    _S.STOPPING_ERROR: frozenset({_S.ACTIVE, _S.ERROR}),
    _S.COMPLETED: frozenset({_S.ACTIVE, _S.DELETING}),  # ACTIVE again: continue
    _S.CANCELED: frozenset({_S.ACTIVE, _S.DELETING}),
    _S.ERROR: frozenset({_S.ACTIVE, _S.DELETING}),
    _S.DELETING: frozenset({_S.DELETED, _S.DELETE_FAILED}),
    _S.DELETE_FAILED: frozenset({_S.DELETING}),
}
_ENDS = {
    _S.STOPPING_COMPLETED: _S.COMPLETED,
    _S.STOPPING_CANCELED: _S.CANCELED,
    _S.STOPPING_KILLED: _S.CANCELED,
    _S.STOPPING_ERROR: _S.ERROR,
}


class Verb(StrEnum):
    """What people ask of an experiment."""

    ACTIVATE = "activate"
    PAUSE = "pause"
    CANCEL = "cancel"
    KILL = "kill"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    DELETE = "delete"


class Experiment(msgspec.Struct, frozen=True):
    """What a decision needs to know; `state` is the stored one."""

    id: int
    state: ExperimentState
    archived: bool = False
    unmanaged: bool = False


def may(before: ExperimentState, after: ExperimentState) -> bool:
    """True where a managed experiment may go from one state to the other; staying is no move."""
    return after in _MOVES.get(before, frozenset())


def decide(now: Experiment, verb: Verb, bulk: bool = False) -> Experiment:
    """The experiment after a verb; the same object where the verb has nothing to change.

    Raises NotFound and FailedPrecondition with the texts that clients know. bulk: asked for as one of a list (another error when ended).
    """
    match verb:
        case Verb.ACTIVATE:
            return _activate(_visible(now) if bulk else now, bulk)
        case Verb.PAUSE:
            return _pause(_visible(now))
        case Verb.CANCEL:
            return _stop(_visible(now), _S.STOPPING_CANCELED)
        case Verb.KILL:
            return _stop(_visible(now), _S.STOPPING_KILLED)
        case Verb.ARCHIVE:
            return _archive(now)
        case Verb.UNARCHIVE:
            return _unarchive(now)
        case Verb.DELETE:
            return _delete(now)


def after_shutdown(state: ExperimentState, cancel: bool = False, failure: bool = False) -> ExperimentState:
    """The state when the search says that it is over; one that is stopping already keeps its reason."""
    if state not in (_S.ACTIVE, _S.PAUSED):
        return state
    if failure:
        return _S.STOPPING_ERROR
    return _S.STOPPING_CANCELED if cancel else _S.STOPPING_COMPLETED


def after_error(state: ExperimentState) -> ExperimentState:
    """The state when the search or the system cannot go on."""
    return _S.STOPPING_ERROR if may(state, _S.STOPPING_ERROR) else state


def settled(state: ExperimentState) -> ExperimentState:
    """The end of a stopping experiment whose trials have all ended; other states stay."""
    return _ENDS.get(state, state)


def leaving(state: ExperimentState, unmanaged: bool) -> ExperimentState:
    """Where an experiment goes whose project is being deleted: what runs is killed, what has ended is deleted; the same state: it is on its way."""
    if is_terminal(state) or state is _S.DELETE_FAILED or (unmanaged and state is not _S.DELETING):
        return _S.DELETING
    return _S.STOPPING_KILLED if may(state, _S.STOPPING_KILLED) else state


def _visible(now: Experiment) -> Experiment:
    if now.archived:
        raise NotFound(f"experiment '{now.id}' not found")
    return now


def _activate(now: Experiment, bulk: bool) -> Experiment:
    if now.unmanaged or is_terminal(now.state) or now.state in (_S.DELETING, _S.DELETED, _S.DELETE_FAILED):
        if bulk:
            raise FailedPrecondition("experiment in terminal state")
        raise NotFound(f"experiment '{now.id}' not found")
    if is_stopping(now.state):
        raise FailedPrecondition(f"experiment in incompatible state {now.state.value}")
    return _moved(now, _S.ACTIVE)


def _pause(now: Experiment) -> Experiment:
    if is_stopping(now.state):
        raise FailedPrecondition(f"experiment in incompatible state {now.state.value}")
    if now.unmanaged or now.state not in (_S.ACTIVE, _S.PAUSED):
        raise FailedPrecondition("experiment in terminal state")
    return _moved(now, _S.PAUSED)


def _stop(now: Experiment, wanted: ExperimentState) -> Experiment:
    """Cancel or kill: what has ended, is ending harder, or is not ours to run, answers with success and stays."""
    return _moved(now, wanted) if not now.unmanaged and may(now.state, wanted) else now


def _archive(now: Experiment) -> Experiment:
    if now.archived:
        raise FailedPrecondition("Experiment is already archived.")
    _check_ended(now)
    return msgspec.structs.replace(now, archived=True)


def _unarchive(now: Experiment) -> Experiment:
    if not now.archived:
        raise FailedPrecondition("Experiment is not archived.")
    _check_ended(now)
    return msgspec.structs.replace(now, archived=False)


def _check_ended(now: Experiment) -> None:
    if not is_terminal(now.state):
        raise FailedPrecondition("Experiment is not in terminal state.")


def _delete(now: Experiment) -> Experiment:
    if not is_terminal(now.state) and now.state is not _S.DELETE_FAILED:
        raise FailedPrecondition(f"cannot delete experiment in STATE_{now.state.value} state")
    return _moved(now, _S.DELETING)


def _moved(now: Experiment, state: ExperimentState) -> Experiment:
    return now if now.state is state else msgspec.structs.replace(now, state=state)
