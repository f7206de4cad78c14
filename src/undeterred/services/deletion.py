"""Experiments that go for good: first their files (the sweep loop's work), then their rows."""

from undeterred.store import collections, lives
from undeterred.store import deletion as rows
from undeterred.store.collections import CollectionRow
from undeterred.store.db import Tx
from undeterred.terms import ExperimentState

TRIES_SHOWN = 3  # after so many failures a deletion is shown as failed; it is tried again all the same


def carried_out(tx: Tx, wish: CollectionRow) -> None:
    """The files are gone."""
    collections.done(tx, wish.id)
    if wish.kind == "experiment" and wish.experiment_id is not None:
        rows.experiment(tx, wish.experiment_id)
        tx.ring("experiment-index", f"experiment:{wish.experiment_id}")


def failed(tx: Tx, wish: CollectionRow, error: str, retry_at: int) -> None:
    """The files could not be removed now."""
    collections.postpone(tx, wish.id, error, retry_at)
    if wish.kind == "experiment" and wish.experiment_id is not None and wish.tries + 1 >= TRIES_SHOWN:
        lives.move_experiment(tx, wish.experiment_id, ExperimentState.DELETING, ExperimentState.DELETE_FAILED)
