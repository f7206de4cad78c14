"""Rows of the versions of registered models."""

from typing import Any

import msgspec

from undeterred.store.db import Tx


class VersionRow(msgspec.Struct, frozen=True):
    """A version of a model; `metadata` is a JSON object, `labels` a JSON list."""

    id: int
    model_id: int
    version: int
    checkpoint_uuid: str
    name: str
    comment: str
    notes: str
    labels: str
    metadata: str
    created_at: int
    updated_at: int
    user_id: int
    username: str


_SELECT = (
    "SELECT v.id, v.model_id, v.version, v.checkpoint_uuid, v.name, v.comment, v.notes, v.labels, v.metadata, v.created_at, v.updated_at,"
    " v.user_id, u.username FROM model_versions v JOIN users u ON u.id = v.user_id"
)


def get(tx: Tx, model_id: int, version: int) -> VersionRow | None:
    return tx.one(VersionRow, f"{_SELECT} WHERE v.model_id = :model_id AND v.version = :version", model_id=model_id, version=version)


def page(tx: Tx, model_id: int, by_time: bool, descending: bool, start: int, size: int) -> list[VersionRow]:
    """A window of a model's versions by number, or by the time of registration."""
    way = "DESC" if descending else "ASC"
    order = f"v.created_at {way}, v.version {way}" if by_time else f"v.version {way}"
    sql = f"{_SELECT} WHERE v.model_id = :model_id ORDER BY {order} LIMIT :size OFFSET :start"
    return tx.all(VersionRow, sql, model_id=model_id, size=size, start=start)


def insert(tx: Tx, fields: dict[str, Any]) -> int:
    """A new version's number: one above the model's highest. `fields` are columns of the table."""
    given = {"created_at": tx.now, "updated_at": tx.now, **fields}
    names, values = ", ".join(given), ", ".join(f":{name}" for name in given)
    number = "(SELECT COALESCE(MAX(version), 0) + 1 FROM model_versions WHERE model_id = :model_id)"
    return int(tx.value(f"INSERT INTO model_versions (version, {names}) VALUES ({number}, {values}) RETURNING version", **given))


def update(tx: Tx, row_id: int, fields: dict[str, Any]) -> None:
    """Change columns of a version, updated now."""
    given = {"updated_at": tx.now, **fields}
    tx.run(f"UPDATE model_versions SET {', '.join(f'{name} = :{name}' for name in given)} WHERE id = :row_id", row_id=row_id, **given)


def delete(tx: Tx, row_id: int) -> None:
    tx.run("DELETE FROM model_versions WHERE id = :id", id=row_id)
