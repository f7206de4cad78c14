"""Settings that the web page keeps for a user."""

from undeterred.api.serve import serves
from undeterred.services import user_settings
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.user_settings import (
    GetUserSettingRequest,
    GetUserSettingResponse,
    PostUserSettingRequest,
    PostUserSettingResponse,
    ResetUserSettingRequest,
    ResetUserSettingResponse,
    get_user_setting,
    post_user_setting,
    reset_user_setting,
)


@serves(get_user_setting)
async def get(ctx: Context, caller: Caller, _request: GetUserSettingRequest) -> GetUserSettingResponse:
    return GetUserSettingResponse(settings=await ctx.db.read(user_settings.of, caller.user_id))


@serves(post_user_setting)
async def post(ctx: Context, caller: Caller, request: PostUserSettingRequest) -> PostUserSettingResponse:
    await ctx.db.write(user_settings.keep, caller, request.settings)
    return PostUserSettingResponse()


@serves(reset_user_setting)
async def reset(ctx: Context, caller: Caller, _request: ResetUserSettingRequest) -> ResetUserSettingResponse:
    await ctx.db.write(user_settings.reset, caller)
    return ResetUserSettingResponse()
