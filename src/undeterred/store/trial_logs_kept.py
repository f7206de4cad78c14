"""How long a trial's logs are kept, and since when that counts."""

import msgspec

from undeterred.store.db import Tx


class KeptRow(msgspec.Struct, frozen=True):
    """`days`: of the trial, else of its experiment, None where neither says; `ended_at` (µs): the end of its newest task."""

    days: int | None
    ended_at: int | None


def get(tx: Tx, trial_id: int) -> KeptRow | None:
    """What is said of a trial's logs."""
    return tx.one(
        KeptRow,
        "SELECT COALESCE(t.log_retention_days, e.log_retention_days),"
        " (SELECT k.ended_at FROM tasks k WHERE k.trial_id = t.id ORDER BY k.started_at DESC, k.id DESC LIMIT 1)"
        " FROM trials t JOIN experiments e ON e.id = t.experiment_id WHERE t.id = :id",
        id=trial_id,
    )


def put(tx: Tx, trial_id: int, days: int) -> bool:
    """Keep the logs of a trial's tasks for so many days; false if there is no such trial."""
    found = tx.run("UPDATE trials SET log_retention_days = :days WHERE id = :id", id=trial_id, days=days) == 1
    if found:
        tx.run("UPDATE tasks SET log_retention_days = :days WHERE trial_id = :id", id=trial_id, days=days)
    return found
