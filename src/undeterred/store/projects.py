"""Rows of projects, with what is counted in them."""

from typing import Any

import msgspec

from undeterred.store.db import Tx
from undeterred.store.dialect import like_pattern


class ProjectRow(msgspec.Struct, frozen=True):
    """A project with facts of its workspace; `notes` is a JSON list of {name, contents}."""

    id: int
    name: str
    workspace_id: int
    description: str
    archived: int
    immutable: int
    user_id: int
    notes: str
    state: str
    error_message: str
    key: str
    username: str
    workspace_name: str
    workspace_archived: int
    workspace_user_id: int
    last_started_at: int | None
    num_experiments: int
    num_active: int
    num_runs: int


_FROM = " FROM projects p JOIN users u ON u.id = p.user_id JOIN workspaces w ON w.id = p.workspace_id"
_LAST = "(SELECT MAX(e.started_at) FROM experiments e WHERE e.project_id = p.id)"
_SELECT = (
    "SELECT p.id, p.name, p.workspace_id, p.description, p.archived, p.immutable, p.user_id, p.notes, p.state, p.error_message, p.key, u.username,"
    f" w.name, w.archived, w.user_id, {_LAST},"
    " (SELECT COUNT(*) FROM experiments e WHERE e.project_id = p.id),"
    " (SELECT COUNT(*) FROM experiments e WHERE e.project_id = p.id AND e.state = 'ACTIVE'),"
    " (SELECT COUNT(*) FROM trials t JOIN experiments e ON e.id = t.experiment_id WHERE e.project_id = p.id)" + _FROM
)


def get(tx: Tx, project_id: int) -> ProjectRow | None:
    return tx.one(ProjectRow, f"{_SELECT} WHERE p.id = :id", id=project_id)


def by_key(tx: Tx, key: str) -> ProjectRow | None:
    """The project with a key (in capitals)."""
    return tx.one(ProjectRow, f"{_SELECT} WHERE p.key = :key", key=key)


def id_of(tx: Tx, workspace_id: int, name: str) -> int | None:
    """The id of the project of exactly that name in a workspace."""
    found = tx.value("SELECT id FROM projects WHERE workspace_id = :workspace_id AND name = :name", workspace_id=workspace_id, name=name)
    return None if found is None else int(found)


def exists(tx: Tx, project_id: int) -> bool:
    """Whether there is such a project."""
    return tx.value("SELECT 1 FROM projects WHERE id = :id", id=project_id) is not None


def id_by_key(tx: Tx, key: str) -> int | None:
    """The project that has a key now."""
    found = tx.value("SELECT id FROM projects WHERE key = :key", key=key)
    return None if found is None else int(found)


def id_by_former_key(tx: Tx, key: str) -> int | None:
    """The project whose runs are or were known by a key."""
    found = tx.value("SELECT project_id FROM former_keys WHERE key = :key", key=key)
    return None if found is None else int(found)


def note_look(tx: Tx, user_id: int, project_id: int) -> None:
    """A user looked at a project now."""
    tx.run(
        "INSERT INTO user_activity (user_id, kind, entity, entity_id, seen_at) VALUES (:user_id, 'GET', 'PROJECT', :id, :now)"
        " ON CONFLICT (user_id, entity, entity_id, kind) DO UPDATE SET seen_at = excluded.seen_at",
        user_id=user_id,
        id=project_id,
        now=tx.now,
    )


def ids_in(tx: Tx, workspace_id: int) -> list[int]:
    return tx.column("SELECT id FROM projects WHERE workspace_id = :id ORDER BY id", id=workspace_id)


def seen_by(tx: Tx, user_id: int, limit: int) -> list[ProjectRow]:
    """The projects a user looked at, the latest first."""
    return tx.all(
        ProjectRow,
        f"{_SELECT} JOIN user_activity a ON a.entity_id = p.id WHERE a.user_id = :user_id AND a.entity = 'PROJECT' AND a.kind = 'GET'"
        " ORDER BY a.seen_at DESC, p.id DESC LIMIT :limit",
        user_id=user_id,
        limit=limit,
    )


def insert(tx: Tx, fields: dict[str, Any]) -> int:
    """A new project's id; `fields` are columns of the table."""
    given = {"created_at": tx.now, **fields}
    names, values = ", ".join(given), ", ".join(f":{name}" for name in given)
    return int(tx.value(f"INSERT INTO projects ({names}) VALUES ({values}) RETURNING id", **given))


def update(tx: Tx, project_id: int, fields: dict[str, Any]) -> None:
    """Change columns of a project."""
    tx.ring("places")
    tx.run(
        f"UPDATE projects SET {', '.join(f'{name} = :{name}' for name in fields)} WHERE id = :project_id", project_id=project_id, **fields
    )


def remember_key(tx: Tx, key: str, project_id: int) -> None:
    """Keep a key that runs were known by for this project alone."""
    tx.run("INSERT INTO former_keys (key, project_id) VALUES (:key, :id) ON CONFLICT DO NOTHING", key=key, id=project_id)


def delete(tx: Tx, project_id: int) -> None:
    """Remove a project that holds no experiments."""
    tx.run("DELETE FROM user_activity WHERE entity = 'PROJECT' AND entity_id = :id", id=project_id)
    tx.run("DELETE FROM former_keys WHERE project_id = :id", id=project_id)
    tx.run("DELETE FROM projects WHERE id = :id", id=project_id)
    tx.ring("places")


class Wanted(msgspec.Struct, frozen=True):
    """Which projects a list wants. `name` is the whole name in any case, with wildcards; None, 0 and empty ones want all."""

    workspace_id: int = 0
    name: str = ""
    archived: bool | None = None
    users: tuple[str, ...] = ()
    user_ids: tuple[int, ...] = ()


def count(tx: Tx, wanted: Wanted) -> int:
    where, params = _where(tx, wanted)
    return int(tx.value(f"SELECT COUNT(*){_FROM}{where}", **params))


def page(tx: Tx, wanted: Wanted, sort_by: str, descending: bool, start: int, size: int) -> list[ProjectRow]:
    """A window of the wanted projects; `sort_by` is the wire's name of an order, ties by id in the same direction."""
    where, params = _where(tx, wanted)
    expressions = {
        "SORT_BY_CREATION_TIME": "p.created_at",
        "SORT_BY_LAST_EXPERIMENT_START_TIME": _LAST,
        "SORT_BY_NAME": tx.dialect.by_byte("p.name"),
        "SORT_BY_DESCRIPTION": tx.dialect.by_byte("p.description"),
    }
    way, nulls = ("DESC", " NULLS FIRST") if descending else ("ASC", " NULLS LAST")
    found = expressions.get(sort_by)
    order = f"{found} {way}{nulls}, p.id {way}" if found else f"p.id {way}"
    return tx.all(ProjectRow, f"{_SELECT}{where} ORDER BY {order} LIMIT :size OFFSET :start", **params, size=size, start=start)


def _where(tx: Tx, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    parts: list[str] = []
    params: dict[str, Any] = {}
    if wanted.workspace_id:
        parts.append("p.workspace_id = :workspace_id")
        params["workspace_id"] = wanted.workspace_id
    if wanted.name:
        parts.append(tx.dialect.like("p.name", "name"))
        params["name"] = like_pattern(wanted.name)
    if wanted.archived is not None:
        parts.append("p.archived = :archived")
        params["archived"] = int(wanted.archived)
    if wanted.users:
        parts.append(tx.dialect.member("u.username", "users", "text"))
        params["users"] = tx.dialect.bag(wanted.users)
    if wanted.user_ids:
        parts.append(tx.dialect.member("p.user_id", "user_ids"))
        params["user_ids"] = tx.dialect.bag(wanted.user_ids)
    return (" WHERE " + " AND ".join(parts) if parts else ""), params
