"""Versions of a registered model."""

from undeterred.api.serve import serves
from undeterred.services import model_versions
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.model_versions import (
    DeleteModelVersionRequest,
    DeleteModelVersionResponse,
    GetModelVersionRequest,
    GetModelVersionResponse,
    GetModelVersionsRequest,
    GetModelVersionsResponse,
    PatchModelVersion,
    PatchModelVersionRequest,
    PatchModelVersionResponse,
    PostModelVersionRequest,
    PostModelVersionResponse,
    delete_model_version,
    get_model_version,
    get_model_versions,
    patch_model_version,
    post_model_version,
)


@serves(get_model_version)
async def get(ctx: Context, _caller: Caller, request: GetModelVersionRequest) -> GetModelVersionResponse:
    found = await ctx.db.read(model_versions.get, request.model_name, request.model_version_num)
    return GetModelVersionResponse(model_version=found)


@serves(get_model_versions)
async def list_versions(ctx: Context, _caller: Caller, request: GetModelVersionsRequest) -> GetModelVersionsResponse:
    return await ctx.db.read(model_versions.list_versions, request)


@serves(post_model_version)
async def create(ctx: Context, caller: Caller, request: PostModelVersionRequest) -> PostModelVersionResponse:
    return PostModelVersionResponse(model_version=await ctx.db.write(model_versions.create, caller, request))


@serves(patch_model_version)
async def patch(ctx: Context, _caller: Caller, request: PatchModelVersionRequest) -> PatchModelVersionResponse:
    wanted = request.model_version or PatchModelVersion()
    changed = await ctx.db.write(model_versions.patch, request.model_name, request.model_version_num, wanted)
    return PatchModelVersionResponse(model_version=changed)


@serves(delete_model_version)
async def delete(ctx: Context, caller: Caller, request: DeleteModelVersionRequest) -> DeleteModelVersionResponse:
    await ctx.db.write(model_versions.delete, caller, request.model_name, request.model_version_num)
    return DeleteModelVersionResponse()
