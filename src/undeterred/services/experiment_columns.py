"""The columns that lists of experiments are filtered and sorted by, in memory: one place an experiment, in the order of ids.

Texts that repeat are kept once and numbered; a place whose experiment is gone stays, dead, until the index is made anew.
"""

import heapq
import json
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from undeterred.store.experiment_keys import KeyRow
from undeterred.store.experiment_list import STATE_ORDER, Filter
from undeterred.store.like import matcher

_STATE_CODES = {state: code for code, state in enumerate(STATE_ORDER)}
_RUN = 4096  # how many are sorted at once: others are let in between
NO_ID = -1
Key = Callable[[int], Any]


class Numbered:
    """A column of values that repeat: each kept once."""

    def __init__(self) -> None:
        self.codes = array("I")
        self.values: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def code(self, value: Any) -> int:
        """The number of a value, a new one for a new value."""
        code = self._numbers.get(value)
        if code is None:
            code = self._numbers[value] = len(self.values)
            self.values.append(value)
        return code

    def mask(self, wanted: Callable[[Any], bool]) -> bytes:
        """A byte a place: 1 where the value is wanted."""
        table = bytes(map(wanted, self.values))
        return bytes(map(table.__getitem__, self.codes))

    def at(self, place: int) -> Any:
        return self.values[self.codes[place]]


class Columns:
    """`names`: what users are called, by user id, for the order by user."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.ids = array("q")
        self.alive = bytearray()
        self.state = bytearray()
        self.archived = bytearray()
        self.name: list[str] = []
        self.description, self.labels, self.owner, self.project, self.pool = (Numbered() for _ in range(5))
        self.numbers = {
            name: array("q") for name in ("parent_id", "started_at", "ended_at", "num_trials", "checkpoint_count", "checkpoint_size")
        }
        self.reals = {name: array("d") for name in ("progress", "best_metric")}

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
        self.state.append(0)
        self.archived.append(0)
        self.name.append("")
        for column in (self.description, self.labels, self.owner, self.project, self.pool):
            column.codes.append(0)
        for numbers in self.numbers.values():
            numbers.append(0)
        for reals in self.reals.values():
            reals.append(0.0)
        self.put(len(self.ids) - 1, row)
        return len(self.ids) - 1

    def put(self, place: int, row: KeyRow) -> None:
        """The present values of an experiment."""
        self.state[place] = _STATE_CODES[row.state]
        self.archived[place] = row.archived
        self.name[place] = row.name
        for column, value in (
            (self.description, row.description),
            (self.labels, row.labels),
            (self.owner, row.owner_id),
            (self.project, row.project_id),
            (self.pool, row.resource_pool),
        ):
            column.codes[place] = column.code(value)
        for name, numbers in self.numbers.items():
            value = getattr(row, name)
            numbers[place] = NO_ID if value is None else value
        self.reals["progress"][place] = row.progress
        self.reals["best_metric"][place] = float("nan") if row.best_metric is None else row.best_metric

    # -- order ---------------------------------------------------------------------------------------------------------------------

    def key(self, column: str) -> Key:
        """place -> what a column sorts by; not asked where it is null."""
        if column in self.numbers:
            return self.numbers[column].__getitem__
        if column in self.reals:
            return self.reals[column].__getitem__
        if column == "user":
            names = self.names
            return lambda place: names.get(self.owner.at(place), "")
        plain: dict[str, Key] = {
            "id": self.ids.__getitem__,
            "state": self.state.__getitem__,
            "name": self.name.__getitem__,
            "description": self.description.at,
            "resource_pool": self.pool.at,
            "project_id": self.project.at,
        }
        return plain[column]

    def null(self, column: str) -> Callable[[int], bool] | None:
        """place -> whether a column is null there; None for a column that never is."""
        if column in ("parent_id", "ended_at"):
            numbers = self.numbers[column]
            return lambda place: numbers[place] == NO_ID
        if column == "best_metric":
            reals = self.reals[column]
            return lambda place: reals[place] != reals[place]  # only NaN differs from itself
        if column == "description":
            return lambda place: self.description.at(place) is None
        return None

    def sorted_by(self, column: str) -> "tuple[array[int], int]":
        """The living places in ascending order, nulls last, ties by id; and how many are not null."""
        living = range(len(self.ids)) if all(self.alive) else [place for place in range(len(self.ids)) if self.alive[place]]
        null = self.null(column)
        filled: Sequence[int] = living if null is None else [place for place in living if not null(place)]
        empty = [] if null is None else [place for place in living if null(place)]
        if column == "id":
            return array("I", [*filled, *empty]), len(filled)
        key = self.key(column)
        runs = [sorted(filled[at : at + _RUN], key=key) for at in range(0, len(filled), _RUN)]
        merged: Iterable[int] = runs[0] if len(runs) == 1 else heapq.merge(*runs, key=key)
        found = array("I", merged)
        found.extend(empty)
        return found, len(filled)

    # -- filter --------------------------------------------------------------------------------------------------------------------

    def mask(self, wanted: Filter) -> bytes | None:
        """A byte a place: 1 where the experiment is wanted (dead ones may be too); None where all are."""
        masks: list[bytes] = []
        if wanted.states:
            codes = {_STATE_CODES[state] for state in wanted.states if state in _STATE_CODES}
            masks.append(bytes(self.state.translate(bytes(code in codes for code in range(256)))))
        if wanted.archived is not None:
            masks.append(bytes(self.archived.translate(bytes(code == wanted.archived for code in range(256)))))
        if wanted.owner_ids is not None:
            masks.append(self.owner.mask(wanted.owner_ids.__contains__))
        if wanted.project_id:
            masks.append(self.project.mask(wanted.project_id.__eq__))
        if wanted.not_in_projects:
            masks.append(self.project.mask(lambda project: project not in wanted.not_in_projects))
        if wanted.labels:
            masks.append(self.labels.mask(lambda text: _has_all(text, wanted.labels)))
        if wanted.description:
            described = finder(wanted.description)
            masks.append(self.description.mask(lambda text: text is not None and described(text)))
        if wanted.name:
            masks.append(bytes(map(finder(wanted.name), self.name)))
        masks += self._id_masks(wanted)
        if not masks:
            return None
        all_of = int.from_bytes(masks[0], "little")
        for mask in masks[1:]:
            all_of &= int.from_bytes(mask, "little")
        return all_of.to_bytes(len(self.ids), "little")

    def wants(self, wanted: Filter, named: Callable[[str], bool], described: Callable[[str], bool], place: int) -> bool:
        """Whether one living experiment is wanted; named, described: `finder` of the filter's texts."""
        experiment_id = self.ids[place]
        return (
            bool(self.alive[place])
            and (not wanted.states or STATE_ORDER[self.state[place]] in wanted.states)
            and (wanted.archived is None or self.archived[place] == wanted.archived)
            and (wanted.owner_ids is None or self.owner.at(place) in wanted.owner_ids)
            and (not wanted.project_id or self.project.at(place) == wanted.project_id)
            and self.project.at(place) not in wanted.not_in_projects
            and (not wanted.labels or _has_all(self.labels.at(place), wanted.labels))
            and (not wanted.description or (self.description.at(place) is not None and described(self.description.at(place))))
            and (not wanted.name or named(self.name[place]))
            and (wanted.at_least is None or experiment_id >= wanted.at_least)
            and (wanted.at_most is None or experiment_id <= wanted.at_most)
            and (not wanted.incl or experiment_id in wanted.incl)
            and experiment_id not in wanted.not_in
        )

    def _id_masks(self, wanted: Filter) -> list[bytes]:
        size, masks = len(self.ids), []
        if wanted.at_least is not None:
            below = bisect_left(self.ids, wanted.at_least)
            masks.append(bytes(below) + b"\1" * (size - below))
        if wanted.at_most is not None:
            up_to = bisect_left(self.ids, wanted.at_most + 1)
            masks.append(b"\1" * up_to + bytes(size - up_to))
        if wanted.incl:
            masks.append(self._marked(wanted.incl, 0, 1))
        if wanted.not_in:
            masks.append(self._marked(wanted.not_in, 1, 0))
        return masks

    def _marked(self, ids: Collection[int], others: int, mark: int) -> bytes:
        mask = bytearray([others]) * len(self.ids)
        for experiment_id in ids:
            place = self.place(experiment_id)
            if place is not None:
                mask[place] = mark
        return bytes(mask)


def finder(pattern: str) -> Callable[[str], bool]:
    """Whether a text is like `%pattern%`."""
    if not any(mark in pattern for mark in "%_\\"):
        needle = pattern.lower()
        return lambda text: needle in text.lower()
    return matcher(f"%{pattern}%")


def _has_all(text: str, labels: Iterable[str]) -> bool:
    present = json.loads(text)
    return all(label in present for label in labels)
