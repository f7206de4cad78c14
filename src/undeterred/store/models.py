"""Rows of the model registry's models."""

from typing import Any

import msgspec

from undeterred.store.db import Tx
from undeterred.store.dialect import like_pattern


class ModelRow(msgspec.Struct, frozen=True):
    """A model; `metadata` is a JSON object, `labels` a JSON list."""

    id: int
    name: str
    description: str
    metadata: str
    labels: str
    notes: str
    created_at: int
    updated_at: int
    archived: int
    user_id: int
    username: str
    workspace_id: int
    num_versions: int


_VERSIONS = "(SELECT COUNT(*) FROM model_versions v WHERE v.model_id = m.id)"
_FROM = " FROM models m JOIN users u ON u.id = m.user_id"
_SELECT = (
    "SELECT m.id, m.name, m.description, m.metadata, m.labels, m.notes, m.created_at, m.updated_at, m.archived, m.user_id, u.username,"
    f" m.workspace_id, {_VERSIONS}{_FROM}"
)


def by_id(tx: Tx, model_id: int) -> ModelRow | None:
    return tx.one(ModelRow, f"{_SELECT} WHERE m.id = :id", id=model_id)


def by_name(tx: Tx, name: str) -> ModelRow | None:
    return tx.one(ModelRow, f"{_SELECT} WHERE m.name = :name", name=name)


def insert(tx: Tx, fields: dict[str, Any]) -> int:
    """A new model's id; `fields` are columns of the table."""
    given = {"created_at": tx.now, "updated_at": tx.now, **fields}
    names, values = ", ".join(given), ", ".join(f":{name}" for name in given)
    return int(tx.value(f"INSERT INTO models ({names}) VALUES ({values}) RETURNING id", **given))


def update(tx: Tx, model_id: int, fields: dict[str, Any]) -> None:
    """Change columns of a model, updated now."""
    given = {"updated_at": tx.now, **fields}
    tx.run(f"UPDATE models SET {', '.join(f'{name} = :{name}' for name in given)} WHERE id = :model_id", model_id=model_id, **given)


def delete(tx: Tx, model_id: int) -> None:
    """Remove a model with its versions."""
    tx.run("DELETE FROM model_versions WHERE model_id = :id", id=model_id)
    tx.run("DELETE FROM models WHERE id = :id", id=model_id)


def labels(tx: Tx, workspace_id: int | None) -> list[str]:
    """The labels of all models, or of a workspace's, as they are kept: one JSON list a model that has any."""
    where = "" if workspace_id is None else " AND workspace_id = :workspace_id"
    params = {} if workspace_id is None else {"workspace_id": workspace_id}
    return tx.column(f"SELECT labels FROM models WHERE labels <> '[]'{where}", **params)


class Wanted(msgspec.Struct, frozen=True):
    """Which models a list wants; None, 0 and empty ones want all. `name` and `description` are parts in any case, with wildcards;
    a model has one of `labels`."""

    id: int = 0
    name: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()
    archived: bool | None = None
    users: tuple[str, ...] = ()
    user_ids: tuple[int, ...] = ()
    workspace_ids: tuple[int, ...] = ()


def count(tx: Tx, wanted: Wanted) -> int:
    where, params = _where(tx, wanted)
    return int(tx.value(f"SELECT COUNT(*){_FROM}{where}", **params))


def page(tx: Tx, wanted: Wanted, sort_by: str, descending: bool, start: int, size: int) -> list[ModelRow]:
    """A window of the wanted models; `sort_by` is the wire's name of an order, ties by id in the same direction."""
    where, params = _where(tx, wanted)
    expressions = {
        "SORT_BY_NAME": tx.dialect.by_byte("m.name"),
        "SORT_BY_DESCRIPTION": tx.dialect.by_byte("m.description"),
        "SORT_BY_CREATION_TIME": "m.created_at",
        "SORT_BY_LAST_UPDATED_TIME": "m.updated_at",
        "SORT_BY_NUM_VERSIONS": _VERSIONS,
        "SORT_BY_WORKSPACE": "m.workspace_id",
    }
    way = "DESC" if descending else "ASC"
    found = expressions.get(sort_by)
    order = f"{found} {way}, m.id {way}" if found else f"m.id {way}"
    return tx.all(ModelRow, f"{_SELECT}{where} ORDER BY {order} LIMIT :size OFFSET :start", **params, size=size, start=start)


def _where(tx: Tx, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    parts: list[str] = []
    params: dict[str, Any] = {}
    if wanted.id:
        parts.append("m.id = :id")
        params["id"] = wanted.id
    for column in ("name", "description"):
        if text := getattr(wanted, column):
            parts.append(tx.dialect.like(f"m.{column}", column))
            params[column] = f"%{like_pattern(text)}%"
    if wanted.labels:
        names = [f"label_{number}" for number in range(len(wanted.labels))]
        parts.append("(" + " OR ".join(tx.dialect.json_has("m.labels", name) for name in names) + ")")
        params |= dict(zip(names, wanted.labels, strict=True))
    if wanted.archived is not None:
        parts.append("m.archived = :archived")
        params["archived"] = int(wanted.archived)
    for column, name, kind in (
        ("u.username", "users", "text"),
        ("m.user_id", "user_ids", "int"),
        ("m.workspace_id", "workspace_ids", "int"),
    ):
        if values := getattr(wanted, name):
            parts.append(tx.dialect.member(column, name, kind))
            params[name] = tx.dialect.bag(values)
    return (" WHERE " + " AND ".join(parts) if parts else ""), params
