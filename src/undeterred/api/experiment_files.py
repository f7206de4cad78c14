"""Files of an experiment: its model definition (unpacked in worker threads), its tensorboard files."""

import asyncio

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.errors import NotFound
from undeterred.services import collecting
from undeterred.services import experiment_files as services
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.store import experiment_files as store
from undeterred.wire.experiment_files import (
    GetModelDefFileRequest,
    GetModelDefFileResponse,
    GetModelDefRequest,
    GetModelDefResponse,
    GetModelDefTreeRequest,
    GetModelDefTreeResponse,
    get_model_def,
    get_model_def_file,
    get_model_def_tree,
)
from undeterred.wire.experiments import DeleteTensorboardFilesRequest, DeleteTensorboardFilesResponse, delete_tensorboard_files


@serves(get_model_def, needs=Permission.VIEW_EXPERIMENT_ARTIFACTS)
async def get(ctx: Context, _caller: Caller, request: GetModelDefRequest) -> GetModelDefResponse:
    return await asyncio.to_thread(services.model_def, await _archive(ctx, request.experiment_id))


@serves(get_model_def_tree, needs=Permission.VIEW_EXPERIMENT_ARTIFACTS)
async def tree(ctx: Context, _caller: Caller, request: GetModelDefTreeRequest) -> GetModelDefTreeResponse:
    return await asyncio.to_thread(services.tree, await _archive(ctx, request.experiment_id))


@serves(get_model_def_file, needs=Permission.VIEW_EXPERIMENT_ARTIFACTS)
async def file(ctx: Context, _caller: Caller, request: GetModelDefFileRequest) -> GetModelDefFileResponse:
    return await asyncio.to_thread(services.file, await _archive(ctx, request.experiment_id), request.path)


@serves(delete_tensorboard_files, needs=Permission.UPDATE_EXPERIMENT)
async def delete_tensorboard(ctx: Context, _caller: Caller, request: DeleteTensorboardFilesRequest) -> DeleteTensorboardFilesResponse:
    await ctx.db.write(collecting.tensorboard_of, request.experiment_id)
    return DeleteTensorboardFilesResponse()


async def _archive(ctx: Context, experiment_id: int) -> bytes:
    archive = await ctx.db.read(store.archive, experiment_id)
    if archive is None:
        raise NotFound(f"experiment '{experiment_id}' not found")
    return archive
