"""What the cluster knows of itself by name."""

from undeterred.store.db import Tx


def get(tx: Tx, name: str) -> str | None:
    found = tx.value("SELECT value FROM facts WHERE name = :name", name=name)
    return None if found is None else str(found)


def everything(tx: Tx) -> dict[str, str]:
    """All facts by name."""
    return dict(tx.all(lambda name, value: (str(name), str(value)), "SELECT name, value FROM facts"))


def put(tx: Tx, name: str, value: str) -> None:
    """Note a fact in place of the one that was."""
    tx.run("INSERT INTO facts (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value", name=name, value=value)


def remove(tx: Tx, name: str) -> None:
    tx.run("DELETE FROM facts WHERE name = :name", name=name)
