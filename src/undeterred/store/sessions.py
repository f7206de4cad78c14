"""Rows of login sessions and access tokens (one table, one sequence of ids)."""

import msgspec

from undeterred.store.db import Tx

LOGIN, ACCESS = "login", "access"


class TokenRow(msgspec.Struct, frozen=True):
    """An access token as it may be shown."""

    id: int
    user_id: int
    expires_at: int
    created_at: int
    kind: str
    revoked: int
    description: str


_SELECT = "SELECT id, user_id, expires_at, created_at, kind, revoked, description FROM sessions s"


def insert(tx: Tx, user_id: int, kind: str, token_hash: str, expires_at: int, description: str = "") -> int:
    """A new session's or token's id."""
    return int(
        tx.value(
            "INSERT INTO sessions (user_id, kind, token_hash, created_at, expires_at, description)"
            " VALUES (:user_id, :kind, :token_hash, :now, :expires_at, :description) RETURNING id",
            user_id=user_id,
            kind=kind,
            token_hash=token_hash,
            now=tx.now,
            expires_at=expires_at,
            description=description,
        )
    )


def delete(tx: Tx, session_id: int) -> None:
    tx.run("DELETE FROM sessions WHERE id = :id", id=session_id)


def delete_expired_logins(tx: Tx, user_id: int) -> None:
    """Forget a user's login sessions that are over."""
    tx.run("DELETE FROM sessions WHERE user_id = :user_id AND kind = 'login' AND expires_at <= :now", user_id=user_id, now=tx.now)


def delete_logins(tx: Tx, user_id: int) -> None:
    """End all of a user's login sessions."""
    tx.run("DELETE FROM sessions WHERE user_id = :user_id AND kind = 'login'", user_id=user_id)


def revoke_access(tx: Tx, user_id: int) -> None:
    """Revoke all of a user's access tokens."""
    tx.run("UPDATE sessions SET revoked = 1 WHERE user_id = :user_id AND kind = 'access'", user_id=user_id)


def access_token(tx: Tx, token_id: int) -> TokenRow | None:
    return tx.one(TokenRow, f"{_SELECT} WHERE id = :id AND kind = 'access'", id=token_id)


def update_access(tx: Tx, token_id: int, description: str, revoked: int) -> None:
    tx.run(
        "UPDATE sessions SET description = :description, revoked = :revoked WHERE id = :id",
        id=token_id,
        description=description,
        revoked=revoked,
    )


class Wanted(msgspec.Struct, frozen=True):
    """Which access tokens a list wants: of these ids (none: all), of this user (0: all), also those that are over."""

    ids: tuple[int, ...] = ()
    user_id: int = 0
    inactive: bool = False


def count(tx: Tx, wanted: Wanted) -> int:
    return int(tx.value(f"SELECT COUNT(*) FROM sessions s{_where(tx, wanted)}", **_params(tx, wanted)))


def page(tx: Tx, wanted: Wanted, sort_by: str, descending: bool, start: int, size: int) -> list[TokenRow]:
    """A window of the wanted access tokens; `sort_by` is the wire's name of an order, ties by id upwards."""
    order = _order(tx, sort_by, descending)
    sql = f"{_SELECT}{_where(tx, wanted)} ORDER BY {order} LIMIT :size OFFSET :start"
    return tx.all(TokenRow, sql, **_params(tx, wanted), size=size, start=start)


def _where(tx: Tx, wanted: Wanted) -> str:
    parts = ["s.kind = 'access'"]
    if wanted.ids:
        parts.append(tx.dialect.member("s.id", "ids"))
    if wanted.user_id:
        parts.append("s.user_id = :user_id")
    if not wanted.inactive:
        parts.append("s.revoked = 0 AND s.expires_at > :now")
    return " WHERE " + " AND ".join(parts)


def _params(tx: Tx, wanted: Wanted) -> dict[str, object]:
    params: dict[str, object] = {}
    if wanted.ids:
        params["ids"] = tx.dialect.bag(wanted.ids)
    if wanted.user_id:
        params["user_id"] = wanted.user_id
    if not wanted.inactive:
        params["now"] = tx.now
    return params


def _order(tx: Tx, sort_by: str, descending: bool) -> str:
    expressions = {
        "SORT_BY_USER_ID": "s.user_id",
        "SORT_BY_EXPIRY": "s.expires_at",
        "SORT_BY_CREATED_AT": "s.created_at",
        "SORT_BY_TOKEN_TYPE": "s.kind",
        "SORT_BY_REVOKED": "1 - s.revoked",  # the reference sorts by the moment of revocation: none is last
        "SORT_BY_DESCRIPTION": tx.dialect.by_byte("NULLIF(s.description, '')"),
    }
    way = "DESC NULLS FIRST" if descending else "ASC NULLS LAST"
    found = expressions.get(sort_by)
    return f"{found} {way}, s.id" if found else f"s.id {'DESC' if descending else 'ASC'}"
