"""Lists of an experiment's trials: filtered by state, sorted, one page."""

from undeterred.store.db import Tx

ORDERS = {
    "id": "t.id",
    "start": "t.started_at",
    "end": "t.ended_at",
    "state": "t.state",
    "batches": "t.total_batches",
    "duration": "COALESCE(t.ended_at, :now) - t.started_at",
    "restarts": "t.restarts",
    "checkpoint_size": "t.checkpoint_size",
    "retention": "t.log_retention_days",
    "best": "t.best_signed",
    "latest": "l.signed",
}
_NAN_LAST = {"best": "t.best_validation_id", "latest": "t.latest_validation_id"}


def count(tx: Tx, experiment_id: int, states: list[str]) -> int:
    """How many trials the list has."""
    where = _where(tx, states)
    return int(tx.value(f"SELECT COUNT(*) FROM trials t WHERE {where}", experiment=experiment_id, **_given(tx, states)))


def page(tx: Tx, experiment_id: int, states: list[str], order: str, descending: bool, start: int, limit: int) -> list[int]:
    """The trials' ids of one page. order: a key of ORDERS; ties by id in the same direction; missing values last going up, first going down;
    a metric that is NaN stands between the numbers and the missing ones."""
    way = "DESC" if descending else "ASC"
    terms = []
    if order in _NAN_LAST:
        terms.append(f"CASE WHEN {ORDERS[order]} IS NOT NULL THEN 0 WHEN {_NAN_LAST[order]} IS NOT NULL THEN 1 ELSE 2 END {way}")
    if order != "id":
        terms.append(f"{_text_order(tx, order)} {way} NULLS {'FIRST' if descending else 'LAST'}")
    terms.append(f"t.id {way}")
    join = " LEFT JOIN metrics l ON l.id = t.latest_validation_id" if order == "latest" else ""
    given = {"now": tx.now} if order == "duration" else {}
    return [
        int(i)
        for i in tx.column(
            f"SELECT t.id FROM trials t{join} WHERE {_where(tx, states)} ORDER BY {', '.join(terms)} LIMIT :limit OFFSET :start",
            experiment=experiment_id,
            limit=limit,
            start=start,
            **given,
            **_given(tx, states),
        )
    ]


def _text_order(tx: Tx, order: str) -> str:
    return tx.dialect.by_byte(ORDERS[order]) if order == "state" else ORDERS[order]


def _where(tx: Tx, states: list[str]) -> str:
    return "t.experiment_id = :experiment" + (f" AND {tx.dialect.member('t.state', 'states', 'text')}" if states else "")


def _given(tx: Tx, states: list[str]) -> dict[str, object]:
    return {"states": tx.dialect.bag(states)} if states else {}
