"""Whose token is this: login sessions, access tokens and running allocations, found by the token's hash."""

import msgspec

from undeterred.store.db import Tx


class SessionCallerRow(msgspec.Struct, frozen=True):
    """A session with its user; `kind`: login | access."""

    user_id: int
    username: str
    admin: int
    active: int
    kind: str
    session_id: int
    expires_at: int
    revoked: int
    remote: int


class AllocationCallerRow(msgspec.Struct, frozen=True):
    """A live allocation with its task's owner."""

    user_id: int
    username: str
    admin: int
    active: int
    allocation_id: str
    task_id: str


def by_session(tx: Tx, token_hash: str) -> SessionCallerRow | None:
    """The session with this token."""
    return tx.one(
        SessionCallerRow,
        "SELECT u.id, u.username, u.admin, u.active, s.kind, s.id, s.expires_at, s.revoked, u.remote"
        " FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = :hash",
        hash=token_hash,
    )


def by_allocation(tx: Tx, token_hash: str) -> AllocationCallerRow | None:
    """The live allocation with this token."""
    return tx.one(
        AllocationCallerRow,
        "SELECT u.id, u.username, u.admin, u.active, a.id, a.task_id FROM allocations a JOIN tasks t ON t.id = a.task_id"
        " JOIN users u ON u.id = t.owner_id WHERE a.token_hash = :hash AND a.state <> 'TERMINATED'",
        hash=token_hash,
    )
