"""Verbs on one experiment and on many of a project."""

from collections.abc import Iterator

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.domain.lifecycle.experiments import Verb
from undeterred.services import experiment_actions, experiment_moves
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.experiment_actions import (
    ActivateExperimentRequest,
    ActivateExperimentResponse,
    ActivateExperimentsRequest,
    ActivateExperimentsResponse,
    ArchiveExperimentRequest,
    ArchiveExperimentResponse,
    ArchiveExperimentsRequest,
    ArchiveExperimentsResponse,
    CancelExperimentRequest,
    CancelExperimentResponse,
    CancelExperimentsRequest,
    CancelExperimentsResponse,
    DeleteExperimentRequest,
    DeleteExperimentResponse,
    DeleteExperimentsRequest,
    DeleteExperimentsResponse,
    ExperimentActionResult,
    KillExperimentRequest,
    KillExperimentResponse,
    KillExperimentsRequest,
    KillExperimentsResponse,
    MoveExperimentRequest,
    MoveExperimentResponse,
    MoveExperimentsRequest,
    MoveExperimentsResponse,
    PauseExperimentRequest,
    PauseExperimentResponse,
    PauseExperimentsRequest,
    PauseExperimentsResponse,
    UnarchiveExperimentRequest,
    UnarchiveExperimentResponse,
    UnarchiveExperimentsRequest,
    UnarchiveExperimentsResponse,
    activate_experiment,
    activate_experiments,
    archive_experiment,
    archive_experiments,
    cancel_experiment,
    cancel_experiments,
    delete_experiment,
    delete_experiments,
    kill_experiment,
    kill_experiments,
    move_experiment,
    move_experiments,
    pause_experiment,
    pause_experiments,
    unarchive_experiment,
    unarchive_experiments,
)
from undeterred.wire.logs import (
    PutExperimentRetainLogsRequest,
    PutExperimentRetainLogsResponse,
    PutExperimentsRetainLogsRequest,
    PutExperimentsRetainLogsResponse,
    put_experiment_retain_logs,
    put_experiments_retain_logs,
)

BATCH = 50
_Request = (
    ActivateExperimentsRequest
    | PauseExperimentsRequest
    | CancelExperimentsRequest
    | KillExperimentsRequest
    | ArchiveExperimentsRequest
    | UnarchiveExperimentsRequest
    | DeleteExperimentsRequest
)


@serves(activate_experiment, needs=Permission.UPDATE_EXPERIMENT)
async def activate(ctx: Context, caller: Caller, request: ActivateExperimentRequest) -> ActivateExperimentResponse:
    await ctx.db.write(experiment_actions.act, caller, Verb.ACTIVATE, request.id)
    return ActivateExperimentResponse()


@serves(activate_experiments, needs=Permission.UPDATE_EXPERIMENT)
async def activate_many(ctx: Context, caller: Caller, request: ActivateExperimentsRequest) -> ActivateExperimentsResponse:
    return ActivateExperimentsResponse(results=await _many(ctx, caller, Verb.ACTIVATE, request))


@serves(pause_experiment, needs=Permission.UPDATE_EXPERIMENT)
async def pause(ctx: Context, caller: Caller, request: PauseExperimentRequest) -> PauseExperimentResponse:
    await ctx.db.write(experiment_actions.act, caller, Verb.PAUSE, request.id)
    return PauseExperimentResponse()


@serves(pause_experiments, needs=Permission.UPDATE_EXPERIMENT)
async def pause_many(ctx: Context, caller: Caller, request: PauseExperimentsRequest) -> PauseExperimentsResponse:
    return PauseExperimentsResponse(results=await _many(ctx, caller, Verb.PAUSE, request))


@serves(cancel_experiment, needs=Permission.UPDATE_EXPERIMENT)
async def cancel(ctx: Context, caller: Caller, request: CancelExperimentRequest) -> CancelExperimentResponse:
    await ctx.db.write(experiment_actions.act, caller, Verb.CANCEL, request.id)
    return CancelExperimentResponse()


@serves(cancel_experiments, needs=Permission.UPDATE_EXPERIMENT)
async def cancel_many(ctx: Context, caller: Caller, request: CancelExperimentsRequest) -> CancelExperimentsResponse:
    return CancelExperimentsResponse(results=await _many(ctx, caller, Verb.CANCEL, request))


@serves(kill_experiment, needs=Permission.UPDATE_EXPERIMENT)
async def kill(ctx: Context, caller: Caller, request: KillExperimentRequest) -> KillExperimentResponse:
    await ctx.db.write(experiment_actions.act, caller, Verb.KILL, request.id)
    return KillExperimentResponse()


@serves(kill_experiments, needs=Permission.UPDATE_EXPERIMENT)
async def kill_many(ctx: Context, caller: Caller, request: KillExperimentsRequest) -> KillExperimentsResponse:
    return KillExperimentsResponse(results=await _many(ctx, caller, Verb.KILL, request))


@serves(archive_experiment, needs=Permission.UPDATE_EXPERIMENT)
async def archive(ctx: Context, caller: Caller, request: ArchiveExperimentRequest) -> ArchiveExperimentResponse:
    await ctx.db.write(experiment_actions.act, caller, Verb.ARCHIVE, request.id)
    return ArchiveExperimentResponse()


@serves(archive_experiments, needs=Permission.UPDATE_EXPERIMENT)
async def archive_many(ctx: Context, caller: Caller, request: ArchiveExperimentsRequest) -> ArchiveExperimentsResponse:
    return ArchiveExperimentsResponse(results=await _many(ctx, caller, Verb.ARCHIVE, request))


@serves(unarchive_experiment, needs=Permission.UPDATE_EXPERIMENT)
async def unarchive(ctx: Context, caller: Caller, request: UnarchiveExperimentRequest) -> UnarchiveExperimentResponse:
    await ctx.db.write(experiment_actions.act, caller, Verb.UNARCHIVE, request.id)
    return UnarchiveExperimentResponse()


@serves(unarchive_experiments, needs=Permission.UPDATE_EXPERIMENT)
async def unarchive_many(ctx: Context, caller: Caller, request: UnarchiveExperimentsRequest) -> UnarchiveExperimentsResponse:
    return UnarchiveExperimentsResponse(results=await _many(ctx, caller, Verb.UNARCHIVE, request))


@serves(delete_experiment, needs=Permission.DELETE_EXPERIMENT)
async def delete(ctx: Context, caller: Caller, request: DeleteExperimentRequest) -> DeleteExperimentResponse:
    await ctx.db.write(experiment_actions.act, caller, Verb.DELETE, request.experiment_id)
    return DeleteExperimentResponse()


@serves(delete_experiments, needs=Permission.DELETE_EXPERIMENT)
async def delete_many(ctx: Context, caller: Caller, request: DeleteExperimentsRequest) -> DeleteExperimentsResponse:
    return DeleteExperimentsResponse(results=await _many(ctx, caller, Verb.DELETE, request))


@serves(move_experiment, needs=Permission.UPDATE_EXPERIMENT_METADATA)
async def move(ctx: Context, _caller: Caller, request: MoveExperimentRequest) -> MoveExperimentResponse:
    await ctx.db.write(experiment_moves.move, request.experiment_id, request.destination_project_id)
    return MoveExperimentResponse()


@serves(move_experiments, needs=Permission.UPDATE_EXPERIMENT_METADATA)
async def move_many(ctx: Context, caller: Caller, request: MoveExperimentsRequest) -> MoveExperimentsResponse:
    results = await ctx.db.write(experiment_moves.move_many, caller, request)
    return MoveExperimentsResponse(results=results)


@serves(put_experiment_retain_logs, needs=Permission.UPDATE_EXPERIMENT)
async def retain_logs(ctx: Context, _caller: Caller, request: PutExperimentRetainLogsRequest) -> PutExperimentRetainLogsResponse:
    await ctx.db.write(experiment_actions.retain_logs, request.experiment_id, request.num_days)
    return PutExperimentRetainLogsResponse()


@serves(put_experiments_retain_logs, needs=Permission.UPDATE_EXPERIMENT)
async def retain_logs_of_many(ctx: Context, caller: Caller, request: PutExperimentsRetainLogsRequest) -> PutExperimentsRetainLogsResponse:
    ids = await ctx.db.read(experiment_actions.meant, None, request.project_id, request.experiment_ids, request.filters)
    results: list[ExperimentActionResult] = []
    for some in _batches(ids):
        results += await ctx.db.write(experiment_actions.retain_logs_of_many, caller, request.project_id, some, request.num_days)
    return PutExperimentsRetainLogsResponse(results=results)


async def _many(ctx: Context, caller: Caller, verb: Verb, request: _Request) -> list[ExperimentActionResult]:
    """Some experiments a commit, so that a large request does not hold up everybody else."""
    ids = await ctx.db.read(experiment_actions.meant, verb, request.project_id, request.experiment_ids, request.filters)
    results: list[ExperimentActionResult] = []
    for some in _batches(ids):
        results += await ctx.db.write(experiment_actions.act_on_many, caller, verb, request.project_id, some)
    return results


def _batches(ids: list[int]) -> Iterator[list[int]]:
    for at in range(0, len(ids), BATCH):
        yield ids[at : at + BATCH]
