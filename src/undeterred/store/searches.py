"""The searches of experiments: their state as `domain.search` writes it."""

from undeterred.store.db import Tx


def insert(tx: Tx, experiment_id: int, state: str) -> None:
    """A new search."""
    tx.run("INSERT INTO searches (experiment_id, state) VALUES (:id, :state)", id=experiment_id, state=state)


def state(tx: Tx, experiment_id: int) -> str | None:
    """The state of a search; None where there is none."""
    found = tx.value("SELECT state FROM searches WHERE experiment_id = :id", id=experiment_id)
    return None if found is None else str(found)


def store(tx: Tx, experiment_id: int, state: str) -> None:
    """The state after some events."""
    tx.run("UPDATE searches SET state = :state WHERE experiment_id = :id", id=experiment_id, state=state)


def set_progress(tx: Tx, experiment_id: int, progress: float) -> None:
    """How far the search is, 0..1, as the experiment shows it."""
    tx.run("UPDATE experiments SET progress = :progress, progress_nan = 0 WHERE id = :id", progress=progress, id=experiment_id)
    tx.ring(f"experiment:{experiment_id}")
