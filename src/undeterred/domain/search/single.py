"""single: one trial, with one random point of the space."""

from typing import Any

from undeterred.domain.search import random
from undeterred.domain.search.turn import Turn
from undeterred.terms import EarlyExit


def start(turn: Turn) -> None:
    """Make the trial."""
    turn.create()


def validated(turn: Turn, request_id: str, metrics: dict[str, Any]) -> None:
    """Metrics do not matter here."""


def left(turn: Turn, request_id: str, reason: EarlyExit | None) -> None:
    """Nothing follows."""


progress = random.progress
