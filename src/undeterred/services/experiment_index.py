"""Which experiments a list shows, found in memory: a page and the exact total cost the same however many experiments there are.

A cache: it is made at the first list (in the background where there are many; until then the database answers), brought up to date at every list by
the experiments that rang since, and may be dropped at any moment. It has every order (`experiment_orders`), and the filters that were asked for last
(`experiment_masks`); a change costs those of them that are asked for.
"""

import ctypes
import logging
import threading
from array import array
from collections.abc import Callable
from contextlib import suppress
from itertools import compress
from typing import Any, TypeVar

from undeterred.services.experiment_columns import Columns
from undeterred.services.experiment_masks import Masks, Wanted, sorted_values
from undeterred.services.experiment_orders import IdOrder, Order
from undeterred.store import experiment_keys, experiment_list, experiments
from undeterred.store.db import Database, Tx
from undeterred.store.experiment_keys import KeyRow
from undeterred.store.experiment_list import SORTS, Filter, Sort
from undeterred.wire.common import Pagination

log = logging.getLogger("undeterred.services.experiment_index")
Window = Callable[[int, int, int], Pagination]
Found = TypeVar("Found")
AT_ONCE = 2000  # so many are read within a request
PIECE = 1000
PAGES_MAX = 32
LATE_MAX = 1000  # changes that an order leaves for whoever asks for it
HEARD_MAX = 50_000


class ExperimentIndex:
    """Finds windows of lists; used by readers' threads, one at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._heard: set[int] = set()  # filled by the event loop, emptied one by one: nothing is lost in between
        self._users_changed = True
        self._ready = False
        self._building = False
        self._reset()
        db.bell.family("experiment", self._hear)
        db.bell.always("sessions", self._hear_users)

    def window(self, tx: Tx, wanted: Filter, sort: Sort, offset: int, limit: int, window: Window) -> tuple[int, list[int]]:
        """How many experiments are wanted, and the ids of those in the window. `refresh` must have been the transaction's first reading."""
        with self._lock:
            found = self._guarded(self._wanted, wanted)
            if found is not None:
                start, end = _bounds(window(offset, limit, found.total), found.total)
                ids = self._guarded(self._ids, found, wanted, sort, start, end)
                if ids is not None:
                    return found.total, ids
        total = experiment_list.count(tx, wanted)
        start, end = _bounds(window(offset, limit, total), total)
        return total, experiment_list.ids(tx, wanted, sort, start, end - start) if end > start else []

    def refresh(self, tx: Tx) -> None:
        """Take in what has changed. To be called before the transaction reads anything else: what rings later is then seen the next time."""
        with self._lock:
            if self._ready and len(self._heard) > max(PIECE, len(self._columns) // 50):
                self._reset()  # so much is sooner read anew
            if self._ready:
                self._catch_up(tx)
            elif not self._building:
                self._begin(tx)

    def labels(self, tx: Tx, project_id: int) -> list[str]:
        """The JSON lists of labels that a project's experiments have, each once; project_id 0: everybody's. `refresh` as above."""
        with self._lock:
            found = self._guarded(self._wanted, Filter(project_id=project_id))
            if found is not None:
                labels = self._columns.labels
                codes = set(labels.codes if found.mask is None else compress(labels.codes, found.mask))
                return [labels.values[code] for code in codes]
        return experiments.labels(tx, project_id)

    def _wanted(self, wanted: Filter) -> Wanted:
        return self._masks.of(wanted)

    def _ids(self, found: Wanted, wanted: Filter, sort: Sort, start: int, end: int) -> list[int]:
        asked = (wanted, sort, start, end)
        if asked not in self._pages:
            values = sorted_values(self._columns, wanted, sort.column)
            places = self._order(sort.column).window(found.mask, found.total, values, sort.descending, start, end)
            if len(self._pages) >= PAGES_MAX:
                self._pages.clear()
            self._pages[asked] = array("q", map(self._columns.ids.__getitem__, places))
        return self._pages[asked].tolist()

    def _guarded(self, find: Callable[..., Found], *args: Any) -> Found | None:
        """What is found; None if nothing can be: the database answers then."""
        if not self._ready:
            return None
        try:
            return find(*args)
        except Exception:
            log.exception("the index of experiments is in disorder and made anew; the database answers until then")
            self._reset()
            return None

    # -- making it -----------------------------------------------------------------------------------------------------------------

    def _reset(self) -> None:
        self._columns = Columns()
        self._masks = Masks(self._columns)
        self._orders: dict[str, Order | IdOrder] = {}
        self._pages: dict[tuple[Filter, Sort, int, int], array[int]] = {}  # since the last change
        self._ready = self._building = False

    def _begin(self, tx: Tx) -> None:
        self._reset()
        self._building = True
        self._heard.clear()  # what has rung is seen by the first reading; what rings from now on is for the next turn, which reads anew
        try:
            if experiment_keys.highest(tx) > AT_ONCE:
                threading.Thread(target=self._build, name="experiment-index", daemon=True).start()
                return
            self._rename(experiment_keys.shown_names(tx))
            self._take_in(tx, AT_ONCE)
            self._sort()
        except BaseException:
            self._reset()
            raise
        self._finish()

    def _build(self) -> None:
        """Read and sort everything, some at a time, so that others get their turn."""
        try:
            self._rename(self._db.read_now(experiment_keys.shown_names))
            while self._db.read_now(self._take_in, PIECE):
                pass
            self._sort()
            _tidy()
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

    def _sort(self) -> None:
        self._columns.name.texts.read()
        for column in SORTS:
            self._order(column)

    def _finish(self) -> None:
        self._ready, self._building = True, False

    # -- keeping it ----------------------------------------------------------------------------------------------------------------

    def _hear(self, experiment_id: str) -> None:
        if (self._ready or self._building) and experiment_id.isdigit():
            self._heard.add(int(experiment_id))
            if len(self._heard) > HEARD_MAX and self._ready:
                self._ready = False  # nobody asked for a list for long: the next one makes it anew

    def _hear_users(self) -> None:
        self._users_changed = True

    def _catch_up(self, tx: Tx) -> None:
        ids: set[int] = set()  # taken before the first reading: what rings after it may not be seen by this transaction
        while self._heard:
            ids.add(self._heard.pop())
        users_changed, self._users_changed = self._users_changed, False
        try:
            if users_changed:
                self._rename(experiment_keys.shown_names(tx))
            rows = {row.id: row for row in experiment_keys.by_ids(tx, ids)} if ids else {}
        except BaseException:
            self._heard.update(ids)
            self._users_changed |= users_changed
            raise
        if not ids:
            return
        if any(row.owner_id not in self._columns.names for row in rows.values()):
            self._rename(experiment_keys.shown_names(tx))
        self._guarded(self._apply_all, sorted(ids), rows)
        if self._columns.kept > 2 * self._columns.living + PIECE:
            self._reset()

    def _apply_all(self, ids: list[int], rows: dict[int, KeyRow]) -> None:
        for experiment_id in ids:
            self._apply(experiment_id, rows.get(experiment_id))
        latest = max(self._orders.values(), key=lambda order: order.late)
        if latest.late > LATE_MAX:  # one at a time: so nobody waits for all of them
            latest.catch_up()

    def _apply(self, experiment_id: int, row: KeyRow | None) -> None:
        columns, orders = self._columns, self._orders
        place = columns.place(experiment_id)
        if place is None:
            if row is None:
                return
            place = columns.append(row)
            for order in orders.values():
                order.comes(place)
        elif row is None:
            if not columns.alive[place]:
                return
            for order in orders.values():
                order.goes(place)
            columns.set_alive(place, False)
        elif not columns.alive[place]:
            columns.put(place, row)
            columns.set_alive(place, True)
            for order in orders.values():
                order.comes(place)
        else:
            before = columns.put(place, row)
            for name in before.keys() & orders.keys():
                orders[name].moves(place, before[name])
            if not before:
                return
        self._masks.changes(place)
        self._pages.clear()

    def _rename(self, names: dict[int, str]) -> None:
        known = self._columns.names
        if any(names.get(owner) != known.get(owner) for owner in self._columns.owner.values):
            self._orders.pop("user", None)
            self._pages.clear()
        known.clear()
        known.update(names)

    def _order(self, column: str) -> Order | IdOrder:
        order = self._orders.get(column)
        if order is None:
            order = self._orders[column] = IdOrder(self._columns) if column == "id" else Order(self._columns, column)
        return order


def _tidy() -> None:
    """Give the system back what reading and sorting took for a while: glibc would keep it."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def _bounds(shown: Pagination, total: int) -> tuple[int, int]:
    """Where a window starts and ends; one with a limit below -2 goes to the end."""
    return shown.start_index, shown.end_index if shown.end_index >= shown.start_index else total
