"""Previews of searches: what is told, and what cannot be."""

from typing import Any

import pytest

from undeterred.errors import InvalidArgument
from undeterred.services.search_preview import preview_search

GRID = {f"a{n}": {"type": "int", "minval": 0, "maxval": 1_000_000, "count": 1000} for n in range(4)}


def test_numbers_stay_within_what_the_wire_can_carry() -> None:
    def random(trials: int) -> dict[str, Any]:
        return {"searcher": {"name": "random", "metric": "loss", "max_trials": trials}}

    assert [trial.count for trial in preview_search(random(2**31 - 1)).trials] == [2**31 - 1]
    asha = {"name": "adaptive_asha", "metric": "loss", "max_trials": 4, "max_time": 10**12, "time_metric": "t"}
    for config in (random(2**31), {"searcher": {"name": "grid", "metric": "loss"}, "hyperparameters": GRID}, {"searcher": asha}):
        with pytest.raises(InvalidArgument, match="tells numbers up to 2147483647"):
            preview_search(config)
