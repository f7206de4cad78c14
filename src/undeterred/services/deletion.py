"""Experiments that go for good: first their files (the sweep loop's work), then their rows."""

from undeterred.store import collections, lives
from undeterred.store import deletion as rows
from undeterred.store.collections import CollectionRow
from undeterred.store.db import Tx
from undeterred.terms import ExperimentState

BATCH = 5000
TRIES_SHOWN = 3  # after so many failures a deletion is shown as failed; it is tried again all the same


def carried_out(tx: Tx, wish: CollectionRow, batch: int = BATCH) -> bool:
    """The files are gone; with those of a whole experiment its rows go too, `batch` at a time. True once nothing is left to do."""
    if wish.kind == "experiment" and wish.experiment_id is not None:
        if not rows.reports(tx, wish.experiment_id, batch):
            return False
        rows.experiment(tx, wish.experiment_id)
    collections.done(tx, wish.id)
    return True


def failed(tx: Tx, wish: CollectionRow, error: str, retry_at: int) -> None:
    """The files could not be removed now."""
    collections.postpone(tx, wish.id, error, retry_at)
    if wish.kind == "experiment" and wish.experiment_id is not None and wish.tries + 1 >= TRIES_SHOWN:
        lives.move_experiment(tx, wish.experiment_id, ExperimentState.DELETING, ExperimentState.DELETE_FAILED)
