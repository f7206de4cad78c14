"""Unmanaged trials that fell silent: they have failed, at the moment they were last heard of."""

from undeterred.services import trials as verbs
from undeterred.store import heartbeats
from undeterred.store.db import Tx


def lapse(tx: Tx, silence_us: int) -> int:
    """End every running unmanaged trial that was silent for too long; how many."""
    silent = heartbeats.silent(tx, tx.now - silence_us)
    for trial_id, _experiment_id in silent:
        heartbeats.end(tx, trial_id)
    for experiment_id in {experiment_id for _trial_id, experiment_id in silent}:
        verbs.settle_unmanaged(tx, experiment_id)
        tx.ring(f"experiment:{experiment_id}")
    return len(silent)
