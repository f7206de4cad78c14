"""Runs as their own process speaks of them: where checkpoints go, free metadata."""

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import run_reports
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire import runs as wire


@serves(wire.run_prepare_for_reporting, needs=Permission.UPDATE_EXPERIMENT)
async def prepare(ctx: Context, caller: Caller, request: wire.RunPrepareForReportingRequest) -> wire.RunPrepareForReportingResponse:
    return await ctx.db.write(run_reports.prepare, caller, request)


@serves(wire.get_run_metadata, needs=Permission.VIEW_EXPERIMENT_METADATA)
async def get_metadata(ctx: Context, _caller: Caller, request: wire.GetRunMetadataRequest) -> wire.GetRunMetadataResponse:
    return wire.GetRunMetadataResponse(metadata=await ctx.db.read(run_reports.get_metadata, request.run_id))


@serves(wire.post_run_metadata, needs=Permission.UPDATE_EXPERIMENT_METADATA)
async def post_metadata(ctx: Context, caller: Caller, request: wire.PostRunMetadataRequest) -> wire.PostRunMetadataResponse:
    metadata = run_reports.checked(request.metadata)
    return wire.PostRunMetadataResponse(metadata=await ctx.db.write(run_reports.post_metadata, caller, request.run_id, metadata))
