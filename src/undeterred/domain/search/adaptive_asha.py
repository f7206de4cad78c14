"""adaptive_asha: several brackets of async_halving side by side, from many short trials to few long ones."""

import math
from typing import Any

from undeterred.domain.search import async_halving
from undeterred.domain.search.async_halving import Bracket
from undeterred.domain.search.turn import Turn
from undeterred.domain.search.values import Config, Searcher, State
from undeterred.errors import InvalidArgument
from undeterred.terms import EarlyExit


def start(turn: Turn) -> None:
    """Make the first trials of every bracket."""
    async_halving.start_brackets(turn, make_brackets(turn.searcher))


def validated(turn: Turn, request_id: str, metrics: dict[str, Any]) -> None:
    """Let the trial climb in its bracket."""
    async_halving.on_validation(turn, make_brackets(turn.searcher), request_id, metrics)


def left(turn: Turn, request_id: str, reason: EarlyExit | None) -> None:
    """As in async_halving, within its bracket."""
    async_halving.on_left(turn, make_brackets(turn.searcher), request_id, reason)


def progress(config: Config, state: State) -> float:
    """The plain mean of the brackets' progress."""
    brackets = make_brackets(config.searcher)
    return sum(async_halving.bracket_progress(state, i, bracket) for i, bracket in enumerate(brackets)) / len(brackets)


def make_brackets(searcher: Searcher) -> list[Bracket]:
    """The brackets, most rungs first. Raises InvalidArgument for an unknown mode."""
    rungs = sorted(searcher.bracket_rungs or _rungs_by_mode(searcher), reverse=True)
    trials = bracket_trials(searcher.max_trials, searcher.divisor, rungs)
    concurrent = bracket_concurrency(searcher.max_concurrent_trials, searcher.divisor, trials)
    return [Bracket(*each) for each in zip(rungs, trials, concurrent, strict=True)]


def bracket_trials(max_trials: int, divisor: float, rungs: list[int]) -> list[int]:
    """Trials for each bracket by its weight divisor^(r-1)/r, at least one; what is left goes to the first."""
    weights = [math.pow(divisor, r - 1) / r for r in rungs]
    total = sum(weights)
    trials = [max(int(weight / total * max_trials), 1) for weight in weights]
    trials[0] += max(max_trials - sum(trials), 0)
    return trials


def bracket_concurrency(max_concurrent: int, divisor: float, trials: list[int]) -> list[int]:
    """How many trials of each bracket run at once: an even split, the remainder one each to the first; 0 lets the last bracket decide."""
    if max_concurrent == 0:
        return [max(trials[-1], int(divisor))] * len(trials)
    each, more = divmod(max(max_concurrent, len(trials)), len(trials))
    return [each + (i < more) for i in range(len(trials))]


def _rungs_by_mode(searcher: Searcher) -> list[int]:
    most = min(searcher.max_rungs, _levels(searcher.max_time or 1, searcher.divisor), _levels(searcher.max_trials, searcher.divisor))
    match searcher.mode:
        case "conservative":
            return list(range(1, most + 1))
        case "standard":
            return list(range((most - 1) // 2 + 1, most + 1))
        case "aggressive":
            return [most]
        case other:
            raise InvalidArgument(f"unknown mode {other!r} of adaptive_asha: use conservative, standard or aggressive")


def _levels(amount: float, divisor: float) -> int:
    """Whole divisions by `divisor`, plus one, with the reference's float logarithms: log_3 of 243 counts as 4.99."""
    return int(math.log(max(amount, 1)) / math.log(divisor)) + 1
