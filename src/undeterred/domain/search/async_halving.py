"""async_halving: asynchronous successive halving that only stops trials, and never pauses or promotes them.

A bracket has rungs, each at a value of the time metric. A trial that reaches one is compared with all that were there before: unless it is
in the best 1/divisor it is stopped, and a new one takes its place. Reaching the top rung is a Stop too. A trial that ends by itself is not
replaced. Source: Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", in the stopping variant of Determined.
"""

import bisect
import math
import sys
from typing import Any

import msgspec

from undeterred.domain.search.turn import Turn
from undeterred.domain.search.values import Config, Entry, Ladders, Rung, Searcher, State
from undeterred.terms import EarlyExit

WORST = sys.float_info.max


class Bracket(msgspec.Struct, frozen=True):
    """One independent race. max_concurrent_trials 0: as many as the lowest rung is meant to hold."""

    num_rungs: int
    max_trials: int
    max_concurrent_trials: int


class Unusable(Exception):
    """A validation without what the search needs; its text goes to the user."""


def start(turn: Turn) -> None:
    """Make the first trials."""
    start_brackets(turn, [_only(turn.searcher)])


def validated(turn: Turn, request_id: str, metrics: dict[str, Any]) -> None:
    """Let the trial climb; stop it, and make another, where it falls behind."""
    on_validation(turn, [_only(turn.searcher)], request_id, metrics)


def left(turn: Turn, request_id: str, reason: EarlyExit | None) -> None:
    """A trial that failed or was cancelled counts as the worst of its rung, and is replaced."""
    on_left(turn, [_only(turn.searcher)], request_id, reason)


def progress(config: Config, state: State) -> float:
    """Reports at the lowest rung over 1.2 x max_trials; when all have reported, closed trials over max_trials if that is more."""
    return bracket_progress(state, 0, _only(config.searcher))


# What adaptive_asha shares: the same race, several at once.


def start_brackets(turn: Turn, brackets: list[Bracket]) -> None:
    """Make the first trials of each bracket in turn."""
    turn.memory = Ladders([[[] for _ in range(bracket.num_rungs)] for bracket in brackets])
    for number, bracket in enumerate(brackets):
        for _ in range(first_trials(bracket, turn.searcher.divisor)):
            turn.create(bracket=number)


def on_validation(turn: Turn, brackets: list[Bracket], request_id: str, metrics: dict[str, Any]) -> None:
    """One report; it can pass several rungs. A report without a needed metric ends the search."""
    try:
        time, metric = read_metrics(turn.searcher, metrics)
    except Unusable as problem:
        turn.fail(f"error while handling a validation completed event: {request_id}: {problem}")
        return
    trial = turn.trials[request_id]
    bracket = brackets[trial.bracket]
    units = rung_units(bracket.num_rungs, turn.searcher.max_time or 0, turn.searcher.divisor)
    rungs, rung, stop = climb(_rungs(turn, trial.bracket), units, turn.searcher.divisor, trial.rung, time, (metric, trial.number))
    if rung == trial.rung and not stop:
        return
    _remember(turn, trial.bracket, rungs)
    turn.place(request_id, rung)
    if stop:
        turn.stop(request_id)
        _replace(turn, bracket, trial.bracket)


def on_left(turn: Turn, brackets: list[Bracket], request_id: str, reason: EarlyExit | None) -> None:
    """A trial's end. One that was stopped has its replacement already; one that ended well gets none."""
    trial = turn.trials[request_id]
    if reason is None or trial.stopped:
        return
    rungs = list(_rungs(turn, trial.bracket))
    rungs[trial.rung], _ = inserted(rungs[trial.rung], (WORST, trial.number))
    _remember(turn, trial.bracket, rungs)
    _replace(turn, brackets[trial.bracket], trial.bracket)


def bracket_progress(state: State, number: int, bracket: Bracket) -> float:
    """A bracket's progress, 0..1."""
    if not isinstance(state.memory, Ladders):
        return 0.0
    reports = len(state.memory.brackets[number][0])
    value = reports / (1.2 * bracket.max_trials)
    if reports >= bracket.max_trials:
        closed = sum(trial.closed for trial in state.trials.values() if trial.bracket == number)
        value = max(value, closed / bracket.max_trials)
    return min(value, 1.0)


def climb(rungs: list[Rung], units: list[int], divisor: float, rung: int, time: int, entry: Entry) -> tuple[list[Rung], int, bool]:
    """Enter a report at every rung that its time has reached, from the trial's own upward. Gives (rungs, the trial's rung, stop it?)."""
    rungs = list(rungs)
    for at in range(rung, len(rungs)):
        if time < units[at]:
            return rungs, at, False
        rungs[at], index = inserted(rungs[at], entry)
        keep = max(int(len(rungs[at]) / divisor), 1)
        if at == len(rungs) - 1 or index >= keep:
            return rungs, at, True
    raise AssertionError("a bracket has at least one rung")


def inserted(rung: Rung, entry: Entry) -> tuple[Rung, int]:
    """The rung with the entry before the first one that is not smaller, and its index there."""
    index = bisect.bisect_left(rung, entry[0], key=lambda other: other[0])
    return [*rung[:index], entry, *rung[index:]], index


def rung_units(num_rungs: int, max_time: float, divisor: float) -> list[int]:
    """The time at each rung, lowest first, at least 1."""
    return [max(int(max_time / math.pow(divisor, num_rungs - 1 - i)), 1) for i in range(num_rungs)]


def first_trials(bracket: Bracket, divisor: float) -> int:
    """How many trials of a bracket begin together."""
    if bracket.max_concurrent_trials > 0:
        return min(bracket.max_concurrent_trials, bracket.max_trials)
    return max(min(int(math.pow(divisor, bracket.num_rungs - 1)), bracket.max_trials), 1)


def read_metrics(searcher: Searcher, metrics: dict[str, Any]) -> tuple[int, float]:
    """(time, signed metric), the metric finite and smaller the better; NaN is as bad as can be. Raises Unusable."""
    metric = number_of(metrics.get(searcher.metric))
    if metric is None:
        raise Unusable(f"error parsing searcher metric ({searcher.metric}) in validation metrics: {go_map(metrics)}")
    time = number_of(metrics.get(searcher.time_metric or ""))
    if time is None or not math.isfinite(time):
        raise Unusable(f"error parsing searcher time metric ({searcher.time_metric}) in validation metrics: {go_map(metrics)}")
    signed = metric if searcher.smaller_is_better else -metric
    return max(int(time), 0), WORST if math.isnan(signed) else min(max(signed, -WORST), WORST)


def number_of(value: Any) -> float | None:
    """A metric's value as a number; NaN and infinities may come as text. None where it is no number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else None


def go_map(value: Any) -> str:
    """A JSON value as Go prints it, which is how users know this message: map[acc:0.5 loss:2]."""
    match value:
        case dict():
            return f"map[{' '.join(f'{key}:{go_map(value[key])}' for key in sorted(value))}]"
        case list():
            return f"[{' '.join(go_map(item) for item in value)}]"
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < 1e21:
            return str(int(value))
    return "<nil>" if value is None else str(value)


def _only(searcher: Searcher) -> Bracket:
    return Bracket(searcher.num_rungs, searcher.max_trials, searcher.max_concurrent_trials)


def _rungs(turn: Turn, number: int) -> list[Rung]:
    assert isinstance(turn.memory, Ladders)
    return turn.memory.brackets[number]


def _remember(turn: Turn, number: int, rungs: list[Rung]) -> None:
    assert isinstance(turn.memory, Ladders)
    brackets = list(turn.memory.brackets)
    brackets[number] = rungs
    turn.memory = Ladders(brackets)


def _replace(turn: Turn, bracket: Bracket, number: int) -> None:
    if sum(trial.bracket == number for trial in turn.trials.values()) < bracket.max_trials:
        turn.create(bracket=number)
