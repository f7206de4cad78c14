"""Which experiments a filter wants: a byte a place, and how many they are.

A mask is brought up to date when it is asked for, by the places that have changed since.
"""

import json
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from typing import Any

from undeterred.services.experiment_columns import STATE_CODES, Columns
from undeterred.services.experiment_texts import finder
from undeterred.store.experiment_list import STATE_ORDER, Filter

MASKS_MAX = 24
CHANGES_MAX = 20_000
_FEW = 500  # changes that are looked at one by one
_VALUES_FEW = 16


class Wanted:
    """The wanted living experiments; mask: None while all are."""

    def __init__(self, columns: Columns, wanted: Filter, seen: int) -> None:
        self._columns, self._wanted, self._seen = columns, wanted, seen
        self._named, self._described = finder(wanted.name), finder(wanted.description)
        self._everybody = wanted == Filter()
        self.mask: bytearray | None = None
        if self._everybody:
            self._look_around()
        else:
            self.mask = bytearray(_mask(columns, wanted))
            self.total = int.from_bytes(self.mask, "little").bit_count()

    def catch_up(self, changed: list[int]) -> bool:
        """Take in what has changed since; False if making it anew is cheaper. changed: places, ever more of them at the end."""
        if self._everybody:
            self._look_around()
        elif self._seen < len(changed):
            if len(changed) - self._seen > _FEW:
                return False
            self._look_at(set(changed[self._seen :]))
            self._seen = len(changed)
        return True

    def _look_around(self) -> None:
        self.total = self._columns.living
        self.mask = None if self.total == len(self._columns) else self._columns.alive

    def _look_at(self, places: Iterable[int]) -> None:
        mask = self.mask
        assert mask is not None
        mask.extend(bytes(len(self._columns) - len(mask)))
        for place in places:
            now = _wants(self._columns, self._wanted, self._named, self._described, place)
            self.total += now - mask[place]
            mask[place] = now


class Masks:
    """The filters that were asked for last."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._changed: list[int] = []
        self._kept: OrderedDict[Filter, Wanted] = OrderedDict()

    def changes(self, place: int) -> None:
        """A place is new, has other values or is dead."""
        self._changed.append(place)
        if len(self._changed) > CHANGES_MAX:
            self._changed.clear()
            self._kept.clear()

    def of(self, wanted: Filter) -> Wanted:
        """What a filter wants now."""
        kept = self._kept.get(wanted)
        if kept is None or not kept.catch_up(self._changed):
            kept = self._kept[wanted] = Wanted(self._columns, wanted, len(self._changed))
            if len(self._kept) > MASKS_MAX:
                self._kept.popitem(last=False)
        self._kept.move_to_end(wanted)
        return kept


def sorted_values(columns: Columns, wanted: Filter, order: str) -> Collection[Any] | None:
    """The only values of an order that wanted ones have, where the filter says so and they are few."""
    if order == "state" and wanted.states:
        return {STATE_CODES[state] for state in wanted.states if state in STATE_CODES}
    if order == "project_id" and wanted.project_id:
        return {wanted.project_id}
    if order == "user" and wanted.owner_ids is not None and len(wanted.owner_ids) <= _VALUES_FEW:
        return {columns.names.get(owner, "") for owner in wanted.owner_ids}
    return None


def _mask(columns: Columns, wanted: Filter) -> bytes:
    """A byte a place: 1 where a living experiment is wanted."""
    masks = [bytes(columns.alive)] if columns.living < len(columns) else []
    if wanted.states:
        codes = {STATE_CODES[state] for state in wanted.states if state in STATE_CODES}
        masks.append(_translated(columns.state.data, codes.__contains__))
    if wanted.archived is not None:
        masks.append(_translated(columns.archived.data, wanted.archived.__eq__))
    if wanted.owner_ids is not None:
        masks.append(columns.owner.mask(wanted.owner_ids.__contains__))
    if wanted.project_id:
        masks.append(columns.project.mask(wanted.project_id.__eq__))
    if wanted.not_in_projects:
        masks.append(columns.project.mask(lambda project: project not in wanted.not_in_projects))
    if wanted.labels:
        masks.append(columns.labels.mask(lambda text: _has_all(text, wanted.labels)))
    if wanted.description:
        masks.append(columns.description.spread(columns.description.texts.like(wanted.description)))
    if wanted.name:
        masks.append(columns.name.texts.like(wanted.name))
    masks += _id_masks(columns, wanted)
    if len(masks) == 1:
        return masks[0]
    all_of = int.from_bytes(masks[0], "little")
    for mask in masks[1:]:
        all_of &= int.from_bytes(mask, "little")
    return all_of.to_bytes(len(columns), "little")


def _translated(data: Any, wanted: Callable[[int], bool]) -> bytes:
    return bytes(data.translate(bytes(wanted(code) is True for code in range(256))))


def _id_masks(columns: Columns, wanted: Filter) -> list[bytes]:
    size, masks = len(columns), list[bytes]()
    if wanted.at_least is not None:
        below = bisect_left(columns.ids, wanted.at_least)
        masks.append(bytes(below) + b"\1" * (size - below))
    if wanted.at_most is not None:
        up_to = bisect_left(columns.ids, wanted.at_most + 1)
        masks.append(b"\1" * up_to + bytes(size - up_to))
    if wanted.incl:
        masks.append(_marked(columns, wanted.incl, 0, 1))
    if wanted.not_in:
        masks.append(_marked(columns, wanted.not_in, 1, 0))
    return masks


def _marked(columns: Columns, ids: Collection[int], others: int, mark: int) -> bytes:
    mask = bytearray([others]) * len(columns)
    for experiment_id in ids:
        place = columns.place(experiment_id)
        if place is not None:
            mask[place] = mark
    return bytes(mask)


def _wants(columns: Columns, wanted: Filter, named: Callable[[str], bool], described: Callable[[str], bool], place: int) -> bool:
    """Whether one experiment lives and is wanted; named, described: `finder` of the filter's texts."""
    experiment_id = columns.ids[place]
    description = columns.description.get(place) if wanted.description else None
    return (
        bool(columns.alive[place])
        and (not wanted.states or STATE_ORDER[columns.state.get(place)] in wanted.states)
        and (wanted.archived is None or columns.archived.get(place) == wanted.archived)
        and (wanted.owner_ids is None or columns.owner.get(place) in wanted.owner_ids)
        and (not wanted.project_id or columns.project.get(place) == wanted.project_id)
        and columns.project.get(place) not in wanted.not_in_projects
        and (not wanted.labels or _has_all(columns.labels.get(place), wanted.labels))
        and (not wanted.description or (description is not None and described(description)))
        and (not wanted.name or named(columns.name.get(place)))
        and (wanted.at_least is None or experiment_id >= wanted.at_least)
        and (wanted.at_most is None or experiment_id <= wanted.at_most)
        and (not wanted.incl or experiment_id in wanted.incl)
        and experiment_id not in wanted.not_in
    )


def _has_all(text: str, labels: Iterable[str]) -> bool:
    present = json.loads(text)
    return all(label in present for label in labels)
