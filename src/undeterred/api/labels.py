"""Labels of experiments."""

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import experiment_lists, experiment_patch
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.experiments import (
    DeleteExperimentLabelRequest,
    DeleteExperimentLabelResponse,
    GetExperimentLabelsRequest,
    GetExperimentLabelsResponse,
    PutExperimentLabelRequest,
    PutExperimentLabelResponse,
    delete_experiment_label,
    get_experiment_labels,
    put_experiment_label,
)


@serves(get_experiment_labels, needs=Permission.VIEW_EXPERIMENT_METADATA)
async def list_labels(ctx: Context, _caller: Caller, request: GetExperimentLabelsRequest) -> GetExperimentLabelsResponse:
    return await ctx.db.read(experiment_lists.labels, ctx.experiment_index, request)


@serves(put_experiment_label, needs=Permission.UPDATE_EXPERIMENT_METADATA)
async def put(ctx: Context, _caller: Caller, request: PutExperimentLabelRequest) -> PutExperimentLabelResponse:
    return PutExperimentLabelResponse(labels=await ctx.db.write(experiment_patch.put_label, request.experiment_id, request.label))


@serves(delete_experiment_label, needs=Permission.UPDATE_EXPERIMENT_METADATA)
async def delete(ctx: Context, _caller: Caller, request: DeleteExperimentLabelRequest) -> DeleteExperimentLabelResponse:
    return DeleteExperimentLabelResponse(labels=await ctx.db.write(experiment_patch.delete_label, request.experiment_id, request.label))
