"""Who is calling: a token's hash is looked up among login sessions, access tokens and running allocations."""

import hashlib

import msgspec

from undeterred.errors import PermissionDenied, Unauthenticated
from undeterred.store import callers
from undeterred.store.db import Tx

SESSIONS = "sessions"  # rings whenever an answer of `find` may have changed
INVALID = "invalid credentials"
NOT_ALLOWED = "user does not have permission"


class Caller(msgspec.Struct, frozen=True):
    """The user a request acts for, and by which kind of token: login | access | allocation."""

    user_id: int
    username: str
    admin: bool
    active: bool
    kind: str
    session_id: int = 0
    expires_at: int = 0  # µs; 0: as long as the allocation lives
    allocation_id: str = ""
    task_id: str = ""


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def find(tx: Tx, hashed: str) -> Caller:
    """The caller behind a token; Unauthenticated if there is none, it expired or was revoked."""
    row = callers.by_session(tx, hashed)
    if row is None:
        return _of_allocation(tx, hashed)
    if row.revoked:
        raise Unauthenticated("user access token revoked")
    if row.expires_at <= tx.now:
        raise Unauthenticated("remote user token expired" if row.remote else INVALID)
    return Caller(row.user_id, row.username, bool(row.admin), bool(row.active), row.kind, row.session_id, row.expires_at)


def check_active(caller: Caller) -> None:
    """A deactivated user keeps sessions but may do nothing with them."""
    if not caller.active:
        raise PermissionDenied(NOT_ALLOWED)


def _of_allocation(tx: Tx, hashed: str) -> Caller:
    row = callers.by_allocation(tx, hashed)
    if row is None:
        raise Unauthenticated(INVALID)
    return Caller(row.user_id, row.username, bool(row.admin), bool(row.active), "allocation", 0, 0, row.allocation_id, row.task_id)
