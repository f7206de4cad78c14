"""Rows of users."""

from collections.abc import Iterable
from typing import Any

import msgspec

from undeterred.store.db import Tx
from undeterred.store.dialect import Dialect, like_pattern


class UserRow(msgspec.Struct, frozen=True):
    """A user; `agent_user_group` is JSON text, `password_hash` None for a blank password (or a remote user)."""

    id: int
    username: str
    display_name: str
    password_hash: str | None
    admin: int
    active: int
    remote: int
    modified_at: int
    last_auth_at: int | None
    agent_user_group: str | None


_SELECT = (
    "SELECT id, username, display_name, password_hash, admin, active, remote, modified_at, last_auth_at, agent_user_group FROM users u"
)


def by_id(tx: Tx, user_id: int) -> UserRow | None:
    return tx.one(UserRow, f"{_SELECT} WHERE id = :id", id=user_id)


def by_username(tx: Tx, username: str) -> UserRow | None:
    return tx.one(UserRow, f"{_SELECT} WHERE username = :username", username=username)


def everybody(tx: Tx) -> list[UserRow]:
    return tx.all(UserRow, f"{_SELECT} ORDER BY id")


def insert(tx: Tx, fields: dict[str, Any]) -> int:
    """A new user's id; `fields` are columns of the table, modified now."""
    given = {"modified_at": tx.now, **fields}
    names, values = ", ".join(given), ", ".join(f":{name}" for name in given)
    return int(tx.value(f"INSERT INTO users ({names}) VALUES ({values}) RETURNING id", **given))


def update(tx: Tx, user_id: int, fields: dict[str, Any]) -> None:
    """Change columns of a user, modified now."""
    given = {"modified_at": tx.now, **fields}
    tx.run(f"UPDATE users SET {', '.join(f'{name} = :{name}' for name in given)} WHERE id = :user_id", user_id=user_id, **given)
    tx.ring("sessions")


def set_active(tx: Tx, user_ids: Iterable[int], active: bool) -> None:
    """Let these users in, or keep them out; those that are so already stay as they are."""
    changed = tx.run(
        f"UPDATE users SET active = :active, modified_at = :now WHERE active <> :active AND {tx.dialect.member('id', 'ids')}",
        active=int(active),
        now=tx.now,
        ids=tx.dialect.bag(list(user_ids)),
    )
    if changed:
        tx.ring("sessions")


def came_in(tx: Tx, user_id: int) -> None:
    """A user has logged in now."""
    tx.run("UPDATE users SET last_auth_at = :now WHERE id = :id", now=tx.now, id=user_id)


def name_is_near(tx: Tx, user_id: int, name: str) -> bool:
    """Whether somebody else's user name or display name is `name` in any case."""
    return bool(
        tx.value(
            "SELECT COUNT(*) FROM users WHERE id <> :id AND (LOWER(username) = :name OR LOWER(display_name) = :name)",
            id=user_id,
            name=name.lower(),
        )
    )


def blank(tx: Tx) -> list[str]:
    """The names of active users whose password is blank."""
    return tx.column("SELECT username FROM users WHERE active = 1 AND remote = 0 AND password_hash IS NULL ORDER BY id")


class Wanted(msgspec.Struct, frozen=True):
    """Which users a list wants; None and "" want all. `name` is a part of the user name or display name, with wildcards."""

    name: str = ""
    active: bool | None = None
    admin: bool | None = None


def count(tx: Tx, wanted: Wanted) -> int:
    where, params = _where(tx.dialect, wanted)
    return int(tx.value(f"SELECT COUNT(*) FROM users u{where}", **params))


def ids(tx: Tx, wanted: Wanted) -> list[int]:
    where, params = _where(tx.dialect, wanted)
    return tx.column(f"SELECT id FROM users u{where} ORDER BY id", **params)


def page(tx: Tx, wanted: Wanted, sort_by: str, descending: bool, start: int, size: int) -> list[UserRow]:
    """A window of the wanted users; `sort_by` is the wire's name of an order, ties by id upwards."""
    where, params = _where(tx.dialect, wanted)
    order = _order(tx.dialect, sort_by, descending)
    return tx.all(UserRow, f"{_SELECT}{where} ORDER BY {order} LIMIT :size OFFSET :start", **params, size=size, start=start)


def _where(dialect: Dialect, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    parts: list[str] = []
    params: dict[str, Any] = {}
    if wanted.name:
        parts.append(f"({dialect.like('u.username', 'name')} OR {dialect.like('u.display_name', 'name')})")
        params["name"] = f"%{like_pattern(wanted.name)}%"
    for column, value in (("active", wanted.active), ("admin", wanted.admin)):
        if value is not None:
            parts.append(f"u.{column} = :{column}")
            params[column] = int(value)
    return (" WHERE " + " AND ".join(parts) if parts else ""), params


def _order(dialect: Dialect, sort_by: str, descending: bool) -> str:
    shown = "NULLIF(u.display_name, '')"
    expressions = {
        "SORT_BY_DISPLAY_NAME": dialect.by_byte(shown),
        "SORT_BY_USER_NAME": dialect.by_byte("u.username"),
        "SORT_BY_ADMIN": "u.admin",
        "SORT_BY_ACTIVE": "u.active",
        "SORT_BY_MODIFIED_TIME": "u.modified_at",
        "SORT_BY_NAME": dialect.by_byte(f"COALESCE({shown}, u.username)"),
        "SORT_BY_LAST_AUTH_TIME": "u.last_auth_at",
        "SORT_BY_REMOTE": "u.remote",
    }
    way = "DESC NULLS FIRST" if descending else "ASC NULLS LAST"
    found = expressions.get(sort_by)
    return f"{found} {way}, u.id" if found else f"u.id {'DESC' if descending else 'ASC'}"
