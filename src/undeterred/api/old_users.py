"""The routes of users that are older than /api/v1. Older clients and some scripts still use them."""

from typing import TypeVar

import msgspec

from undeterred.api.auth import NO_COOKIE, cookie, open_session
from undeterred.api.serve import Answer, Request, route
from undeterred.errors import InvalidArgument, PermissionDenied, Unauthenticated
from undeterred.services import auth, old_users, passwords
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.services.old_users import OldPatch, OldPost
from undeterred.store import users as rows

T = TypeVar("T")


class Login(msgspec.Struct):
    """Who wants to come in; `password` as clients send it, hashed."""

    username: str | None = None
    password: str | None = None


class Rename(msgspec.Struct):
    """A new name."""

    username: str | None = None


@route("POST", "/login", public=True)
async def come_in(ctx: Context, request: Request) -> Answer:
    wanted = _body(request, Login, "Bad Request")
    row = await ctx.db.read(rows.by_username, wanted.username or "")
    if row is None or not row.active:
        raise PermissionDenied("user not found" if row is None else "user not active")
    try:
        token, _ = await open_session(ctx, row, wanted.password or "")
    except Unauthenticated as error:
        raise PermissionDenied(error.text) from error
    headers = cookie(token) if request.query.get("cookie", [""])[0] == "true" else []
    return Answer(msgspec.json.encode({"token": token}), headers=headers)


@route("POST", "/logout")
async def go_out(ctx: Context, request: Request) -> Answer:
    await ctx.db.write(auth.logout, _caller(request), True)
    return Answer(b'""', headers=NO_COOKIE)


@route("GET", "/users")
async def everybody(ctx: Context, _request: Request) -> Answer:
    return Answer(msgspec.json.encode(await ctx.db.read(old_users.everybody)))


@route("GET", "/users/me")
async def me(ctx: Context, request: Request) -> Answer:
    return Answer(msgspec.json.encode(await ctx.db.read(old_users.me, _caller(request).user_id)))


@route("POST", "/users")
async def create(ctx: Context, request: Request) -> Answer:
    await ctx.db.write(old_users.create, _caller(request), _body(request, OldPost, "bad request"), ctx.settings.exposed)
    return Answer(b"{}")


@route("PATCH", "/users/{username}")
async def patch(ctx: Context, request: Request) -> Answer:
    caller, wanted = _caller(request), _body(request, OldPatch, "bad request")
    may = caller.admin or caller.username == request.values["username"]
    hashed = await passwords.hashed(wanted.password) if wanted.password and may else None
    await ctx.db.write(old_users.patch, caller, request.values["username"], wanted, hashed, ctx.settings.exposed)
    return Answer(b"{}")


@route("PATCH", "/users/{username}/username")
async def rename(ctx: Context, request: Request) -> Answer:
    wanted = _body(request, Rename, "bad request")
    await ctx.db.write(old_users.rename, _caller(request), request.values["username"], wanted.username)
    return Answer(b"{}")


@route("GET", "/users/{username}/image")
async def image(ctx: Context, request: Request) -> Answer:
    await ctx.db.read(old_users.exists, request.values["username"])
    return Answer(headers=[(b"cache-control", b"public, max-age=3600")])


def _caller(request: Request) -> Caller:
    assert request.caller is not None, "the route is not public"
    return request.caller


def _body(request: Request, kind: type[T], text: str) -> T:
    """The body as a struct; InvalidArgument with `text` when it is none."""
    try:
        return msgspec.json.decode(request.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidArgument(text, str(error)) from error
