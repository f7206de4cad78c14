"""Coming in and going out: login sessions."""

import secrets

import msgspec

from undeterred.errors import InvalidArgument, PermissionDenied, Unauthenticated
from undeterred.services.identity import INVALID, SESSIONS, Caller, token_hash
from undeterred.services.shown_users import shown
from undeterred.store import sessions, users
from undeterred.store.db import Tx
from undeterred.store.users import UserRow
from undeterred.wire.users import User

SESSION_US = 7 * 24 * 3600 * 1_000_000
NOT_ACTIVE = "user is not active"


def new_token() -> str:
    """A bearer token: opaque, 256 random bits."""
    return f"v2.public.{secrets.token_urlsafe(32)}"


def open_session(tx: Tx, checked: UserRow, token: str) -> User:
    """A login session for a user whose password was just found right. Unauthenticated if it has changed since."""
    user = users.by_id(tx, checked.id)
    if user is None or user.password_hash != checked.password_hash or user.remote:
        raise Unauthenticated(INVALID)
    if not user.active:
        raise PermissionDenied(NOT_ACTIVE)
    sessions.delete_expired_logins(tx, user.id)
    sessions.insert(tx, user.id, sessions.LOGIN, token_hash(token), tx.now + SESSION_US)
    users.came_in(tx, user.id)
    return shown(msgspec.structs.replace(user, last_auth_at=tx.now))


def logout(tx: Tx, who: Caller, also_access: bool = False) -> None:
    """End the session a request came with. An access token stays, unless `also_access`; an allocation's cannot be ended."""
    if who.kind == "allocation":
        raise InvalidArgument("cannot manually logout of an allocation session")
    if who.kind == sessions.LOGIN or also_access:
        sessions.delete(tx, who.session_id)
        tx.ring(SESSIONS)
