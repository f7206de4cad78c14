"""What a search would do, for `preview-hp-search`: how many trials train for how long if all goes as planned."""

from collections import Counter
from typing import Any

import msgspec

from undeterred.domain.search.adaptive_asha import make_brackets
from undeterred.domain.search.async_halving import rung_units
from undeterred.domain.search.space import axes, grid_size
from undeterred.domain.search.values import Config, Searcher
from undeterred.errors import InvalidArgument


class TrialSummary(msgspec.Struct, frozen=True):
    """`count` trials that train until `value` of the time metric `name`; both None where they train to their own end (max_length)."""

    count: int
    name: str | None = None
    value: int | None = None

    @property
    def max_length(self) -> bool:
        """True where no length is set."""
        return self.value is None


def preview(config: dict[str, Any]) -> list[TrialSummary]:
    """The trials of a search, shortest first. Raises InvalidArgument for a method that cannot be foretold."""
    parsed = Config.of(config)
    searcher = parsed.searcher
    match searcher.name:
        case "single":
            return [TrialSummary(1)]
        case "random":
            return [TrialSummary(searcher.max_trials)]
        case "grid":
            return [TrialSummary(grid_size(axes(parsed.hyperparameters)))]
        case "adaptive_asha":
            return [TrialSummary(n, searcher.time_metric, units) for units, n in sorted(_ends(searcher).items()) if n]
    raise InvalidArgument("invalid searcher configuration", f"no preview of {searcher.name}")


def _ends(searcher: Searcher) -> Counter[int]:
    """How many trials end at each time, if at every rung just the best 1/divisor go on."""
    ends: Counter[int] = Counter()
    for bracket in make_brackets(searcher):
        running = bracket.max_trials
        units = rung_units(bracket.num_rungs, searcher.max_time or 0, searcher.divisor)
        for at in units[:-1]:
            go_on = max(int(running / searcher.divisor), 1)
            ends[at] += running - go_on
            running = go_on
        ends[units[-1]] += running
    return ends
