"""random: max_trials random points, at most max_concurrent_trials of them at once."""

from typing import Any

from undeterred.domain.search.turn import Turn
from undeterred.domain.search.values import Config, State
from undeterred.terms import EarlyExit


def start(turn: Turn) -> None:
    """Make the first trials."""
    for _ in range(at_once(turn, turn.searcher.max_trials)):
        turn.create()


def validated(turn: Turn, request_id: str, metrics: dict[str, Any]) -> None:
    """Metrics do not matter here."""


def left(turn: Turn, request_id: str, reason: EarlyExit | None) -> None:
    """However a trial ended, the next one takes its place."""
    if len(turn.trials) < turn.searcher.max_trials:
        turn.create()


def progress(config: Config, state: State) -> float:
    """The mean over the trials made so far, a closed one counting as 1."""
    trials = state.trials.values()
    return sum(1.0 if trial.closed else trial.progress for trial in trials) / len(trials) if trials else 0.0


def at_once(turn: Turn, total: int) -> int:
    """How many of `total` trials begin together."""
    limit = turn.searcher.max_concurrent_trials
    return min(total, limit) if limit > 0 else total
