"""The running summary of a trial's metrics: `{group: {metric: {type, last} and for numbers min, max, sum, count, mean}}`.

A report is folded in without reading earlier ones. `last` is null where the newest report of the group lacks the metric; a metric that
changes its type is a string for good, without statistics.
"""

import math
from typing import Any

from undeterred.domain.metrics.values import NUMBER, STRING, as_number, kind_of

TRAINING, VALIDATION = "training", "validation"
KEYS = {TRAINING: "avg_metrics", VALIDATION: "validation_metrics"}
"""How the two built-in groups are called in a summary; all others keep their names."""

Metrics = dict[str, Any]
Summary = dict[str, dict[str, dict[str, Any]]]


def key_of(group: str) -> str:
    """A group's name in a summary."""
    return KEYS.get(group, group)


def group_of(key: str) -> str:
    """The group of a summary's key; the inverse of `key_of`."""
    return {"avg_metrics": TRAINING, "validation_metrics": VALIDATION}.get(key, key)


def fold(summary: Summary, group: str, reported: Metrics) -> None:
    """Count one report in. summary: changed in place; reported: normal values by name."""
    known = summary.setdefault(KEYS.get(group, group), {})
    for name, entry in known.items():
        if name not in reported:
            entry["last"] = None
    for name, value in reported.items():
        before = known.get(name)
        if type(value) is float or type(value) is int:  # the common case, first and fast
            if before is None:
                known[name] = {"count": 1, "last": value, "max": value, "mean": value, "min": value, "sum": value, "type": NUMBER}
                continue
            if before["type"] == NUMBER and type(before["sum"]) is not str:
                _count(before, value)
                continue
        known[name] = _other(before, value)


def _count(entry: dict[str, Any], value: float) -> None:
    """One more finite number beside finite ones."""
    total, count = entry["sum"] + value, entry["count"] + 1
    entry["last"] = value
    entry["count"] = count
    entry["sum"] = _written(total)
    entry["mean"] = _written(total / count)
    if value > entry["max"]:
        entry["max"] = value
    elif value < entry["min"]:
        entry["min"] = value


def _other(before: dict[str, Any] | None, value: Any) -> dict[str, Any]:
    """A metric's entry after a value that is no number, or a number where non-finite ones are involved."""
    kind = kind_of(value)
    if before is not None and before["type"] != kind:
        return {"last": value, "type": STRING}
    number = as_number(value)
    if number is None:
        return {"last": value, "type": kind}
    if before is None:
        before = {"count": 0, "max": value, "min": value, "sum": 0}
    total, count = float(before["sum"]) + number, before["count"] + 1
    return {
        "count": count,
        "last": value,
        "max": _written(_extreme(max, float(before["max"]), number)),
        "mean": _written(total / count),
        "min": _written(_extreme(min, float(before["min"]), number)),
        "sum": _written(total),
        "type": NUMBER,
    }


def _extreme(choose: Any, one: float, other: float) -> float:
    """The larger or the smaller one: an infinite one that nothing can exceed goes before NaN, and NaN before all others."""
    utmost = math.inf if choose is max else -math.inf
    if utmost in (one, other):
        return utmost
    return math.nan if math.isnan(one) or math.isnan(other) else choose(one, other)


def _written(value: float) -> float | str:
    """A number as JSON has it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
