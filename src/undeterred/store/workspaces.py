"""Rows of workspaces, with what is counted in them and whether the one who asks has pinned them."""

from typing import Any

import msgspec

from undeterred.store.db import Tx
from undeterred.store.dialect import like_pattern


class WorkspaceRow(msgspec.Struct, frozen=True):
    """A workspace as one user sees it; `agent_user_group` and `checkpoint_storage` are JSON text."""

    id: int
    name: str
    archived: int
    immutable: int
    user_id: int
    username: str
    state: str
    error_message: str
    agent_user_group: str | None
    checkpoint_storage: str | None
    default_compute_pool: str
    default_aux_pool: str
    pinned_at: int | None
    num_projects: int
    num_experiments: int


_FROM = " FROM workspaces w JOIN users u ON u.id = w.user_id LEFT JOIN workspace_pins n ON n.workspace_id = w.id AND n.user_id = :viewer"
_SELECT = (
    "SELECT w.id, w.name, w.archived, w.immutable, w.user_id, u.username, w.state, w.error_message, w.agent_user_group, w.checkpoint_storage,"
    " w.default_compute_pool, w.default_aux_pool, n.pinned_at, (SELECT COUNT(*) FROM projects p WHERE p.workspace_id = w.id),"
    " (SELECT COUNT(*) FROM experiments e JOIN projects p ON p.id = e.project_id WHERE p.workspace_id = w.id)" + _FROM
)


def get(tx: Tx, workspace_id: int, viewer: int) -> WorkspaceRow | None:
    """A workspace as `viewer` (a user's id) sees it."""
    return tx.one(WorkspaceRow, f"{_SELECT} WHERE w.id = :id", id=workspace_id, viewer=viewer)


def exists(tx: Tx, workspace_id: int) -> bool:
    """Whether there is such a workspace."""
    return tx.value("SELECT 1 FROM workspaces WHERE id = :id", id=workspace_id) is not None


def id_of(tx: Tx, name: str) -> int | None:
    """The id of the workspace of exactly that name."""
    found = tx.value("SELECT id FROM workspaces WHERE name = :name", name=name)
    return None if found is None else int(found)


def insert(tx: Tx, fields: dict[str, Any]) -> int:
    """A new workspace's id; `fields` are columns of the table."""
    given = {"created_at": tx.now, **fields}
    names, values = ", ".join(given), ", ".join(f":{name}" for name in given)
    return int(tx.value(f"INSERT INTO workspaces ({names}) VALUES ({values}) RETURNING id", **given))


def update(tx: Tx, workspace_id: int, fields: dict[str, Any]) -> None:
    """Change columns of a workspace."""
    tx.ring("places")
    tx.run(
        f"UPDATE workspaces SET {', '.join(f'{name} = :{name}' for name in fields)} WHERE id = :workspace_id",
        workspace_id=workspace_id,
        **fields,
    )


def delete(tx: Tx, workspace_id: int) -> None:
    """Remove a workspace that holds no projects and no models, with its pins and templates."""
    for table in ("workspace_pins", "templates"):
        tx.run(f"DELETE FROM {table} WHERE workspace_id = :id", id=workspace_id)
    tx.run("DELETE FROM workspaces WHERE id = :id", id=workspace_id)
    tx.ring("places")


def pin(tx: Tx, workspace_id: int, user_id: int) -> int:
    """Pin for a user; 0 if it was pinned."""
    return tx.run(
        "INSERT INTO workspace_pins (workspace_id, user_id, pinned_at) VALUES (:id, :user_id, :now) ON CONFLICT DO NOTHING",
        id=workspace_id,
        user_id=user_id,
        now=tx.now,
    )


def unpin(tx: Tx, workspace_id: int, user_id: int) -> int:
    """Unpin for a user; 0 if it was not pinned."""
    return tx.run("DELETE FROM workspace_pins WHERE workspace_id = :id AND user_id = :user_id", id=workspace_id, user_id=user_id)


class Wanted(msgspec.Struct, frozen=True):
    """Which workspaces a list wants. `name` is the whole name in any case, with wildcards; None and empty ones want all."""

    viewer: int
    name: str = ""
    exact_name: str = ""
    archived: bool | None = None
    pinned: bool | None = None
    users: tuple[str, ...] = ()
    user_ids: tuple[int, ...] = ()


def count(tx: Tx, wanted: Wanted) -> int:
    where, params = _where(tx, wanted)
    return int(tx.value(f"SELECT COUNT(*){_FROM}{where}", **params))


def page(tx: Tx, wanted: Wanted, by_name: bool, descending: bool, start: int, size: int) -> list[WorkspaceRow]:
    """A window of the wanted workspaces by name (in byte order) or id."""
    where, params = _where(tx, wanted)
    way = "DESC" if descending else "ASC"
    order = f"{tx.dialect.by_byte('w.name')} {way}, w.id {way}" if by_name else f"w.id {way}"
    return tx.all(WorkspaceRow, f"{_SELECT}{where} ORDER BY {order} LIMIT :size OFFSET :start", **params, size=size, start=start)


def _where(tx: Tx, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    parts: list[str] = []
    params: dict[str, Any] = {"viewer": wanted.viewer}
    if wanted.name:
        parts.append(tx.dialect.like("w.name", "name"))
        params["name"] = like_pattern(wanted.name)
    if wanted.exact_name:
        parts.append("w.name = :exact_name")
        params["exact_name"] = wanted.exact_name
    if wanted.archived is not None:
        parts.append("w.archived = :archived")
        params["archived"] = int(wanted.archived)
    if wanted.pinned is not None:
        parts.append(f"n.pinned_at IS {'NOT ' if wanted.pinned else ''}NULL")
    if wanted.users:
        parts.append(tx.dialect.member("u.username", "users", "text"))
        params["users"] = tx.dialect.bag(wanted.users)
    if wanted.user_ids:
        parts.append(tx.dialect.member("w.user_id", "user_ids"))
        params["user_ids"] = tx.dialect.bag(wanted.user_ids)
    return (" WHERE " + " AND ".join(parts) if parts else ""), params
