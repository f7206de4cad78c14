"""The model registry."""

from undeterred.api.serve import serves
from undeterred.services import models
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.models import (
    ArchiveModelRequest,
    ArchiveModelResponse,
    DeleteModelRequest,
    DeleteModelResponse,
    GetModelLabelsRequest,
    GetModelLabelsResponse,
    GetModelRequest,
    GetModelResponse,
    GetModelsRequest,
    GetModelsResponse,
    MoveModelRequest,
    MoveModelResponse,
    PatchModel,
    PatchModelRequest,
    PatchModelResponse,
    PostModelRequest,
    PostModelResponse,
    UnarchiveModelRequest,
    UnarchiveModelResponse,
    archive_model,
    delete_model,
    get_model,
    get_model_labels,
    get_models,
    move_model,
    patch_model,
    post_model,
    unarchive_model,
)


@serves(get_model)
async def get(ctx: Context, _caller: Caller, request: GetModelRequest) -> GetModelResponse:
    return GetModelResponse(model=await ctx.db.read(models.get, request.model_name))


@serves(get_models)
async def list_models(ctx: Context, _caller: Caller, request: GetModelsRequest) -> GetModelsResponse:
    return await ctx.db.read(models.list_models, request)


@serves(get_model_labels)
async def labels(ctx: Context, _caller: Caller, request: GetModelLabelsRequest) -> GetModelLabelsResponse:
    workspace_id = request.workspace_id if isinstance(request.workspace_id, int) else None
    return GetModelLabelsResponse(labels=await ctx.db.read(models.labels, workspace_id))


@serves(post_model)
async def create(ctx: Context, caller: Caller, request: PostModelRequest) -> PostModelResponse:
    return PostModelResponse(model=await ctx.db.write(models.create, caller, request))


@serves(patch_model)
async def patch(ctx: Context, _caller: Caller, request: PatchModelRequest) -> PatchModelResponse:
    return PatchModelResponse(model=await ctx.db.write(models.patch, request.model_name, request.model or PatchModel()))


@serves(archive_model)
async def archive(ctx: Context, _caller: Caller, request: ArchiveModelRequest) -> ArchiveModelResponse:
    await ctx.db.write(models.archive, request.model_name, True)
    return ArchiveModelResponse()


@serves(unarchive_model)
async def unarchive(ctx: Context, _caller: Caller, request: UnarchiveModelRequest) -> UnarchiveModelResponse:
    await ctx.db.write(models.archive, request.model_name, False)
    return UnarchiveModelResponse()


@serves(move_model)
async def move(ctx: Context, _caller: Caller, request: MoveModelRequest) -> MoveModelResponse:
    await ctx.db.write(models.move, request.model_name, request.destination_workspace_id)
    return MoveModelResponse()


@serves(delete_model)
async def delete(ctx: Context, caller: Caller, request: DeleteModelRequest) -> DeleteModelResponse:
    await ctx.db.write(models.delete, caller, request.model_name)
    return DeleteModelResponse()
