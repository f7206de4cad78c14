"""A table that is searched: how many rows a filter finds, and a window of them in order."""

import re
from typing import Any

from undeterred.domain.query.filters import Filter
from undeterred.domain.query.sorts import Key
from undeterred.store.db import Tx
from undeterred.store.search_terms import Columns, Ordered, Terms

_NOW = re.compile(r":now\b")
_ELSEWHERE = {"sessions": re.compile(r"\bFROM users\b"), "places": re.compile(r"\b[pw]\.")}
"""What a search looks at besides runs and experiments, by the topic that rings when it changes."""


class TablePage:
    """One search, to be counted and read. Raises InvalidArgument for what cannot be compared or sorted by.

    tables: the FROM clause; id_sql: the id, last word of every order; fixed: conditions that always hold; hidden: the one that shows only what is
    not archived, used where a filter does not ask for all; touched: a query of the rows' ids, of bags `:runs` and `:experiments` that have changed."""

    def __init__(
        self,
        tx: Tx,
        terms: Terms,
        tables: str,
        id_sql: str,
        fixed: list[str],
        hidden: str,
        wanted: Filter | None,
        order: tuple[Key, ...],
        sortable: Columns,
        hparams: str,
        touched: str,
    ) -> None:
        conditions = list(fixed)
        if wanted is not None:
            conditions.append(terms.where(wanted.where))
            conditions += [] if wanted.show_archived else [hidden]
        self.order = terms.order(order, sortable, hparams)
        if not any(key.kind == "column" and key.path == ("id",) for key in order):
            self.order.append(Ordered(id_sql, False))
        where = " AND ".join(conditions)
        self._tx, self._id, self._touched = tx, id_sql, touched
        self._from = tables + (f" WHERE {where}" if where else "")
        self._order = ", ".join(term.text for term in self.order)
        self._params = terms.params | {"now": tx.now}
        said = f"{where} {self._order}"
        self.topics = frozenset(topic for topic, looks in _ELSEWHERE.items() if looks.search(said))
        comparable = tx.dialect.orders_plainly or not any(key.kind in ("hp", "metadata") for key in order)
        self.lasting = comparable and not _NOW.search(said) and tx.now not in terms.params.values()
        """Whether what is found stays so until a run or an experiment or one of `topics` rings, in an order that `keys` show."""
        self.name = f"{self._from} ORDER BY {self._order} {terms.params!r}"
        """The same for the same search."""

    def count(self) -> int:
        """How many there are."""
        return int(self._tx.value(f"SELECT COUNT(*){self._from}", **self._params))

    def ids(self, offset: int, limit: int) -> list[int]:
        """The ids of a window, in order; limit -1: to the end."""
        sql = f"SELECT {self._id}{self._from} ORDER BY {self._order} LIMIT :limit OFFSET :offset"
        return self._tx.column(sql, limit=limit if limit >= 0 else 2**62, offset=offset, **self._params)

    def touched(self, runs: set[int], experiments: set[int]) -> set[int]:
        """The rows that may look different when these have changed or are gone."""
        dialect = self._tx.dialect
        mine = runs if self._id == "b.id" else experiments
        found = self._tx.column(self._touched, runs=dialect.bag(list(runs)), experiments=dialect.bag(list(experiments)))
        return mine.union(found)

    def keys(self, ids: list[int]) -> dict[int, tuple[Any, ...]]:
        """Those of these rows that are found, each with what it is sorted by, in the order of `order`."""
        columns = ", ".join(term.sql for term in self.order)
        sql = f"SELECT {self._id}, {columns}{self._from}{' AND ' if ' WHERE ' in self._from else ' WHERE '}"
        sql += self._tx.dialect.member(self._id, "among")
        return dict(self._tx.all(lambda row, *values: (int(row), values), sql, among=self._tx.dialect.bag(ids), **self._params))
