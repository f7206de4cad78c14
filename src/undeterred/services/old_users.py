"""Users as the routes older than /api/v1 know them: fewer checks, other words, another shape."""

from typing import Any

import msgspec

from undeterred.errors import InvalidArgument, NotFound, PermissionDenied
from undeterred.services import exposure
from undeterred.services.identity import Caller
from undeterred.services.users import NOT_CREATE, NOT_OTHERS, NOT_PASSWORD, NOT_UPDATE
from undeterred.store import sessions, users
from undeterred.store.db import Tx
from undeterred.store.users import UserRow
from undeterred.wire.base import Int32, instant

REFUSED = ": code=403, message=user not authorized"


class OldGroup(msgspec.Struct):
    """Under which user and group a user's tasks run on a node."""

    uid: Int32 | None = None
    gid: Int32 | None = None
    user: str | None = None
    group: str | None = None


class OldPost(msgspec.Struct):
    """A user to be made."""

    username: str | None = None
    admin: bool | None = None
    active: bool | None = None
    agent_user_group: OldGroup | None = None


class OldPatch(msgspec.Struct):
    """What may change; `password` as clients send it, hashed."""

    password: str | None = None
    active: bool | None = None
    admin: bool | None = None
    agent_user_group: OldGroup | None = None


def shown(row: UserRow) -> dict[str, Any]:
    """A user in snake case; null where nothing is set."""
    group = msgspec.json.decode(row.agent_user_group) if row.agent_user_group else {}
    return {
        "id": row.id,
        "display_name": row.display_name or None,
        "username": row.username,
        "name": "",
        "admin": bool(row.admin),
        "active": bool(row.active),
        "modified_at": instant(row.modified_at),
        "remote": False,
        "last_auth_at": None if row.last_auth_at is None else instant(row.last_auth_at),
        "agent_uid": group.get("agentUid"),
        "agent_gid": group.get("agentGid"),
        "agent_user": group.get("agentUser"),
        "agent_group": group.get("agentGroup"),
    }


def everybody(tx: Tx) -> list[dict[str, Any]]:
    return [shown(row) for row in users.everybody(tx)]


def me(tx: Tx, user_id: int) -> dict[str, Any]:
    row = users.by_id(tx, user_id)
    assert row is not None, "callers are users"
    return shown(row)


def exists(tx: Tx, username: str) -> None:
    """NotFound unless there is such a user."""
    if users.by_username(tx, username) is None:
        raise NotFound("Not Found")


def create(tx: Tx, who: Caller, wanted: OldPost, exposed: bool = False) -> None:
    """Make a user without a password; the name is lower-cased and otherwise taken as it is."""
    if not who.admin:
        raise PermissionDenied(NOT_CREATE + REFUSED)
    username = (wanted.username or "").lower()
    group = _group(wanted.agent_user_group)
    if users.by_username(tx, username) is not None:
        raise InvalidArgument("user already exists")
    fields = {"username": username, "admin": int(wanted.admin or False), "active": int(wanted.active or False), "agent_user_group": group}
    exposure.check(tx, exposed, users.insert(tx, fields), even_inactive=True)


def patch(tx: Tx, who: Caller, username: str, wanted: OldPatch, password_hash: str | None, exposed: bool = False) -> None:
    """Change what is given; a new password ends login sessions, deactivation revokes access tokens."""
    row = users.by_username(tx, username)
    if row is None:
        raise NotFound(f"user '{username}' not found")
    changes = _changes(who, row, wanted)
    if wanted.password is not None:
        changes["password_hash"] = password_hash
        sessions.delete_logins(tx, row.id)
    if not changes:
        return
    users.update(tx, row.id, changes)
    exposure.check(tx, exposed, row.id)
    if wanted.active is False:
        sessions.revoke_access(tx, row.id)


def _changes(who: Caller, row: UserRow, wanted: OldPatch) -> dict[str, Any]:
    if not who.admin:
        if wanted.password is not None and who.user_id != row.id:
            raise PermissionDenied(NOT_PASSWORD + REFUSED)
        if wanted.admin is not None or wanted.active is not None or wanted.agent_user_group is not None:
            raise PermissionDenied(NOT_UPDATE + REFUSED)
    if wanted.password is not None and row.remote:
        raise InvalidArgument("Cannot set password for remote users")
    changes: dict[str, Any] = {name: int(value) for name in ("admin", "active") if (value := getattr(wanted, name)) is not None}
    if wanted.agent_user_group is not None:
        changes["agent_user_group"] = _group(wanted.agent_user_group)
    return changes


def rename(tx: Tx, who: Caller, username: str, new: str | None) -> None:
    """Give a user another name, taken as it is."""
    if not new:
        raise InvalidArgument("username is required")
    row = users.by_username(tx, username)
    if row is None:
        raise NotFound("Not Found")
    if not who.admin and who.user_id != row.id:
        raise PermissionDenied(NOT_OTHERS + REFUSED)
    if row.remote:
        raise InvalidArgument("Cannot set username for remote users")
    if users.by_username(tx, new) is not None:
        raise InvalidArgument("username is taken")
    users.update(tx, row.id, {"username": new})


def _group(given: OldGroup | None) -> str | None:
    if given is None:
        return None
    for name in ("uid", "gid"):
        if getattr(given, name) is None:
            raise InvalidArgument(f"{name} must be set")
    for name in ("user", "group"):
        if not getattr(given, name):
            raise InvalidArgument(f"{name} must be set")
    group = {"agentUid": given.uid, "agentGid": given.gid, "agentUser": given.user, "agentGroup": given.group}
    return msgspec.json.encode(group).decode()
