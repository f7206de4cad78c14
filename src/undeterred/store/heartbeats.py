"""Unmanaged trials by their last sign of life."""

from undeterred.store.db import Tx


def silent(tx: Tx, before: int) -> list[tuple[int, int]]:
    """Running trials (id, experiment) of unmanaged experiments that were last heard of before an instant (µs)."""
    return tx.all(
        lambda trial_id, experiment_id: (int(trial_id), int(experiment_id)),
        "SELECT t.id, t.experiment_id FROM trials t JOIN experiments e ON e.id = t.experiment_id"
        " WHERE t.state = 'RUNNING' AND e.unmanaged = 1 AND t.last_activity_at < :before ORDER BY t.id",
        before=before,
    )


def end(tx: Tx, trial_id: int) -> None:
    """The trial has failed when it was last heard of."""
    tx.ring(f"run:{trial_id}")
    tx.run("UPDATE trials SET state = 'ERROR', ended_at = last_activity_at WHERE id = :id", id=trial_id)
