"""How an experiment's best validation got better."""

import msgspec

from undeterred.store.db import Tx


class RecordRow(msgspec.Struct, frozen=True):
    """A validation that was better than all before; `signed`: smaller is better."""

    trial_id: int
    reported_at: int | None
    signed: float


def records(tx: Tx, experiment_id: int) -> list[RecordRow]:
    """The validations that were better than all before, oldest first."""
    sql = (
        "SELECT trial_id, reported_at, signed FROM (SELECT m.id, m.trial_id, m.reported_at, m.signed,"
        " MIN(m.signed) OVER (ORDER BY m.reported_at, m.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS best"
        " FROM trials t JOIN metrics m ON m.trial_id = t.id"
        " WHERE t.experiment_id = :id AND m.archived = 0 AND m.profiling = 0 AND m.metric_group = 'validation' AND m.signed IS NOT NULL) AS seen"
        " WHERE best IS NULL OR signed < best ORDER BY reported_at, id"
    )
    return tx.all(RecordRow, sql, id=experiment_id)


def smaller_is_better(tx: Tx, experiment_id: int) -> bool | None:
    """Which way an experiment's metric is better; None where there is no such experiment."""
    found = tx.value("SELECT smaller_is_better FROM experiments WHERE id = :id", id=experiment_id)
    return None if found is None else bool(found)
