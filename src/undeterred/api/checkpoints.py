"""Checkpoints: reports, lists, metadata, removal, and their files as an archive."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from undeterred.api import render
from undeterred.api.serve import Answer, Request, route, serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import checkpoint_files, checkpoints, collecting, shown_checkpoints
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire import checkpoints as wire

VIEW, EDIT = Permission.VIEW_EXPERIMENT_ARTIFACTS, Permission.UPDATE_EXPERIMENT


@serves(wire.report_checkpoint, needs=EDIT)
async def report(ctx: Context, caller: Caller, request: wire.ReportCheckpointRequest) -> wire.ReportCheckpointResponse:
    await ctx.db.write(checkpoints.report, caller, request.checkpoint)
    return wire.ReportCheckpointResponse()


@serves(wire.get_checkpoint, needs=VIEW)
async def get(ctx: Context, _caller: Caller, request: wire.GetCheckpointRequest) -> wire.GetCheckpointResponse:
    return wire.GetCheckpointResponse(checkpoint=await ctx.db.read(checkpoints.get, request.checkpoint_uuid))


@serves(wire.get_trial_checkpoints, needs=VIEW)
async def of_trial(ctx: Context, _caller: Caller, request: wire.GetTrialCheckpointsRequest) -> wire.GetTrialCheckpointsResponse:
    return await ctx.db.read(shown_checkpoints.of_trial, request)


@serves(wire.get_experiment_checkpoints, needs=VIEW)
async def of_experiment(
    ctx: Context, _caller: Caller, request: wire.GetExperimentCheckpointsRequest
) -> wire.GetExperimentCheckpointsResponse:
    return await ctx.db.read(shown_checkpoints.of_experiment, request)


@serves(wire.post_checkpoint_metadata, needs=EDIT)
async def post_metadata(ctx: Context, caller: Caller, request: wire.PostCheckpointMetadataRequest) -> wire.PostCheckpointMetadataResponse:
    return wire.PostCheckpointMetadataResponse(checkpoint=await ctx.db.write(checkpoints.post_metadata, caller, request.checkpoint))


@serves(wire.patch_checkpoints, needs=EDIT)
async def patch(ctx: Context, caller: Caller, request: wire.PatchCheckpointsRequest) -> wire.PatchCheckpointsResponse:
    await ctx.db.write(checkpoints.patch, caller, request.checkpoints)
    return wire.PatchCheckpointsResponse()


@serves(wire.checkpoints_remove_files, needs=EDIT)
async def remove_files(ctx: Context, caller: Caller, request: wire.CheckpointsRemoveFilesRequest) -> wire.CheckpointsRemoveFilesResponse:
    await ctx.db.write(collecting.remove, caller, request.checkpoint_uuids, request.checkpoint_globs)
    return wire.CheckpointsRemoveFilesResponse()


@serves(wire.delete_checkpoints, needs=EDIT)
async def delete(ctx: Context, caller: Caller, request: wire.DeleteCheckpointsRequest) -> wire.DeleteCheckpointsResponse:
    await ctx.db.write(collecting.remove, caller, request.checkpoint_uuids, collecting.ALL)
    return wire.DeleteCheckpointsResponse()


@route("GET", "/checkpoints/{uuid}")
async def download(ctx: Context, request: Request) -> Answer:
    accept = request.headers.get(b"accept", b"").decode("latin-1")
    kind = checkpoint_files.kind_of(accept)
    if kind is None:
        return Answer(render.message(f"unsupported media type to download a checkpoint: '{accept}'"), 415)
    source = await ctx.db.read(checkpoint_files.find, request.values["uuid"])
    files = await asyncio.to_thread(checkpoint_files.listed, source)
    disposition = f'attachment; filename="{source.uuid}.{kind.suffix}"'.encode()
    return Answer(_sent(checkpoint_files.archive(source, files, kind)), 200, kind.content_type, [(b"content-disposition", disposition)])


async def _sent(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces that are made in worker threads, as they are wanted."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
