"""The order of a table, as its request words it: `name=asc,hp.lr=desc,validation.loss.min=asc`."""

import msgspec

from undeterred.domain.metrics.summary import key_of
from undeterred.errors import InvalidArgument

STATISTICS = ("min", "max", "mean", "last")
KEYS_MAX = 20


class Key(msgspec.Struct, frozen=True):
    """One column to sort by. kind: "column" (path is its name), "hp" or "metadata" (keys from the outermost), "metric" (group, name, statistic)."""

    kind: str
    path: tuple[str, ...]
    descending: bool


def read(text: str, of_runs: bool = False) -> tuple[Key, ...]:
    """The keys, the most important first; only runs have metadata. Raises InvalidArgument; whether a column exists is not looked at."""
    parts = text.split(",")
    if len(parts) > KEYS_MAX:
        raise InvalidArgument(f"sort: at most {KEYS_MAX} columns, not {len(parts)}")
    return tuple(_key(part, ("hp", "metadata") if of_runs else ("hp",)) for part in parts)


def metric(column: str) -> tuple[str, str, str]:
    """The group as a summary calls it, name and statistic of a metric's column such as `validation.loss.min`. Raises InvalidArgument."""
    group, dot, rest = column.partition(".")
    while dot and not group:  # a group has a name: the first dot may be part of it
        more, dot, rest = rest.partition(".")
        group = f".{more}"
    ends = [rest.rfind(f".{statistic}") for statistic in STATISTICS]
    end = max(ends)
    if not dot or not column.isprintable() or end < 1:
        raise InvalidArgument(f"{column} is not a valid metrics id")
    return key_of(group), rest[:end], STATISTICS[ends.index(end)]


def _key(part: str, kinds: tuple[str, ...]) -> Key:
    column, equals, direction = part.partition("=")
    if not equals or "=" in direction:
        raise InvalidArgument(f"invalid sort parameter: {part}")
    if direction not in ("asc", "desc"):
        raise InvalidArgument(f"invalid sort direction: {direction}")
    for kind in kinds:
        if column.startswith(f"{kind}."):
            return Key(kind, tuple(column.removeprefix(f"{kind}.").split(".")), direction == "desc")
    if "." in column:
        return Key("metric", metric(column), direction == "desc")
    return Key("column", (column,), direction == "desc")
