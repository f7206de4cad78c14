"""The columns that lists of experiments are filtered and sorted by, in memory: one place an experiment, in the order of ids.

Values that repeat are kept once and numbered; a place whose experiment is gone stays, dead, until the index is made anew.
"""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from undeterred.services.experiment_texts import Texts
from undeterred.store.experiment_keys import KeyRow
from undeterred.store.experiment_list import STATE_ORDER

STATE_CODES = {state: code for code, state in enumerate(STATE_ORDER)}
NULL = -1
_LOW = slice(0 if sys.byteorder == "little" else 3, None, 4)  # the lowest byte of each four
Value = Callable[[int], Any]


class Column(Protocol):
    """One value a place."""

    def grow(self) -> None:
        """One more place, with any value."""

    def get(self, place: int) -> Any:
        """A place's value, None for null."""

    def put(self, place: int, value: Any) -> None:
        """Another value for a place."""

    def comparable(self) -> Sequence[Any]:
        """What all places sort by; NULL or NaN for null."""


class Plain:
    """Numbers as they are; null: what stands for null, if anything does (NaN always does)."""

    def __init__(self, data: "array[Any] | bytearray", null: float | None = None) -> None:
        self.data, self._null = data, null

    def grow(self) -> None:
        self.data.append(0)

    def get(self, place: int) -> Any:
        value = self.data[place]
        return None if value == self._null or value != value else value

    def put(self, place: int, value: Any) -> None:
        self.data[place] = self._null if value is None else value

    def comparable(self) -> Sequence[Any]:
        return self.data


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

    def comparable(self) -> Sequence[Any]:
        return self.texts.values


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

    def comparable(self) -> Sequence[Any]:
        return self.ranked(self.values)

    def ranked(self, shown: Sequence[Any]) -> Sequence[int]:
        """All places' ranks in the order of what their values are shown as; NULL for None."""
        rank = {value: n for n, value in enumerate(sorted({value for value in shown if value is not None}))}
        table = [NULL if value is None else rank[value] for value in shown]
        return array("q", map(table.__getitem__, self.codes))

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
            "parent_id": Plain(array("q"), NULL),
            "resource_pool": self.pool,
            "started_at": Plain(array("q")),
            "ended_at": Plain(array("q"), NULL),
            "archived": self.archived,
            "progress": Plain(array("d")),
            "best_metric": Plain(array("d"), float("nan")),
            "num_trials": Plain(array("q")),
            "checkpoint_count": Plain(array("q")),
            "checkpoint_size": Plain(array("q")),
        }

    def __len__(self) -> int:
        return len(self.ids)

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
        for column in self._stored.values():
            column.grow()
        self.put(len(self.ids) - 1, row)
        return len(self.ids) - 1

    def put(self, place: int, row: KeyRow) -> dict[str, Any]:
        """The present values of an experiment; those that were others before, by the name of the order that they stand in."""
        before: dict[str, Any] = {}
        for name, column in self._stored.items():
            value = STATE_CODES[row.state] if name == "state" else getattr(row, name)
            old = column.get(place)
            if value != old:
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

    def comparable(self, order: str) -> Sequence[Any]:
        """What an order sorts all places by, as quickly compared as can be; NULL or NaN for null."""
        if order == "user":
            return self.owner.ranked([self.names.get(owner, "") for owner in self.owner.values])
        return self._stored[order].comparable()
