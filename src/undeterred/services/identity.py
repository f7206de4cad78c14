"""Who is calling: a token's hash is looked up among login sessions, access tokens and running allocations."""

import hashlib

import msgspec

from undeterred.errors import PermissionDenied, Unauthenticated
from undeterred.store.db import Tx

SESSIONS = "sessions"  # rings whenever an answer of `find` may have changed
INVALID = "invalid credentials"


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
    row = tx.one(
        _SessionRow,
        "SELECT u.id, u.username, u.admin, u.active, s.kind, s.id, s.expires_at, s.revoked, u.remote FROM sessions s JOIN users u ON u.id = s.user_id"
        " WHERE s.token_hash = :hash",
        hash=hashed,
    )
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
        raise PermissionDenied("user does not have permission")


class _SessionRow(msgspec.Struct, frozen=True):
    user_id: int
    username: str
    admin: int
    active: int
    kind: str
    session_id: int
    expires_at: int
    revoked: int
    remote: int


def _of_allocation(tx: Tx, hashed: str) -> Caller:
    caller = tx.one(
        lambda *c: Caller(c[0], c[1], bool(c[2]), bool(c[3]), "allocation", 0, 0, c[4], c[5]),
        "SELECT u.id, u.username, u.admin, u.active, a.id, a.task_id FROM allocations a JOIN tasks t ON t.id = a.task_id JOIN users u ON u.id = t.owner_id"
        " WHERE a.token_hash = :hash AND a.state <> 'TERMINATED'",
        hash=hashed,
    )
    if caller is None:
        raise Unauthenticated(INVALID)
    return caller
