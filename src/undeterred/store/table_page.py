"""A table that is searched: how many rows a filter finds, and a window of them in order."""

from undeterred.domain.query.filters import Filter
from undeterred.domain.query.sorts import Key
from undeterred.store.db import Tx
from undeterred.store.search_terms import Columns, Terms


class TablePage:
    """One search, to be counted and read. Raises InvalidArgument for what cannot be compared or sorted by.

    tables: the FROM clause; id_sql: the id, last word of every order; fixed: conditions that always hold; hidden: the one that shows only what is
    not archived, used where a filter does not ask for all."""

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
    ) -> None:
        conditions = list(fixed)
        if wanted is not None:
            conditions.append(terms.where(wanted.where))
            conditions += [] if wanted.show_archived else [hidden]
        sorted_by = terms.order(order, sortable, hparams)
        if not any(key.kind == "column" and key.path == ("id",) for key in order):
            sorted_by += f"{', ' if sorted_by else ''}{id_sql} ASC"
        self._tx, self._id, self._order = tx, id_sql, sorted_by
        self._from = tables + (" WHERE " + " AND ".join(conditions) if conditions else "")
        self._params = terms.params | {"now": tx.now}

    def count(self) -> int:
        """How many there are."""
        return int(self._tx.value(f"SELECT COUNT(*){self._from}", **self._params))

    def ids(self, offset: int, limit: int) -> list[int]:
        """The ids of a window, in order; limit -1: to the end."""
        sql = f"SELECT {self._id}{self._from} ORDER BY {self._order} LIMIT :limit OFFSET :offset"
        return self._tx.column(sql, limit=limit if limit >= 0 else 2**62, offset=offset, **self._params)
