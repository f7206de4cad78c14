"""Deleting experiments: DELETING until nothing is left to collect, then the rows go, some thousands a commit, and the experiment last.

`step` is called by the delete itself and by whoever finds an experiment DELETING: again and again until it says that it is done.
"""

from undeterred.store import experiment_deletion as rows
from undeterred.store.db import Tx

BATCH = 5000


def is_registered(tx: Tx, experiment_id: int) -> bool:
    """Whether a model version holds one of its checkpoints."""
    return rows.is_registered(tx, experiment_id)


def step(tx: Tx, experiment_id: int, batch: int = BATCH) -> bool:
    """Go on deleting an experiment that is DELETING, at most `batch` rows; true when it is gone, or waits for its files to be collected."""
    found = rows.doomed(tx, experiment_id)
    if found is None:
        return True
    if rows.has_files(tx, experiment_id):
        tx.ring("sweep")
        return True
    if not rows.drop_reports(tx, experiment_id, batch):
        tx.ring("sweep", f"experiment:{experiment_id}")
        return False
    rows.drop(tx, found)
    tx.ring(f"experiment:{experiment_id}", "sessions")
    return True
