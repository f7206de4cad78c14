"""Rows of templates."""

from typing import Any

import msgspec

from undeterred.store.db import Tx
from undeterred.store.dialect import like_pattern


class TemplateRow(msgspec.Struct, frozen=True):
    """A template; `config` is a JSON object."""

    name: str
    config: str
    workspace_id: int


_SELECT = "SELECT name, config, workspace_id FROM templates t"


def get(tx: Tx, name: str) -> TemplateRow | None:
    return tx.one(TemplateRow, f"{_SELECT} WHERE name = :name", name=name)


def insert(tx: Tx, name: str, config: str, workspace_id: int) -> None:
    tx.run(
        "INSERT INTO templates (name, config, workspace_id) VALUES (:name, :config, :workspace_id)",
        name=name,
        config=config,
        workspace_id=workspace_id,
    )


def update(tx: Tx, name: str, new_name: str, config: str, workspace_id: int) -> None:
    tx.run(
        "UPDATE templates SET name = :new_name, config = :config, workspace_id = :workspace_id WHERE name = :name",
        name=name,
        new_name=new_name,
        config=config,
        workspace_id=workspace_id,
    )


def delete(tx: Tx, name: str) -> None:
    tx.run("DELETE FROM templates WHERE name = :name", name=name)


class Wanted(msgspec.Struct, frozen=True):
    """Which templates a list wants: with this part of a name in any case, of these workspaces; empty ones want all."""

    name: str = ""
    workspace_ids: tuple[int, ...] = ()


def count(tx: Tx, wanted: Wanted) -> int:
    where, params = _where(tx, wanted)
    return int(tx.value(f"SELECT COUNT(*) FROM templates t{where}", **params))


def page(tx: Tx, wanted: Wanted, descending: bool, start: int, size: int) -> list[TemplateRow]:
    """A window of the wanted templates by name in byte order."""
    where, params = _where(tx, wanted)
    order = f"{tx.dialect.by_byte('t.name')} {'DESC' if descending else 'ASC'}"
    return tx.all(TemplateRow, f"{_SELECT}{where} ORDER BY {order} LIMIT :size OFFSET :start", **params, size=size, start=start)


def _where(tx: Tx, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    parts: list[str] = []
    params: dict[str, Any] = {}
    if wanted.name:
        parts.append(tx.dialect.like("t.name", "name"))
        params["name"] = f"%{like_pattern(wanted.name)}%"
    if wanted.workspace_ids:
        parts.append(tx.dialect.member("t.workspace_id", "workspace_ids"))
        params["workspace_ids"] = tx.dialect.bag(wanted.workspace_ids)
    return (" WHERE " + " AND ".join(parts) if parts else ""), params
