"""The verbs of users: create, change, passwords. What may be called what is decided here, as the contract's error texts say it.

Passwords arrive here already hashed (`passwords.hashed`): hashing is slow and happens before the transaction.
"""

from typing import Any

import msgspec
from msgspec import UNSET

from undeterred.errors import AlreadyExists, InvalidArgument, NotFound, PermissionDenied
from undeterred.services import exposure
from undeterred.services.identity import SESSIONS, Caller
from undeterred.services.paging import sliced
from undeterred.services.shown_users import shown
from undeterred.store import sessions, users
from undeterred.store.db import Tx
from undeterred.store.users import UserRow
from undeterred.wire.common import OrderBy
from undeterred.wire.users import (
    AgentUserGroup,
    GetUsersRequest,
    GetUsersResponse,
    PatchUser,
    PatchUsersRequest,
    PatchUsersResponse,
    PostUserRequest,
    User,
    UserActionResult,
)

USERNAME_MIN = 2
RESERVED = "determined"
NOT_CREATE = "only admin privileged users can create users"
NOT_UPDATE = "only admin privileged users can update users"
NOT_OTHERS = "only admin privileged users can update other users"
NOT_PASSWORD = "only admin privileged users can change other user's passwords"
NOT_DISPLAY_NAME = "only admin privileged users can set another user's display name"


def find(tx: Tx, user_id: int) -> UserRow:
    """A user's row; NotFound."""
    row = users.by_id(tx, user_id)
    if row is None:
        raise NotFound("user not found")
    return row


def get(tx: Tx, user_id: int) -> User:
    return shown(find(tx, user_id))


def get_by_username(tx: Tx, username: str) -> User:
    row = users.by_username(tx, username)
    if row is None:
        raise NotFound("user not found")
    return shown(row)


def list_users(tx: Tx, request: GetUsersRequest) -> GetUsersResponse:
    if request.role_id_assigned_directly_to_user:
        raise InvalidArgument("cannot filter by role id. RBAC must be enabled.")
    active = None if request.active is UNSET else request.active
    admin = None if request.admin is UNSET else request.admin
    wanted = users.Wanted(request.name, active, admin)
    window = sliced(request.offset, request.limit, users.count(tx, wanted))
    descending = request.order_by == OrderBy.ORDER_BY_DESC
    rows = users.page(tx, wanted, request.sort_by.value, descending, window.start_index, window.end_index - window.start_index)
    return GetUsersResponse(users=[shown(row) for row in rows], pagination=window)


def create(tx: Tx, who: Caller, request: PostUserRequest, password_hash: str | None, exposed: bool = False) -> User:
    """Make a user. What is wrong with the request shows before a missing permission, as on the reference."""
    fields = checked_new(request)
    if not who.admin:
        raise PermissionDenied(NOT_CREATE)
    if users.by_username(tx, fields["username"]) is not None:
        raise AlreadyExists("user already exists")
    made = users.insert(tx, {**fields, "password_hash": password_hash})
    exposure.check(tx, exposed, made, even_inactive=True)
    return get(tx, made)


def checked_new(request: PostUserRequest) -> dict[str, Any]:
    """The columns of a user to be made; InvalidArgument."""
    user = request.user
    if user is None:
        raise InvalidArgument("must specify user to create")
    username = clear_name(user.username, user.admin, minimum=USERNAME_MIN)
    display_name = clear_name(user.display_name, user.admin)
    if user.remote and request.password:
        raise InvalidArgument("cannot set password for remote user")
    return {
        "username": username,
        "display_name": display_name,
        "admin": int(user.admin),
        "active": int(user.active),
        "remote": int(user.remote),
        "agent_user_group": checked_group(user.agent_user_group),
    }


def clear_name(name: str, admin: bool, minimum: int = 0, own: str = "") -> str:
    """A user name or display name without blanks around it; InvalidArgument. `own` is the present user name of the one it is for."""
    name = name.strip()
    if len(name) < minimum:
        raise InvalidArgument("Display name or username value has minimum length.")
    if not all(" " <= letter <= "~" or letter in "\t\n" for letter in name):
        raise InvalidArgument("Display name and username cannot contain non-ASCII characters.")
    if name.lower() == "admin" and not admin:
        raise InvalidArgument("Non-admin user cannot be renamed 'admin'")
    if name.lower() == RESERVED and own != RESERVED:
        raise InvalidArgument("User cannot be renamed 'determined'")
    return name


def checked_group(group: AgentUserGroup | None) -> str | None:
    """JSON of the four facts under which a user's tasks run on a node: all of them, or none (kept as zeros). InvalidArgument."""
    if group is None:
        return None
    facts = (group.agent_uid, group.agent_gid, group.agent_user, group.agent_group)
    if all(fact is UNSET for fact in facts):
        group = AgentUserGroup(agent_uid=0, agent_gid=0, agent_user="", agent_group="")
    elif any(fact is UNSET for fact in facts):
        raise InvalidArgument("agentUid, agentGid, agentUser and agentGroup cannot be empty")
    elif not group.agent_user or not group.agent_group:
        raise InvalidArgument("agentUser and agentGroup names cannot be empty")
    return msgspec.json.encode(group).decode()


def patch(tx: Tx, who: Caller, user_id: int, wanted: PatchUser, password_hash: str | None, exposed: bool = False) -> User:
    """Change what is given of a user; one refused field refuses all."""
    target = find(tx, user_id)
    changes = _changes(tx, who, target, wanted)
    if isinstance(wanted.password, str):
        changes["password_hash"] = password_hash
    group = {} if wanted.agent_user_group is None else {"agent_user_group": checked_group(wanted.agent_user_group)}
    if changes or group:
        users.update(tx, user_id, {**changes, **group})
    if changes:
        exposure.check(tx, exposed, user_id)
        _after_change(tx, user_id, changes, wanted)
    return get(tx, user_id)


def _changes(tx: Tx, who: Caller, target: UserRow, wanted: PatchUser) -> dict[str, Any]:
    """The columns that change, but the password and the agent group, which are only checked here."""
    own = who.user_id == target.id
    remote = wanted.remote if isinstance(wanted.remote, bool) else bool(target.remote)
    if not who.admin:
        if wanted.admin is not None or wanted.active is not None or wanted.agent_user_group is not None:
            raise PermissionDenied(NOT_UPDATE)
        if wanted.remote is not UNSET:
            raise PermissionDenied(NOT_OTHERS)
        if wanted.password is not UNSET and not own:
            raise PermissionDenied(NOT_PASSWORD)
    if wanted.password is not UNSET and remote:
        raise InvalidArgument("Cannot set password for remote users")
    changes = _names(tx, who, target, wanted, remote)
    for column, value in (("admin", wanted.admin), ("active", wanted.active), ("remote", wanted.remote)):
        if isinstance(value, bool) and value != bool(getattr(target, column)):
            changes[column] = int(value)
    if changes.get("remote") == 1:
        changes["password_hash"] = None
    return changes


def _names(tx: Tx, who: Caller, target: UserRow, wanted: PatchUser, remote: bool) -> dict[str, Any]:
    own, admin, changes = who.user_id == target.id, bool(target.admin), dict[str, Any]()
    if isinstance(wanted.username, str) and wanted.username.strip() != target.username:
        if not who.admin and not own:
            raise PermissionDenied(NOT_OTHERS)
        if remote:
            raise InvalidArgument("Cannot set username for remote users")
        changes["username"] = clear_name(wanted.username, admin, USERNAME_MIN, own=target.username)
        if users.by_username(tx, changes["username"]) is not None:
            raise AlreadyExists(f"a user called {changes['username']} already exists: choose another name")
    if isinstance(wanted.display_name, str) and wanted.display_name.strip() != target.display_name:
        if not who.admin and not own:
            raise PermissionDenied(NOT_DISPLAY_NAME)
        name = clear_name(wanted.display_name, admin, own=target.username)
        if name and users.name_is_near(tx, target.id, name):
            raise InvalidArgument(f"can not change display name to {name} found a similar username or display name")
        changes["display_name"] = name
    return changes


def _after_change(tx: Tx, user_id: int, changes: dict[str, Any], wanted: PatchUser) -> None:
    """A new password, or becoming remote, ends login sessions; any change without `active: true` revokes access tokens, as on the reference."""
    if "password_hash" in changes:
        sessions.delete_logins(tx, user_id)
    if wanted.active is not True:
        sessions.revoke_access(tx, user_id)
    tx.ring(SESSIONS)


def patch_many(tx: Tx, who: Caller, request: PatchUsersRequest, exposed: bool = False) -> PatchUsersResponse:
    """Activate or deactivate users, by ids or by a filter; each id has its own result."""
    chosen = request.user_ids
    if request.filters is not None:
        admin = None if request.filters.admin is UNSET else request.filters.admin
        chosen = users.ids(tx, users.Wanted(request.filters.name, None, admin))
    if not who.admin:
        return PatchUsersResponse(results=[UserActionResult(error=NOT_UPDATE, id=i) for i in chosen])
    users.set_active(tx, set(chosen), request.activate)
    for user_id in sorted(set(chosen)) if exposed and request.activate else ():
        exposure.check(tx, exposed, user_id)
    return PatchUsersResponse(results=[UserActionResult(id=i) for i in chosen])


def set_password(tx: Tx, who: Caller, user_id: int, password_hash: str | None, exposed: bool = False) -> User:
    """Give a user a new password: ends login sessions, leaves access tokens."""
    target = find(tx, user_id)
    if not who.admin and who.user_id != user_id:
        raise PermissionDenied(NOT_PASSWORD)
    if target.remote:
        raise InvalidArgument("Cannot set password for remote users")
    users.update(tx, user_id, {"password_hash": password_hash})
    exposure.check(tx, exposed, user_id)
    sessions.delete_logins(tx, user_id)
    return get(tx, user_id)
