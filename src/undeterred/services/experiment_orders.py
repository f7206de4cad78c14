"""The orders of lists: every experiment's place, sorted by one column, and windows on the wanted ones among them.

An order is brought up to date when it is asked for: until then it keeps what the changed ones were sorted by before, and so still finds them.
"""

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, compress, islice
from operator import itemgetter
from typing import Any, Final

from undeterred.services.experiment_columns import Columns, Value

_RUN = 4096  # how many are sorted at once: others are let in between
_PART_LEAST, _PART_MOST = 256, 4096
_FEW = 8  # so many changes are made in place
_NOBODY: Final = object()  # instead of what one was sorted by: it was not there


class Order:
    """Living places in ascending order, ties by id; `filled` of them have a value to be sorted by, the others come last either way."""

    def __init__(self, columns: Columns, column: str) -> None:
        self._columns = columns
        self._value = columns.value(column)
        self._before: dict[int, Any] = {}
        self.found, self.filled = _sorted(columns, *columns.comparable(column))

    def moves(self, place: int, before: Any) -> None:
        """A place is sorted by something else now."""
        self._before.setdefault(place, before)

    def comes(self, place: int) -> None:
        """A place is there that was not."""
        self._before.setdefault(place, _NOBODY)

    def goes(self, place: int) -> None:
        """A living place is about to be dead."""
        self._before.setdefault(place, self._value(place))

    @property
    def late(self) -> int:
        """How many changes it has not taken in."""
        return len(self._before)

    def catch_up(self) -> None:
        """Take in what has changed."""
        before, value = self._before, self._value
        if not before:
            return

        def old(place: int) -> Any:
            return before[place] if place in before else value(place)

        gone = sorted(self._at(place, was, old) for place, was in before.items() if was is not _NOBODY)
        assert all(self.found[at] in before for at in gone)
        self.filled -= bisect_left(gone, self.filled)
        self.found = _without(self.found, gone)
        alive = self._columns.alive
        come = [(value(place), place) for place in before if alive[place]]
        filled = sorted(each for each in come if each[0] is not None)
        empty = sorted(place for was, place in come if was is None)
        targets = [(self._at(place, what, value), place) for what, place in filled] + [
            (self._at(place, None, value), place) for place in empty
        ]
        self.found = _with(self.found, targets)
        self.filled += len(filled)
        before.clear()

    def window(
        self, mask: bytes | bytearray | None, total: int, values: Collection[Any] | None, descending: bool, start: int, end: int
    ) -> Sequence[int]:
        """The places of a window of the wanted ones: mask has a byte a place, None where all are wanted; total: how many there are. values: all that
        wanted ones are sorted by, None if that is not known. What is walked depends on the window, unless the wanted ones all stand at the other end."""
        self.catch_up()
        end = min(end, total)
        if start >= end:
            return []
        if mask is None:
            return _cut(self.found, self.filled, descending, start, end)
        if total * total * 12 < end * len(self.found):
            return _cut(*self._few(mask), descending, start, end)
        parts = self._parts(values, descending)
        return list(islice(chain.from_iterable(compress(part, _at_all(mask, part)) for part in parts), start, end))

    def _few(self, mask: bytes | bytearray) -> tuple[list[int], int]:
        """All wanted places in order, and how many have a value."""
        places, value = marked(mask), self._value
        filled = sorted((place for place in places if value(place) is not None), key=value)
        return filled + [place for place in places if value(place) is None], len(filled)

    def _parts(self, values: Collection[Any] | None, descending: bool) -> Iterator[list[int]]:
        """All places in ever longer pieces, from the wanted end on; only those with these values, where they are known."""
        found, filled, size = self.found, self.filled, _PART_LEAST
        stretches = [(0, filled)] if values is None else [self._stretch(value) for value in sorted(values)]
        if descending:
            stretches.reverse()
        if values is None:
            stretches.append((filled, len(found)))
        for low, high in stretches:
            done = 0
            while done < high - low:
                upto = min(high - low, done + size)
                part = found[high - upto : high - done][::-1] if descending else found[low + done : low + upto]
                yield part.tolist()
                done, size = upto, min(2 * size, _PART_MOST)

    def _stretch(self, value: Any) -> tuple[int, int]:
        return self._at(-1, value, self._value), self._at(len(self._columns), value, self._value)

    def _at(self, place: int, what: Any, value: Value) -> int:
        """Where a place sorted by this is, or belongs; value: what the others are sorted by."""
        if what is None:
            return bisect_left(self.found, place, self.filled)
        return bisect_left(self.found, (what, place), 0, self.filled, key=lambda each: (value(each), each))


class IdOrder:
    """The order of the places themselves: nothing ever moves in it."""

    late = 0

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def moves(self, place: int, before: Any) -> None:
        """Never happens."""

    def comes(self, place: int) -> None:
        """It is where it belongs."""

    def goes(self, place: int) -> None:
        """No mask has it any more."""

    def catch_up(self) -> None:
        """Nothing to do."""

    def window(
        self, mask: bytes | bytearray | None, total: int, values: Collection[Any] | None, descending: bool, start: int, end: int
    ) -> Sequence[int]:
        """As `Order.window`; mask is None only while everybody lives."""
        end, size = min(end, total), len(self._columns)
        if mask is None:
            return range(size)[::-1][start:end] if descending else range(size)[start:end]
        if total < size // 50:
            return _cut(marked(mask), total, descending, start, end)
        places = compress(range(size - 1, -1, -1), reversed(mask)) if descending else compress(range(size), mask)
        return list(islice(places, start, max(start, end)))


def _at_all(mask: bytes | bytearray, places: Sequence[int]) -> Sequence[int]:
    """What a mask has at all places: quicker than asking for one after the other."""
    return itemgetter(*places)(mask) if len(places) > 1 else [mask[place] for place in places]


def marked(mask: bytes | bytearray) -> list[int]:
    """The places whose byte is 1: for masks of few."""
    places: list[int] = []
    at = mask.find(1)
    while at >= 0:
        places.append(at)
        at = mask.find(1, at + 1)
    return places


def _cut(found: "Sequence[int]", filled: int, descending: bool, start: int, end: int) -> Sequence[int]:
    """A window of places in ascending order of which the last have no value and stay the last."""
    if not descending:
        return found[start:end]
    total = len(found)
    front = found[max(filled - end, 0) : filled - start][::-1] if start < filled else []
    back = found[filled + total - end : filled + total - max(start, filled)][::-1] if end > filled else []
    return [*front, *back]


def _without(found: "array[int]", gone: Sequence[int]) -> "array[int]":
    """The same array or another; gone: where, ascending."""
    if len(gone) <= _FEW:
        for at in reversed(gone):
            del found[at]
        return found
    kept, last = array("I"), 0
    for at in gone:
        kept += found[last:at]
        last = at + 1
    kept += found[last:]
    return kept


def _with(found: "array[int]", come: Sequence[tuple[int, int]]) -> "array[int]":
    """The same array or another; come: (where it is before any came, place), in order."""
    if len(come) <= _FEW:
        for at, place in reversed(come):
            found.insert(at, place)
        return found
    whole, last = array("I"), 0
    for at, place in come:
        whole += found[last:at]
        whole.append(place)
        last = at
    whole += found[last:]
    return whole


def _sorted(columns: Columns, keys: Sequence[Any], has: bytes) -> "tuple[array[int], int]":
    """The living places in ascending order, nulls last, ties by id; and how many are not null."""
    filled = [place for place in compress(range(len(keys)), has) if columns.alive[place]]
    found, size = array("I"), len(filled)
    for part in _in_order(filled, keys):
        found.extend(part)
    found.extend(place for place in range(len(keys)) if not has[place] and columns.alive[place])
    return found, size


def _in_order(places: list[int], keys: Sequence[Any]) -> Iterator[list[int]]:
    """Ascending places sorted by their keys, in pieces: runs are sorted, then what falls between two keys of a sample is taken out of each."""
    key = keys.__getitem__
    runs = [sorted(places[at : at + _RUN], key=key) for at in range(0, len(places), _RUN)]
    if len(runs) == 1:
        yield runs[0]
        return
    sample = sorted({key(place) for run in runs for place in run[:: _RUN // len(runs) + 1]})
    ends = [[*(bisect_left(run, bound, key=key) for bound in sample[:: len(sample) // len(runs) + 1]), len(run)] for run in runs]
    starts = [0] * len(runs)
    for piece in zip(*ends, strict=True):
        yield sorted(chain.from_iterable(run[low:high] for run, low, high in zip(runs, starts, piece, strict=True)), key=key)
        starts = list(piece)
