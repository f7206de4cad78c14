"""The one interface of all searches: start one, hand it an event, ask how far it is.

A state is a value: the same state and event always give the same answer, and an event that changes nothing gives back the very same
object, so that a caller need not store it again (`state is old`).

The search of an experiment that is stopping on somebody's wish is asked no more: it would make trials that nobody runs. When that
experiment is continued, `reopen` says which trials run again.
"""

import math
from collections.abc import Collection
from typing import Any, Protocol

import msgspec

from undeterred.domain.search import adaptive_asha, async_halving, grid, random, single
from undeterred.domain.search.turn import Turn
from undeterred.domain.search.values import (
    VERSION,
    Action,
    Config,
    Event,
    Shutdown,
    State,
    TrialCreated,
    TrialExited,
    TrialExitedEarly,
    TrialProgress,
    ValidationCompleted,
)
from undeterred.errors import Internal, InvalidArgument
from undeterred.terms import EarlyExit


class Method(Protocol):
    """What a search method is: a module with these four functions."""

    def start(self, turn: Turn) -> None:
        """Make the first trials."""

    def validated(self, turn: Turn, request_id: str, metrics: dict[str, Any]) -> None:
        """A live trial that was not stopped has reported a validation."""

    def left(self, turn: Turn, request_id: str, reason: EarlyExit | None) -> None:
        """A trial has ended, early for a reason or by itself; called once a trial, after it was counted as closed."""

    def progress(self, config: Config, state: State) -> float:
        """How far the search is, 0..1."""


METHODS: dict[str, Method] = {
    "single": single,
    "random": random,
    "grid": grid,
    "async_halving": async_halving,
    "adaptive_asha": adaptive_asha,
}


def start(config: dict[str, Any], seed: int) -> tuple[State, list[Action]]:
    """Begin a search. config: a merged experiment configuration; seed: the experiment's, 0 .. 2^32-1. Raises InvalidArgument."""
    parsed = Config.of(config)
    turn = Turn(parsed, State(seed=seed))
    method_of(parsed).start(turn)
    return _finish(turn)


def handle(config: dict[str, Any], state: State, event: Event) -> tuple[State, list[Action]]:
    """One event. What comes late, twice, or after the end changes nothing. Raises Internal for a trial that is not of this search."""
    if event.request_id not in state.trials:
        raise Internal(f"trial with request id {event.request_id} is not part of this search")
    trial = state.trials[event.request_id]
    if state.ended or trial.closed:
        return state, []
    parsed = Config.of(config)
    method = method_of(parsed)
    turn = Turn(parsed, state)
    match event:
        case TrialCreated():
            return state, []
        case TrialProgress():
            turn.advance(event.request_id, event.progress if math.isfinite(event.progress) else 0.0)
            return turn.done(), []
        case ValidationCompleted():
            if trial.stopped:
                return state, []
            method.validated(turn, event.request_id, event.metrics)
        case TrialExited():
            _close(method, turn, event.request_id, None)
        case TrialExitedEarly():
            _close(method, turn, event.request_id, event.reason)
    return _finish(turn)


def reopen(state: State, request_ids: Collection[str]) -> State:
    """A search to go on with: of its trials these run again from progress 0, and all others count as ended well."""
    trials = {
        rid: msgspec.structs.replace(
            trial, closed=rid not in request_ids, stopped=False, progress=0.0 if rid in request_ids else trial.progress
        )
        for rid, trial in state.trials.items()
    }
    return msgspec.structs.replace(state, trials=trials, failures=0, cancels=0, ended=False)


def progress(config: dict[str, Any], state: State) -> float:
    """How far the search is. The experiment's shown progress is this at the moment a trial reports progress, and 1 when it is COMPLETED."""
    parsed = Config.of(config)
    value = method_of(parsed).progress(parsed, state)
    return value if math.isfinite(value) else 0.0


def dump(state: State) -> str:
    """A state as JSON text."""
    return msgspec.json.encode(state).decode()


def load(text: str) -> State:
    """A state from its text. Raises Internal where it is of a version that we do not read."""
    state = msgspec.json.decode(text, type=State)
    if state.version != VERSION:
        raise Internal(f"search state has version {state.version}, this program reads {VERSION}")
    return state


def method_of(config: Config) -> Method:
    """The method by its name. Raises InvalidArgument for one that does not exist (any more)."""
    method = METHODS.get(config.searcher.name)
    if method is None:
        raise InvalidArgument(f"the '{config.searcher.name}' searcher has been removed and is not valid for new experiments")
    return method


def _close(method: Method, turn: Turn, request_id: str, reason: EarlyExit | None) -> None:
    turn.close(request_id, reason)
    method.left(turn, request_id, reason)


def _finish(turn: Turn) -> tuple[State, list[Action]]:
    """Close the step; a search whose trials have all closed is over."""
    state = turn.done()
    total = len(state.trials)
    if state.ended or state.closed < total:
        return state, turn.actions
    failure, cancel = bool(total) and state.failures >= total, bool(total) and state.cancels >= total
    return msgspec.structs.replace(state, ended=True), [*turn.actions, Shutdown(cancel=cancel, failure=failure)]
