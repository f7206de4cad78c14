"""Users: read, create, change, passwords."""

from undeterred.api.serve import serves
from undeterred.services import passwords, users
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.users import (
    GetUserByUsernameRequest,
    GetUserByUsernameResponse,
    GetUserRequest,
    GetUserResponse,
    GetUsersRequest,
    GetUsersResponse,
    PatchUser,
    PatchUserRequest,
    PatchUserResponse,
    PatchUsersRequest,
    PatchUsersResponse,
    PostUserRequest,
    PostUserResponse,
    SetUserPasswordRequest,
    SetUserPasswordResponse,
    get_user,
    get_user_by_username,
    get_users,
    patch_user,
    patch_users,
    post_user,
    set_user_password,
)


@serves(get_users)
async def list_users(ctx: Context, _caller: Caller, request: GetUsersRequest) -> GetUsersResponse:
    return await ctx.db.read(users.list_users, request)


@serves(get_user)
async def get(ctx: Context, _caller: Caller, request: GetUserRequest) -> GetUserResponse:
    return GetUserResponse(user=await ctx.db.read(users.get, request.user_id))


@serves(get_user_by_username)
async def get_by_username(ctx: Context, _caller: Caller, request: GetUserByUsernameRequest) -> GetUserByUsernameResponse:
    return GetUserByUsernameResponse(user=await ctx.db.read(users.get_by_username, request.username))


@serves(post_user)
async def create(ctx: Context, caller: Caller, request: PostUserRequest) -> PostUserResponse:
    hashed = await passwords.hashed(passwords.as_sent(request.password, request.is_hashed)) if caller.admin else None
    return PostUserResponse(user=await ctx.db.write(users.create, caller, request, hashed, ctx.settings.exposed))


@serves(patch_user)
async def patch(ctx: Context, caller: Caller, request: PatchUserRequest) -> PatchUserResponse:
    wanted, hashed = request.user or PatchUser(), None
    if isinstance(wanted.password, str) and (caller.admin or caller.user_id == request.user_id):
        hashed = await passwords.hashed(passwords.as_sent(wanted.password, wanted.is_hashed))
    return PatchUserResponse(user=await ctx.db.write(users.patch, caller, request.user_id, wanted, hashed, ctx.settings.exposed))


@serves(patch_users)
async def patch_many(ctx: Context, caller: Caller, request: PatchUsersRequest) -> PatchUsersResponse:
    return await ctx.db.write(users.patch_many, caller, request, ctx.settings.exposed)


@serves(set_user_password)
async def set_password(ctx: Context, caller: Caller, request: SetUserPasswordRequest) -> SetUserPasswordResponse:
    hashed = None
    if caller.admin or caller.user_id == request.user_id:
        hashed = await passwords.hashed(passwords.as_sent(request.password, False))
    return SetUserPasswordResponse(user=await ctx.db.write(users.set_password, caller, request.user_id, hashed, ctx.settings.exposed))
