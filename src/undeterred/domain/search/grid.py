"""grid: every point of the grid, taken from the last to the first, at most max_concurrent_trials at once."""

from typing import Any

from undeterred.domain.search import random
from undeterred.domain.search.space import axes, grid_point, grid_size
from undeterred.domain.search.turn import Turn
from undeterred.terms import EarlyExit


def start(turn: Turn) -> None:
    """Make the first trials; a space without hyperparameters has no points, so the search is over at once."""
    total = grid_size(axes(turn.config.hyperparameters))
    for _ in range(random.at_once(turn, total)):
        _create_next(turn)


def validated(turn: Turn, request_id: str, metrics: dict[str, Any]) -> None:
    """Metrics do not matter here."""


def left(turn: Turn, request_id: str, reason: EarlyExit | None) -> None:
    """However a trial ended, the next point's takes its place."""
    _create_next(turn)


progress = random.progress


def _create_next(turn: Turn) -> None:
    space_axes = axes(turn.config.hyperparameters)
    index = grid_size(space_axes) - 1 - len(turn.trials)
    if index >= 0:
        turn.create(grid_point(space_axes, index))
