"""Which experiments a list shows, found in memory: a page and the exact total cost the same however many experiments there are.

A cache: it is made at the first list (in the background where there are many; until then the database answers), brought up to date at every list by
the experiments that rang since, and may be dropped at any moment. A filter and order that was asked for is kept as a view: its experiments in order.
"""

import logging
import threading
from array import array
from bisect import bisect_left
from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import compress

from undeterred.services.experiment_columns import Columns, finder
from undeterred.store import experiment_keys, experiment_list, experiments
from undeterred.store.db import Database, Tx
from undeterred.store.experiment_keys import KeyRow
from undeterred.store.experiment_list import Filter, Sort
from undeterred.wire.common import Pagination

log = logging.getLogger("undeterred.services.experiment_index")
Window = Callable[[int, int, int], Pagination]
AT_ONCE = 2000  # so many are read within a request
PIECE = 1000
VIEWS_MAX = 24
HEARD_MAX = 50_000


class View:
    """The wanted experiments' places in ascending order; `filled` of them have a value to be sorted by, the others come last either way."""

    def __init__(self, columns: Columns, wanted: Filter, column: str, base: "View | None") -> None:
        self.columns, self.wanted, self.column = columns, wanted, column
        self._named, self._described = finder(wanted.name), finder(wanted.description)
        self._key, self._null = columns.key(column), columns.null(column)
        if base is None:
            self.found, self.filled = columns.sorted_by(column)
        else:
            self.found, self.filled = _picked(base, columns.mask(wanted))

    def ids(self, descending: bool, start: int, end: int) -> list[int]:
        """The ids of a window."""
        ids, found, filled, total = self.columns.ids, self.found, self.filled, len(self.found)
        end = min(end, total)
        if not descending:
            return [ids[place] for place in found[start:end]]
        front = found[max(filled - end, 0) : filled - start][::-1] if start < filled else array("I")
        back = found[filled + total - end : filled + total - max(start, filled)][::-1] if end > filled else array("I")
        return [ids[place] for place in front + back]

    def remove(self, place: int) -> None:
        """Take out a place, before its values change; nothing if it is not in."""
        if self._wants(place):
            at = self._at(place)
            assert self.found[at] == place
            del self.found[at]
            self.filled -= not (self._null is not None and self._null(place))

    def add(self, place: int) -> None:
        """Take in a place with its new values, if it is wanted."""
        if self._wants(place):
            self.found.insert(self._at(place), place)
            self.filled += not (self._null is not None and self._null(place))

    def _wants(self, place: int) -> bool:
        return self.columns.wants(self.wanted, self._named, self._described, place)

    def _at(self, place: int) -> int:
        if self._null is not None and self._null(place):
            return bisect_left(self.found, place, self.filled)
        key = self._key
        return bisect_left(self.found, (key(place), place), 0, self.filled, key=lambda each: (key(each), each))


class ExperimentIndex:
    """Finds windows of lists; used by readers' threads, one at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._heard: deque[int] = deque()
        self._users_changed = True
        self._ready = False
        self._building = False
        self._reset()
        db.bell.family("experiment", self._hear)
        db.bell.always("sessions", self._hear_users)

    def window(self, tx: Tx, wanted: Filter, sort: Sort, offset: int, limit: int, window: Window) -> tuple[int, list[int]]:
        """How many experiments are wanted, and the ids of those in the window. `refresh` must have been the transaction's first reading."""
        with self._lock:
            if self._ready:
                view = self._view(wanted, sort.column)
                total = len(view.found)
                start, end = _bounds(window(offset, limit, total), total)
                return total, view.ids(sort.descending, start, end)
        total = experiment_list.count(tx, wanted)
        start, end = _bounds(window(offset, limit, total), total)
        return total, experiment_list.ids(tx, wanted, sort, start, end - start) if end > start else []

    def refresh(self, tx: Tx) -> None:
        """Take in what has changed. To be called before the transaction reads anything else: what rings later is then seen the next time."""
        with self._lock:
            if self._ready:
                self._catch_up(tx)
            elif not self._building:
                self._reset()
                self._building = True
                self._heard.clear()
                if experiment_keys.highest(tx) <= AT_ONCE:
                    self._take_in(tx, AT_ONCE)
                    self._finish()
                    self._catch_up(tx)
                else:
                    threading.Thread(target=self._build, name="experiment-index", daemon=True).start()

    def labels(self, tx: Tx, project_id: int) -> list[str]:
        """The JSON lists of labels that a project's experiments have, each once; project_id 0: everybody's. `refresh` as above."""
        with self._lock:
            if self._ready:
                codes = self._columns.labels.codes
                found = self._view(Filter(project_id=project_id), "id").found
                return [self._columns.labels.values[code] for code in set(map(codes.__getitem__, found))]
        return experiments.labels(tx, project_id)

    # -- making it -----------------------------------------------------------------------------------------------------------------

    def _reset(self) -> None:
        self._columns = Columns()
        self._views: OrderedDict[tuple[Filter, str], View] = OrderedDict()
        self._ready = self._building = False

    def _build(self) -> None:
        """Read everything, some at a time, so that others get their turn."""
        try:
            while self._db.read_now(self._take_in, PIECE):
                pass
        except Exception:
            log.exception("the index of experiments could not be made; the database answers lists until it can")
            with self._lock:
                self._reset()
            return
        with self._lock:
            self._finish()

    def _take_in(self, tx: Tx, limit: int) -> bool:
        columns = self._columns
        rows = experiment_keys.after(tx, columns.ids[-1] if len(columns) else 0, limit)
        for row in rows:
            columns.append(row)
        return len(rows) == limit

    def _finish(self) -> None:
        self._ready, self._building = True, False

    # -- keeping it ----------------------------------------------------------------------------------------------------------------

    def _hear(self, experiment_id: str) -> None:
        if (self._ready or self._building) and experiment_id.isdigit():
            self._heard.append(int(experiment_id))
            if len(self._heard) > HEARD_MAX and self._ready:
                self._ready = False  # nobody asked for a list for long: the next one makes it anew

    def _hear_users(self) -> None:
        self._users_changed = True

    def _catch_up(self, tx: Tx) -> None:
        if self._users_changed:
            self._users_changed = False
            self._rename(experiment_keys.shown_names(tx))
        ids: set[int] = set()
        while self._heard:
            ids.add(self._heard.popleft())
        if not ids:
            return
        try:
            rows = {row.id: row for row in experiment_keys.by_ids(tx, ids)}
        except BaseException:
            self._heard.extend(ids)
            raise
        if any(row.owner_id not in self._columns.names for row in rows.values()):
            self._rename(experiment_keys.shown_names(tx))
        if len(ids) > max(1000, len(self._columns) // 8):
            self._views.clear()
        try:
            for experiment_id in sorted(ids):
                self._apply(experiment_id, rows.get(experiment_id))
        except Exception:
            log.exception("the index of experiments is in disorder and made anew; the database answers until then")
            self._reset()
        if len(self._columns) > 2 * self._columns.alive.count(1) + PIECE:
            self._reset()

    def _apply(self, experiment_id: int, row: KeyRow | None) -> None:
        columns, views = self._columns, self._views.values()
        place = columns.place(experiment_id)
        if place is not None:
            for view in views:
                view.remove(place)
            columns.alive[place] = row is not None
            if row is not None:
                columns.put(place, row)
        elif row is not None:
            place = columns.append(row)
        if row is not None and place is not None:
            for view in views:
                view.add(place)

    def _rename(self, names: dict[int, str]) -> None:
        if names != self._columns.names:
            self._columns.names.clear()
            self._columns.names.update(names)
            for key in [key for key in self._views if key[1] == "user"]:
                del self._views[key]

    def _view(self, wanted: Filter, column: str) -> View:
        key = (wanted, column)
        view = self._views.get(key)
        if view is None:
            base = None if wanted == Filter() else self._view(Filter(), column)
            view = self._views[key] = View(self._columns, wanted, column, base)
            if len(self._views) > VIEWS_MAX:
                self._views.popitem(last=False)
        self._views.move_to_end(key)
        return view


def _picked(base: View, mask: bytes | None) -> "tuple[array[int], int]":
    """The places of a view whose byte is 1, and how many of them have a value."""
    if mask is None:
        return base.found[:], base.filled
    wanted = mask.__getitem__
    front, back = base.found[: base.filled], base.found[base.filled :]
    found = array("I", compress(front, map(wanted, front)))
    filled = len(found)
    found.extend(compress(back, map(wanted, back)))
    return found, filled


def _bounds(shown: Pagination, total: int) -> tuple[int, int]:
    """Where a window starts and ends; one with a limit below -2 goes to the end."""
    return shown.start_index, shown.end_index if shown.end_index >= shown.start_index else total
