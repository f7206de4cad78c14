"""Hyperparameter spaces: one random point, or all points of a grid.

A space maps names to a bare value (constant), an object with `type` (const, int, double, log, categorical), or an object without it
(a nested space). Names are taken in sorted order, nested ones too, so that a seed always gives the same values.
"""

import math
from collections.abc import Iterator
from typing import Any

from undeterred.domain.search.numpy_random import NumpyRandom
from undeterred.domain.search.values import HParams
from undeterred.errors import InvalidArgument

_TYPES = frozenset({"const", "int", "double", "log", "categorical"})
Axis = tuple[tuple[str, ...], list[Any]]
"""The path to a hyperparameter and the values that it takes, in order."""


def sample(space: HParams, random: NumpyRandom) -> HParams:
    """One random point.

    int includes both ends; double is in [minval, maxval); log is base^(such a double); categorical goes by index; constants draw nothing.
    """
    return {name: _sample_one(space[name], random) for name in sorted(space)}


def axes(space: HParams) -> list[Axis]:
    """A grid's axes; the last one varies fastest, and an empty nested space is an axis of one value, {}.

    Raises InvalidArgument where a `count` is missing.
    """
    return [axis for name in sorted(space) for axis in _axes_of((name,), space[name])]


def grid_size(space_axes: list[Axis]) -> int:
    """How many points a grid has; none without axes."""
    return math.prod(len(values) for _, values in space_axes) if space_axes else 0


def grid_point(space_axes: list[Axis], index: int) -> HParams:
    """The index-th point, 0 <= index < grid_size."""
    point: HParams = {}
    for path, values in reversed(space_axes):
        index, at = divmod(index, len(values))
        _put(point, path, values[at])
    return _sorted(point)


def kind_of(hparam: Any) -> str:
    """`const`, `int`, `double`, `log`, `categorical` or `nested`."""
    if not isinstance(hparam, dict):
        return "const"
    kind = hparam.get("type")
    return kind if isinstance(kind, str) and kind in _TYPES else "nested"


def _sample_one(hparam: Any, random: NumpyRandom) -> Any:
    match kind_of(hparam):
        case "int":
            return random.integers(int(hparam["minval"]), int(hparam["maxval"]) + 1)
        case "double":
            return random.uniform(hparam["minval"], hparam["maxval"])
        case "log":
            return math.pow(hparam["base"], random.uniform(hparam["minval"], hparam["maxval"]))
        case "categorical":
            return hparam["vals"][random.integers(0, len(hparam["vals"]))]
        case "nested":
            return sample(hparam, random)
        case _:
            return _constant(hparam)


def _axes_of(path: tuple[str, ...], hparam: Any) -> Iterator[Axis]:
    match kind_of(hparam):
        case "int":
            yield path, _integers(hparam)
        case "double":
            yield path, _spaced(hparam["minval"], hparam["maxval"], _count(hparam))
        case "log":
            yield path, [math.pow(hparam["base"], x) for x in _spaced(hparam["minval"], hparam["maxval"], _count(hparam))]
        case "categorical":
            yield path, list(hparam["vals"])
        case "nested" if hparam:
            for name in sorted(hparam):
                yield from _axes_of((*path, name), hparam[name])
        case "nested":
            yield path, [{}]
        case _:
            yield path, [_constant(hparam)]


def _constant(hparam: Any) -> Any:
    return hparam.get("val") if isinstance(hparam, dict) else hparam


def _count(hparam: dict[str, Any]) -> int:
    count = hparam.get("count")
    if not isinstance(count, int) or count < 1:
        raise InvalidArgument("a grid search needs `count` on every int, double and log hyperparameter")
    return count


def _integers(hparam: dict[str, Any]) -> list[int]:
    low, high = int(hparam["minval"]), int(hparam["maxval"])
    count = min(_count(hparam), high - low + 1)
    return [_round(value) for value in _spaced(low, high, count)]


def _spaced(low: float, high: float, count: int) -> list[float]:
    """Evenly spaced from low to high, both included; one alone stands in the middle."""
    if count == 1:
        return [(low + high) / 2.0]
    return [low + i * (high - low) / (count - 1) for i in range(count)]


def _round(value: float) -> int:
    """To the nearest integer, halves away from zero."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def _put(point: HParams, path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        point = point.setdefault(name, {})
    point[path[-1]] = value


def _sorted(point: HParams) -> HParams:
    return {name: _sorted(value) if isinstance(value, dict) else value for name, value in sorted(point.items())}
