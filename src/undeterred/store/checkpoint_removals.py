"""Wishes to remove checkpoints' files, until somebody who can reach the storage has done it."""

import msgspec

from undeterred.store.db import Tx


class RemovalRow(msgspec.Struct, frozen=True):
    """A wish with what it is about; `globs` and `resources` are JSON, `storage` the storage's own configuration (JSON) where it was announced,
    `config` the experiment's."""

    id: int
    uuid: str
    globs: str
    state: str
    resources: str
    task_id: str | None
    experiment_id: int | None
    storage: str | None
    config: str | None


def add(tx: Tx, uuids: list[str], globs: str, user_id: int | None) -> None:
    """Leave a wish for each checkpoint. globs: JSON list of patterns."""
    tx.many(
        "INSERT INTO checkpoint_removals (checkpoint_uuid, globs, user_id, requested_at) VALUES (:uuid, :globs, :user, :now)",
        [{"uuid": uuid, "globs": globs, "user": user_id, "now": tx.now} for uuid in uuids],
    )


def waiting(tx: Tx, limit: int) -> list[RemovalRow]:
    """The oldest wishes."""
    return tx.all(
        RemovalRow,
        "SELECT r.id, c.uuid, r.globs, c.state, c.resources, c.task_id, c.experiment_id, s.config, e.config FROM checkpoint_removals r"
        " JOIN checkpoints c ON c.uuid = r.checkpoint_uuid LEFT JOIN storages s ON s.id = c.storage_id"
        " LEFT JOIN experiments e ON e.id = c.experiment_id ORDER BY r.id LIMIT :limit",
        limit=limit,
    )


def done(tx: Tx, removal_id: int) -> None:
    """The wish is fulfilled, or came to nothing."""
    tx.run("DELETE FROM checkpoint_removals WHERE id = :id", id=removal_id)
