"""Plays a search to its end: the driver that the vectors describe."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from undeterred.domain.search import searcher
from undeterred.domain.search.values import Action, Create, Event, Shutdown, State, Stop, TrialExited, ValidationCompleted


@dataclass
class Played:
    """What happened. trials: in order of creation; stopped_at: units by request id."""

    trials: list[Create]
    state: State
    stopped_at: dict[str, int] = field(default_factory=dict)
    shutdowns: list[Shutdown] = field(default_factory=list)


class Driver:
    """Hands events to a search and through its text form, as the master does."""

    def __init__(self, config: dict[str, Any], seed: int) -> None:
        self.config = config
        state, actions = searcher.start(config, seed)
        self.played = Played([], state)
        self.take(actions)

    def send(self, event: Event) -> list[Action]:
        state = searcher.load(searcher.dump(self.played.state))
        self.played.state, actions = searcher.handle(self.config, state, event)
        self.take(actions)
        return actions

    def take(self, actions: list[Action]) -> None:
        self.played.trials += [action for action in actions if isinstance(action, Create)]
        self.played.shutdowns += [action for action in actions if isinstance(action, Shutdown)]


def play(config: dict[str, Any], seed: int, max_units: int, period: int, increasing: bool) -> Played:
    """Trials in order of creation report at 0, period, ...; one metric counter goes up or down with every report; then the trial exits."""
    driver = Driver(config, seed)
    metrics = counter(1 if increasing else -1)
    played = driver.played
    for trial in played.trials:  # grows while we walk
        rid = trial.request_id
        for units in range(0, max_units + 1, period):
            value = {config["searcher"]["metric"]: next(metrics), config["searcher"].get("time_metric", "batches"): float(units)}
            if Stop(rid) in driver.send(ValidationCompleted(rid, value)):
                played.stopped_at[rid] = units
                break
        driver.send(TrialExited(rid))
    return played


def counter(step: int) -> Iterator[float]:
    value = 0.0
    while True:
        yield value
        value += step
