"""Verbs on many runs of a project."""

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import run_actions
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.services.run_actions import Act
from undeterred.wire import runs as wire

BATCH = 50
_Request = (
    wire.ArchiveRunsRequest
    | wire.UnarchiveRunsRequest
    | wire.PauseRunsRequest
    | wire.ResumeRunsRequest
    | wire.KillRunsRequest
    | wire.DeleteRunsRequest
)


@serves(wire.archive_runs, needs=Permission.UPDATE_EXPERIMENT_METADATA)
async def archive(ctx: Context, caller: Caller, request: wire.ArchiveRunsRequest) -> wire.ArchiveRunsResponse:
    return wire.ArchiveRunsResponse(results=await _many(ctx, caller, request, run_actions.archive))


@serves(wire.unarchive_runs, needs=Permission.UPDATE_EXPERIMENT_METADATA)
async def unarchive(ctx: Context, caller: Caller, request: wire.UnarchiveRunsRequest) -> wire.UnarchiveRunsResponse:
    return wire.UnarchiveRunsResponse(results=await _many(ctx, caller, request, run_actions.unarchive))


@serves(wire.pause_runs, needs=Permission.UPDATE_EXPERIMENT)
async def pause(ctx: Context, caller: Caller, request: wire.PauseRunsRequest) -> wire.PauseRunsResponse:
    return wire.PauseRunsResponse(results=await _many(ctx, caller, request, run_actions.pause))


@serves(wire.resume_runs, needs=Permission.UPDATE_EXPERIMENT)
async def resume(ctx: Context, caller: Caller, request: wire.ResumeRunsRequest) -> wire.ResumeRunsResponse:
    return wire.ResumeRunsResponse(results=await _many(ctx, caller, request, run_actions.resume))


@serves(wire.kill_runs, needs=Permission.UPDATE_EXPERIMENT)
async def kill(ctx: Context, caller: Caller, request: wire.KillRunsRequest) -> wire.KillRunsResponse:
    return wire.KillRunsResponse(results=await _many(ctx, caller, request, run_actions.kill))


@serves(wire.delete_runs, needs=Permission.DELETE_EXPERIMENT)
async def delete(ctx: Context, caller: Caller, request: wire.DeleteRunsRequest) -> wire.DeleteRunsResponse:
    return wire.DeleteRunsResponse(results=await _many(ctx, caller, request, run_actions.delete, 1))


@serves(wire.move_runs, needs=Permission.UPDATE_EXPERIMENT_METADATA)
async def move(ctx: Context, caller: Caller, request: wire.MoveRunsRequest) -> wire.MoveRunsResponse:
    return wire.MoveRunsResponse(results=await ctx.db.write(run_actions.move, caller, request))


async def _many(ctx: Context, caller: Caller, request: _Request, do: Act, batch: int = BATCH) -> list[wire.RunActionResult]:
    """Some runs a commit, so that a large request does not hold up everybody else."""
    either = not isinstance(request, wire.KillRunsRequest)
    ids = await ctx.db.read(run_actions.meant, request.project_id, request.run_ids, request.filter, either)
    results: list[wire.RunActionResult] = []
    for at in range(0, len(ids), batch):
        if do is run_actions.delete:
            while not await ctx.db.write(run_actions.clear, request.project_id, ids[at]):
                pass
        results += await ctx.db.write(run_actions.act_on_many, caller, request.project_id, ids[at : at + batch], do, either)
    return results
