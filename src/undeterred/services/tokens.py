"""The verbs of access tokens: made for a user, shown without their text, changed, revoked."""

import math
import re

from undeterred.config.master_words import Token as Limits
from undeterred.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from undeterred.services import users
from undeterred.services.auth import new_token
from undeterred.services.identity import SESSIONS, Caller, token_hash
from undeterred.services.paging import sliced
from undeterred.store import sessions
from undeterred.store import users as user_rows
from undeterred.store.db import Tx
from undeterred.store.sessions import TokenRow
from undeterred.wire.base import instant
from undeterred.wire.common import OrderBy
from undeterred.wire.tokens import (
    GetAccessTokensRequest,
    GetAccessTokensResponse,
    PatchAccessTokenRequest,
    PostAccessTokenRequest,
    PostAccessTokenResponse,
    TokenInfo,
    TokenType,
)

DAY_US = 24 * 3600 * 1_000_000
FOREVER_DAYS = 106_751
DURATION_MAX_US = (2**63 - 1) // 1000
UNITS_NS = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
NOT_CREATE = "only admin privileged users can create token for own/other users"
NOT_VIEW = "only admin privileged users can view other users"
NOT_UPDATE = "only admin privileged users can update access tokens"


def create(tx: Tx, who: Caller, request: PostAccessTokenRequest, limits: Limits) -> PostAccessTokenResponse:
    """Make an access token for a user; its text is in this answer and nowhere else."""
    users.find(tx, request.user_id)
    if not who.admin:
        raise PermissionDenied(NOT_CREATE)
    lifespan = request.lifespan if isinstance(request.lifespan, str) else None
    expires_at = tx.now + lifespan_us(lifespan, limits)
    token = new_token()
    made = sessions.insert(tx, request.user_id, sessions.ACCESS, token_hash(token), expires_at, request.description)
    return PostAccessTokenResponse(token=token, token_id=made)


def lifespan_us(text: str | None, limits: Limits) -> int:
    """How long a token is to live: a duration such as 720h, -1 for the longest, None for the default. InvalidArgument."""
    longest = (FOREVER_DAYS if limits.max_lifespan_days == -1 else limits.max_lifespan_days) * DAY_US
    if text is None:
        return (FOREVER_DAYS if limits.default_lifespan_days == -1 else limits.default_lifespan_days) * DAY_US
    if text == "-1":
        return longest
    try:
        wanted = duration_us(text)
    except ValueError as error:
        raise InvalidArgument(f"failed to parse lifespan {text}: time: {error}") from error
    if wanted > longest:
        raise InvalidArgument("token Lifespan must be less than max token lifespan")
    if wanted < 0:
        raise InvalidArgument("lifespan must be a Go-formatted duration string with a positive value")
    return wanted


def duration_us(text: str) -> int:
    """A duration such as `1h30m` or `-2.5s` in microseconds; `0` needs no unit. Raises ValueError."""
    invalid = f'invalid duration "{text}"'
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return 0
    if not rest:
        raise ValueError(invalid)
    total = 0.0
    while rest:
        found = re.match(r"([0-9]*)(?:\.([0-9]*))?", rest)
        assert found is not None
        if not (found[1] or found[2]):
            raise ValueError(invalid)
        rest = rest[found.end() :]
        unit = re.match(r"[^0-9.]*", rest)
        assert unit is not None
        if not unit[0]:
            raise ValueError(f'missing unit in duration "{text}"')
        if unit[0] not in UNITS_NS:
            raise ValueError(f'unknown unit "{unit[0]}" in duration "{text}"')
        rest = rest[unit.end() :]
        total += float(f"{found[1] or 0}.{found[2] or 0}") * UNITS_NS[unit[0]] / 1000
        if not math.isfinite(total) or total > DURATION_MAX_US:
            raise ValueError(invalid)
    return sign * round(total)


def list_tokens(tx: Tx, who: Caller, request: GetAccessTokensRequest) -> GetAccessTokensResponse:
    """Access tokens; an ordinary user must name themselves."""
    if not who.admin and request.username != who.username:
        raise PermissionDenied(NOT_VIEW)
    user = user_rows.by_username(tx, request.username) if request.username else None
    if request.username and user is None:
        raise NotFound(f"user '{request.username}' not found")
    ids = tuple(i for i in request.token_ids if i > 0)
    wanted = sessions.Wanted(ids, user.id if user else 0, request.show_inactive)
    window = sliced(request.offset, request.limit, sessions.count(tx, wanted))
    descending = request.order_by == OrderBy.ORDER_BY_DESC
    rows = sessions.page(tx, wanted, request.sort_by.value, descending, window.start_index, window.end_index - window.start_index)
    return GetAccessTokensResponse(token_info=[shown(row) for row in rows], pagination=window)


def patch(tx: Tx, who: Caller, request: PatchAccessTokenRequest) -> TokenInfo:
    """Change a token's description, or revoke it for good."""
    row = sessions.access_token(tx, request.token_id)
    if row is None:
        raise NotFound(f"Token with id: {{{request.token_id}}} not found")
    if not who.admin:
        raise PermissionDenied(NOT_UPDATE)
    if row.revoked or row.expires_at <= tx.now:
        raise FailedPrecondition(
            f"access token {row.id} is {'revoked' if row.revoked else 'expired'} and cannot be changed: make a new one"
        )
    description = request.description if isinstance(request.description, str) else row.description
    sessions.update_access(tx, row.id, description, int(request.set_revoked))
    if request.set_revoked:
        tx.ring(SESSIONS)
    after = sessions.access_token(tx, row.id)
    assert after is not None
    return shown(after)


def shown(row: TokenRow) -> TokenInfo:
    """A token as the wire shows it."""
    kind = TokenType.TOKEN_TYPE_ACCESS_TOKEN if row.kind == sessions.ACCESS else TokenType.TOKEN_TYPE_USER_SESSION
    return TokenInfo(
        id=row.id,
        user_id=row.user_id,
        expiry=instant(row.expires_at),
        created_at=instant(row.created_at),
        token_type=kind,
        revoked=bool(row.revoked),
        description=row.description,
    )
