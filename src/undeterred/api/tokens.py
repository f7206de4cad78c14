"""Access tokens."""

from undeterred.api.serve import serves
from undeterred.services import tokens
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.tokens import (
    GetAccessTokensRequest,
    GetAccessTokensResponse,
    PatchAccessTokenRequest,
    PatchAccessTokenResponse,
    PostAccessTokenRequest,
    PostAccessTokenResponse,
    get_access_tokens,
    patch_access_token,
    post_access_token,
)


@serves(post_access_token)
async def create(ctx: Context, caller: Caller, request: PostAccessTokenRequest) -> PostAccessTokenResponse:
    return await ctx.db.write(tokens.create, caller, request, ctx.settings.config.security.token)


@serves(get_access_tokens)
async def list_tokens(ctx: Context, caller: Caller, request: GetAccessTokensRequest) -> GetAccessTokensResponse:
    return await ctx.db.read(tokens.list_tokens, caller, request)


@serves(patch_access_token)
async def patch(ctx: Context, caller: Caller, request: PatchAccessTokenRequest) -> PatchAccessTokenResponse:
    return PatchAccessTokenResponse(token_info=await ctx.db.write(tokens.patch, caller, request))
