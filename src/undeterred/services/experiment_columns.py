"""The columns that lists of experiments are filtered and sorted by, in memory: one place an experiment, in the order of ids.

Values that repeat are kept once and numbered; a place whose experiment is gone stays, dead, until the index is made anew.
"""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence, Sized
from math import isnan, nan
from operator import not_
from typing import Any, Protocol

from undeterred.services.experiment_texts import Texts
from undeterred.store.experiment_keys import KeyRow
from undeterred.store.experiment_list import STATE_ORDER

STATE_CODES = {state: code for code, state in enumerate(STATE_ORDER)}
NULL = -1
_LOW = slice(0 if sys.byteorder == "little" else 3, None, 4)  # the lowest byte of each four
Value = Callable[[int], Any]
Comparable = tuple[Sequence[Any], bytes]


class Column(Protocol):
    """One value a place."""

    def grow(self) -> None:
        """One more place, with any value."""

    def get(self, place: int) -> Any:
        """A place's value, None for null."""

    def put(self, place: int, value: Any) -> None:
        """Another value for a place."""

    def comparable(self) -> Comparable:
        """What all places sort by, and a byte a place: 1 where it is not null."""


class Plain:
    """Numbers as they are; null: what stands for null, if anything does."""

    def __init__(self, data: "array[Any] | bytearray", null: int | None = None) -> None:
        self.data: Any = data
        self._null = null

    def grow(self) -> None:
        self.data.append(0)

    def get(self, place: int) -> Any:
        value = self.data[place]
        return None if value == self._null else value

    def put(self, place: int, value: Any) -> None:
        self.data[place] = self._null if value is None else value

    def comparable(self) -> Comparable:
        return self.data, _ones(self.data) if self._null is None else bytes(map(self._null.__ne__, self.data))


class Measured:
    """Real numbers; NaN stands for null."""

    def __init__(self) -> None:
        self.data = array("d")

    def grow(self) -> None:
        self.data.append(nan)

    def get(self, place: int) -> float | None:
        value = self.data[place]
        return None if isnan(value) else value

    def put(self, place: int, value: float | None) -> None:
        self.data[place] = nan if value is None else value

    def comparable(self) -> Comparable:
        return self.data, bytes(map(not_, map(isnan, self.data)))


class Named:
    """Texts that hardly repeat."""

    def __init__(self) -> None:
        self.texts = Texts()

    def grow(self) -> None:
        self.texts.append("")

    def get(self, place: int) -> Any:
        return self.texts.values[place]

    def put(self, place: int, value: Any) -> None:
        self.texts.put(place, value)

    def comparable(self) -> Comparable:
        return self.texts.values, _ones(self.texts.values)


class Numbered:
    """Values that repeat: each kept once, in the order in which they came."""

    def __init__(self) -> None:
        self.codes = array("I")
        self.values: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def grow(self) -> None:
        self.codes.append(0)

    def get(self, place: int) -> Any:
        return self.values[self.codes[place]] if self.values else None

    def put(self, place: int, value: Any) -> None:
        code = self._numbers.get(value)
        if code is None:
            code = self._numbers[value] = len(self.values)
            self._add(value)
        self.codes[place] = code

    def comparable(self) -> Comparable:
        return self.ranked(self.values)

    def ranked(self, shown: Sequence[Any]) -> Comparable:
        """All places' ranks in the order of what their values are shown as."""
        rank = {value: n for n, value in enumerate(sorted({value for value in shown if value is not None}))}
        table = [NULL if value is None else rank[value] for value in shown]
        ranks = array("q", map(table.__getitem__, self.codes))
        return ranks, bytes(map(NULL.__ne__, ranks))

    def mask(self, wanted: Callable[[Any], bool]) -> bytes:
        """A byte a place: 1 where the value is wanted."""
        return self.spread(bytes(map(wanted, self.values)))

    def spread(self, table: bytes) -> bytes:
        """A byte a place from a byte a value."""
        if len(table) <= 256:
            return self.codes.tobytes()[_LOW].translate(table.ljust(256, b"\0"))
        return bytes(map(table.__getitem__, self.codes))

    def _add(self, value: Any) -> None:
        self.values.append(value)


class Described(Numbered):
    """Numbered texts that can be looked into."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = Texts()
        self.values = self.texts.values

    def _add(self, value: Any) -> None:
        self.texts.append(value)


class Columns:
    """`names`: what users are called, by user id, for the order by user."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.ids = array("q")
        self.alive = bytearray()
        self.living = 0
        self.state, self.archived = Plain(bytearray()), Plain(bytearray())
        self.name, self.description = Named(), Described()
        self.labels, self.owner, self.project, self.pool = (Numbered() for _ in range(4))
        self._stored: dict[str, Column] = {
            "state": self.state,
            "name": self.name,
            "description": self.description,
            "labels": self.labels,
            "owner_id": self.owner,
            "project_id": self.project,
            "parent_id": Plain(array("i"), NULL),
            "resource_pool": self.pool,
            "started_at": Plain(array("q")),
            "ended_at": Plain(array("q"), NULL),
            "archived": self.archived,
            "progress": Measured(),
            "best_metric": Measured(),
            "num_trials": Plain(array("i")),
            "checkpoint_count": Plain(array("i")),
            "checkpoint_size": Plain(array("q")),
        }

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def kept(self) -> int:
        """How much is kept: places, or different values of a column where those are more, present and former ones."""
        return max(len(self.ids), *(len(column.values) for column in (self.description, self.labels, self.owner, self.project, self.pool)))

    def place(self, experiment_id: int) -> int | None:
        """Where an experiment is, None where it is not."""
        place = bisect_left(self.ids, experiment_id)
        return place if place < len(self.ids) and self.ids[place] == experiment_id else None

    def append(self, row: KeyRow) -> int:
        """A new experiment, with an id above all others; its place."""
        assert not self.ids or row.id > self.ids[-1]
        self.ids.append(row.id)
        self.alive.append(1)
        self.living += 1
        place = len(self.ids) - 1
        for name, column in self._stored.items():
            column.grow()
            column.put(place, _of(row, name))
        return place

    def put(self, place: int, row: KeyRow) -> dict[str, Any]:
        """The present values of an experiment; those that were others before, by the name of the order that they stand in."""
        before: dict[str, Any] = {}
        for name, column in self._stored.items():
            old, value = column.get(place), _of(row, name)
            if old != value:
                before[name] = old
                column.put(place, value)
        if "owner_id" in before:
            before["user"] = self.names.get(before["owner_id"], "")
        return before

    def set_alive(self, place: int, alive: bool) -> None:
        """Whether there still is such an experiment."""
        self.living += alive - self.alive[place]
        self.alive[place] = alive

    def value(self, order: str) -> Value:
        """place -> what an order sorts by, None for null."""
        if order == "user":
            return lambda place: self.names.get(self.owner.get(place), "")
        return self._stored[order].get

    def comparable(self, order: str) -> Comparable:
        """What an order sorts all places by, as quickly compared as can be, and a byte a place: 1 where it is not null."""
        if order == "user":
            return self.owner.ranked([self.names.get(owner, "") for owner in self.owner.values])
        return self._stored[order].comparable()


def _of(row: KeyRow, name: str) -> Any:
    return STATE_CODES[row.state] if name == "state" else getattr(row, name)


def _ones(places: Sized) -> bytes:
    return b"\1" * len(places)
