"""What searches of the experiments' and runs' tables find, kept in order: the next page of the same search costs the same at any size.

A cache: a search that was made is kept as the ids that SQL found, in SQL's order. When it is asked for again, the rows that rang since are
taken out and asked for anew by the same SQL, and put where what they are sorted by belongs. It may be dropped at any moment; a search that depends on
the time is not kept. Transactions take turns, each begun before it reads anything: what was committed before a turn is seen in it. What a turn
may see before it rings (`Database.unrung`) is worked in as well where others are found by their values, and again when it rings.
"""

import logging
import threading
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isnan
from typing import Any, Final, NamedTuple, TypeVar

from undeterred.services.experiment_lists import window
from undeterred.services.kept_rows import KeptRows
from undeterred.store.db import Database
from undeterred.store.table_page import TablePage
from undeterred.wire.common import Pagination

log = logging.getLogger("undeterred.services.search_views")
PLACES_MAX: Final = 1_000_000  # of all views together: 8 bytes each
VIEWS_MAX: Final = 32
HEARD_MAX: Final = 20_000
FEW: Final = 25  # so many changes are always worked in one by one, and a fortieth of what is found
Keys = tuple[Any, ...]
Found = tuple[Pagination, list[int]]
Rung = TypeVar("Rung", int, str)


class News(NamedTuple):
    """What has changed: runs and experiments, and topics of what else searches look at."""

    runs: set[int]
    experiments: set[int]
    topics: set[str]


class SearchViews:
    """The searches that were asked for last; readers' threads take turns."""

    def __init__(self, db: Database) -> None:
        self._unrung = db.unrung
        self._lock = threading.Lock()
        self._views: OrderedDict[str, _View] = OrderedDict()
        self._runs: set[int] = set()
        self._experiments: set[int] = set()
        self._elsewhere: set[str] = set()
        self._lost = False
        self.rows = KeptRows()
        db.bell.family("run", lambda name: self._hear(self._runs, name))
        db.bell.family("experiment", lambda name: self._hear(self._experiments, name))
        for topic in ("sessions", "places"):
            db.bell.always(topic, lambda topic=topic: self._elsewhere.add(topic))  # type: ignore[misc]

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A turn of one transaction, which has read nothing yet."""
        with self._lock:
            self._listen()
            yield

    def window(self, search: TablePage, offset: int, limit: int) -> Found | None:
        """A window of what a search finds; within a turn. None for a search that is not kept (`asked` asks the database, after the turn)."""
        if not search.lasting:
            return None
        found = self._found(search)
        shown = window(offset, limit, len(found))
        return shown, list(found[shown.start_index : _end(shown)])

    def _found(self, search: TablePage) -> "array[int]":
        view = self._views.get(search.name)
        if view is None or not view.catch_up(search, self._unheard):
            view = self._views[search.name] = _View(search)
            self._make_room()
        self._views.move_to_end(search.name)
        return view.found

    def _make_room(self) -> None:
        while len(self._views) > 1 and (len(self._views) > VIEWS_MAX or sum(len(view.found) for view in self._views.values()) > PLACES_MAX):
            self._views.popitem(last=False)

    # -- what rings: sets are filled by the event loop's thread, and emptied one by one, so that nothing is lost in between ---------------------------

    def _hear(self, heard: set[int], name: str) -> None:
        if len(heard) >= HEARD_MAX:
            self._lost = True  # nobody searched for long
        elif name.isdigit():
            heard.add(int(name))

    def _listen(self) -> None:
        topics = _emptied(self._elsewhere)
        for name in [name for name, view in self._views.items() if view.topics & topics]:
            del self._views[name]
        if "places" in topics:
            self.rows.clear()
        if self._lost:
            self._lost = False
            self._views.clear()
            self.rows.clear()
        runs, experiments = _emptied(self._runs), _emptied(self._experiments)
        self.rows.forget(runs, experiments)
        for name, view in list(self._views.items()):
            view.runs |= runs
            view.experiments |= experiments
            if view.outdated:
                del self._views[name]

    def _unheard(self) -> News:
        """What a transaction that has begun to read may see, though no turn has taken it up yet. Asked for in this order, nothing slips through."""
        topics = self._unrung()
        by_id: dict[str, set[int]] = {"run": set(), "experiment": set()}
        for topic in topics:
            family, _colon, name = topic.partition(":")
            if family in by_id:
                by_id[family].add(int(name))
        return News(by_id["run"] | self._runs.copy(), by_id["experiment"] | self._experiments.copy(), topics | self._elsewhere.copy())


class _View:
    """The ids of one search in order. runs, experiments: what has changed since."""

    def __init__(self, search: TablePage) -> None:
        self.found = array("q", search.ids(0, -1))
        self.topics = search.topics
        self.runs: set[int] = set()
        self.experiments: set[int] = set()

    @property
    def outdated(self) -> bool:
        """Whether so much has changed that making it anew is cheaper."""
        return len(self.runs) + len(self.experiments) > self._most

    @property
    def _most(self) -> int:
        return max(FEW, len(self.found) // 40)

    def catch_up(self, search: TablePage, unheard: Callable[[], News]) -> bool:
        """Work in what has changed; false if it is to be made anew: that is cheaper, or where a change belongs cannot be told."""
        if not self.runs and not self.experiments:
            return True
        most = self._most
        changed = search.touched(self.runs, self.experiments)  # from here on, all that this transaction reads is of one instant
        if len(search.order) > 1:  # the others are found by their values as they are now
            news = unheard()
            if self.topics & news.topics:
                return False
            changed |= search.touched(news.runs, news.experiments)
        if len(changed) > most:
            return False
        self._remove(search, changed)
        known: dict[int, Keys] = search.keys(list(changed)) if changed else {}
        try:
            for row in sorted(known):
                self.found.insert(self._place(search, row, known), row)
        except KeyError:
            log.exception("a kept search holds a row that is not found, and is made anew")
            return False
        self.runs.clear()
        self.experiments.clear()
        return True

    def _remove(self, search: TablePage, changed: set[int]) -> None:
        if len(search.order) > 1 and len(changed) > 8:
            self.found = array("q", [row for row in self.found if row not in changed])
            return
        for row in changed:
            at = self._at(search, row)
            if at is not None:
                del self.found[at]

    def _at(self, search: TablePage, row: int) -> int | None:
        """Where a row stands that may be among the others; its values may have changed."""
        if len(search.order) == 1:
            at = _by_id(self.found, row, search.order[0].descending)
            return at if at < len(self.found) and self.found[at] == row else None
        try:
            return self.found.index(row)
        except ValueError:
            return None

    def _place(self, search: TablePage, row: int, known: dict[int, Keys]) -> int:
        """Where a row belongs that is not among the others; known: what rows are sorted by, added to."""
        if len(search.order) == 1:
            return _by_id(self.found, row, search.order[0].descending)
        low, high = 0, len(self.found)
        directions = [term.descending for term in search.order]
        while low < high:
            middle = (low + high) // 2
            other = self.found[middle]
            if other not in known:
                known.update(search.keys([other]))
            if _before(known[other], known[row], directions):
                low = middle + 1
            else:
                high = middle
        return low


def asked(search: TablePage, offset: int, limit: int) -> Found:
    """The same of the database: it counts and sorts all that is found."""
    shown = window(offset, limit, search.count())
    return shown, search.ids(shown.start_index, _end(shown) - shown.start_index)


def _end(shown: Pagination) -> int:
    """Where a window ends; one with a limit below -2 goes to the end."""
    return shown.end_index if shown.end_index >= shown.start_index else max(shown.total, shown.start_index)


def _emptied(heard: set[Rung]) -> set[Rung]:
    taken: set[Rung] = set()
    while heard:
        taken.add(heard.pop())
    return taken


def _by_id(found: "array[int]", row: int, descending: bool) -> int:
    return bisect_left(found, -row, key=lambda each: -each) if descending else bisect_left(found, row)


def _rank(value: Any) -> tuple[bool, Any]:
    return (True, 0) if isinstance(value, float) and isnan(value) else (False, value)


def _before(one: Keys, other: Keys, directions: list[bool]) -> bool:
    """Whether one stands before the other: no value comes last either way, NaN above all numbers, as PostgreSQL has it."""
    for left, right, descending in zip(one, other, directions, strict=True):
        if left is None or right is None:
            if left is not right:
                return right is None
            continue
        mine, theirs = _rank(left), _rank(right)
        if mine != theirs:
            return (mine > theirs) if descending else (mine < theirs)
    return False
