"""Experiments: create, read, list, change."""

import asyncio

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import (
    experiment_continue,
    experiment_lists,
    experiment_patch,
    experiment_validations,
    experiments,
    shown_experiments,
    uploads,
)
from undeterred.services.context import Context
from undeterred.services.experiment_config import Planned
from undeterred.services.identity import Caller
from undeterred.services.uploads import Packed
from undeterred.wire.experiments import (
    ContinueExperimentRequest,
    ContinueExperimentResponse,
    CreateExperimentRequest,
    CreateExperimentResponse,
    GetBestSearcherValidationMetricRequest,
    GetBestSearcherValidationMetricResponse,
    GetExperimentRequest,
    GetExperimentResponse,
    GetExperimentsRequest,
    GetExperimentsResponse,
    GetExperimentValidationHistoryRequest,
    GetExperimentValidationHistoryResponse,
    PatchExperiment,
    PatchExperimentRequest,
    PatchExperimentResponse,
    PutExperimentRequest,
    PutExperimentResponse,
    continue_experiment,
    create_experiment,
    get_best_searcher_validation_metric,
    get_experiment,
    get_experiment_validation_history,
    get_experiments,
    patch_experiment,
    put_experiment,
)


@serves(create_experiment, needs=Permission.CREATE_EXPERIMENT)
async def create(ctx: Context, caller: Caller, request: CreateExperimentRequest) -> CreateExperimentResponse:
    early, packed = await _prepare(ctx, request)
    run = ctx.db.read if request.validate_only else ctx.db.write
    return await run(experiments.create, caller, ctx.layers, request, packed, early)


@serves(put_experiment, needs=Permission.CREATE_EXPERIMENT)
async def put(ctx: Context, caller: Caller, request: PutExperimentRequest) -> PutExperimentResponse:
    inner = request.create_experiment_request or CreateExperimentRequest()
    early, packed = await _prepare(ctx, inner)
    return await ctx.db.write(experiments.put, caller, ctx.layers, inner, packed, request.external_experiment_id, early)


@serves(continue_experiment, needs=Permission.UPDATE_EXPERIMENT)
async def go_on(ctx: Context, _caller: Caller, request: ContinueExperimentRequest) -> ContinueExperimentResponse:
    return await ctx.db.write(experiment_continue.continue_experiment, ctx.layers, request)


@serves(get_experiment, needs=Permission.VIEW_EXPERIMENT_METADATA)
async def get(ctx: Context, _caller: Caller, request: GetExperimentRequest) -> GetExperimentResponse:
    return await ctx.db.read(shown_experiments.get, request.experiment_id)


@serves(get_experiments, needs=Permission.VIEW_EXPERIMENT_METADATA)
async def list_experiments(ctx: Context, _caller: Caller, request: GetExperimentsRequest) -> GetExperimentsResponse:
    return await ctx.db.read(experiment_lists.page, ctx.experiment_index, request)


@serves(patch_experiment, needs=Permission.UPDATE_EXPERIMENT_METADATA)
async def patch(ctx: Context, _caller: Caller, request: PatchExperimentRequest) -> PatchExperimentResponse:
    return PatchExperimentResponse(experiment=await ctx.db.write(experiment_patch.patch, request.experiment or PatchExperiment()))


@serves(get_experiment_validation_history, needs=Permission.VIEW_EXPERIMENT_ARTIFACTS)
async def validation_history(
    ctx: Context, _caller: Caller, request: GetExperimentValidationHistoryRequest
) -> GetExperimentValidationHistoryResponse:
    history = await ctx.db.read(experiment_validations.history, request.experiment_id)
    return GetExperimentValidationHistoryResponse(validation_history=history)


@serves(get_best_searcher_validation_metric, needs=Permission.VIEW_EXPERIMENT_METADATA)
async def best_metric(
    ctx: Context, _caller: Caller, request: GetBestSearcherValidationMetricRequest
) -> GetBestSearcherValidationMetricResponse:
    return GetBestSearcherValidationMetricResponse(metric=await ctx.db.read(experiment_validations.best_metric, request.experiment_id))


async def _prepare(ctx: Context, request: CreateExperimentRequest) -> tuple[Planned | None, Packed | None]:
    """What takes long, done before the transaction: a long configuration and the archive."""
    early = await ctx.db.read(experiments.prepare, ctx.layers, request) if len(request.config) > experiments.EAGER_MAX else None
    return early, await asyncio.to_thread(uploads.pack, request.model_definition) if request.model_definition else None
