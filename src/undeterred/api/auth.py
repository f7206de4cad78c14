"""Login, logout, who am I."""

import time
from email.utils import formatdate

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.errors import InvalidArgument, PermissionDenied, Unauthenticated
from undeterred.services import auth, passwords, users
from undeterred.services.context import Context
from undeterred.services.identity import INVALID, Caller
from undeterred.store import users as rows
from undeterred.store.users import UserRow
from undeterred.wire.auth import (
    CurrentUserRequest,
    CurrentUserResponse,
    LoginRequest,
    LoginResponse,
    LogoutRequest,
    LogoutResponse,
    current_user,
    login,
    logout,
)
from undeterred.wire.users import GetMeRequest, GetMeResponse, User, get_me

Cookies = list[tuple[bytes, bytes]]
NO_COOKIE: Cookies = [(b"set-cookie", b"auth=; Expires=Thu, 01 Jan 1970 00:00:00 GMT")]


@serves(login, needs=Permission.PUBLIC)
async def come_in(ctx: Context, _caller: None, request: LoginRequest) -> tuple[LoginResponse, Cookies]:
    if not request.username:
        raise InvalidArgument("missing argument: username")
    row = await ctx.db.read(rows.by_username, request.username)
    token, user = await open_session(ctx, row, passwords.as_sent(request.password, request.is_hashed))
    return LoginResponse(token=token, user=user), cookie(token)


@serves(logout)
async def go_out(ctx: Context, caller: Caller, _request: LogoutRequest) -> tuple[LogoutResponse, Cookies]:
    await ctx.db.write(auth.logout, caller)
    return LogoutResponse(), NO_COOKIE


@serves(current_user)
async def current(ctx: Context, caller: Caller, _request: CurrentUserRequest) -> CurrentUserResponse:
    return CurrentUserResponse(user=await ctx.db.read(users.get, caller.user_id))


@serves(get_me)
async def me(ctx: Context, caller: Caller, _request: GetMeRequest) -> GetMeResponse:
    return GetMeResponse(user=await ctx.db.read(users.get, caller.user_id))


async def open_session(ctx: Context, row: UserRow | None, sent: str) -> tuple[str, User]:
    """The token of a new session and its user, if `sent` (a password as clients send it) opens that account."""
    known = row is not None and not row.remote
    if not await passwords.matches(sent, row.password_hash if row else None, known) or row is None:
        raise Unauthenticated(INVALID)
    if not row.active:
        raise PermissionDenied(auth.NOT_ACTIVE)
    token = auth.new_token()
    return token, await ctx.db.write(auth.open_session, row, token)


def cookie(token: str) -> Cookies:
    """The cookie by which a browser carries the session, for as long as it lives."""
    expires = formatdate(time.time() + auth.SESSION_US / 1e6, usegmt=True)
    return [(b"set-cookie", f"auth={token}; Path=/; Expires={expires}; HttpOnly; SameSite=Lax".encode())]
