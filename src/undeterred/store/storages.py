"""Checkpoint storages: each configuration once."""

from undeterred.store.db import Tx


def ensure(tx: Tx, config: str) -> int:
    """The id of a storage. config: JSON with sorted keys."""
    found = tx.value("SELECT id FROM storages WHERE config = :config", config=config)
    if found is None:
        found = tx.value("INSERT INTO storages (config) VALUES (:config) RETURNING id", config=config)
    return int(found)


def config_of(tx: Tx, storage_id: int) -> str | None:
    """A storage's configuration, JSON; None if there is none."""
    found = tx.value("SELECT config FROM storages WHERE id = :id", id=storage_id)
    return None if found is None else str(found)
