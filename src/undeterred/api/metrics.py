"""Metrics: reports of a trial, and streams that read them back."""

from collections.abc import AsyncIterator

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.domain.metrics.summary import TRAINING, VALIDATION
from undeterred.services import metric_streams, metrics
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire import metrics as wire

VIEW, EDIT = Permission.VIEW_EXPERIMENT_ARTIFACTS, Permission.UPDATE_EXPERIMENT


@serves(wire.report_trial_metrics, needs=EDIT)
async def report(ctx: Context, caller: Caller, request: wire.ReportTrialMetricsRequest) -> wire.ReportTrialMetricsResponse:
    await ctx.db.write(metrics.report, caller, metrics.read(request.metrics, request.group))
    return wire.ReportTrialMetricsResponse()


@serves(wire.report_trial_training_metrics, needs=EDIT)
async def report_training(
    ctx: Context, caller: Caller, request: wire.ReportTrialTrainingMetricsRequest
) -> wire.ReportTrialTrainingMetricsResponse:
    await ctx.db.write(metrics.report, caller, metrics.read(request.training_metrics, TRAINING))
    return wire.ReportTrialTrainingMetricsResponse()


@serves(wire.report_trial_validation_metrics, needs=EDIT)
async def report_validation(
    ctx: Context, caller: Caller, request: wire.ReportTrialValidationMetricsRequest
) -> wire.ReportTrialValidationMetricsResponse:
    await ctx.db.write(metrics.report, caller, metrics.read(request.validation_metrics, VALIDATION))
    return wire.ReportTrialValidationMetricsResponse()


@serves(wire.get_metrics, needs=VIEW)
async def stream(ctx: Context, _caller: Caller, request: wire.GetMetricsRequest) -> AsyncIterator[bytes]:
    async for message in _stream(ctx, request.trial_ids, request.group):
        yield message


@serves(wire.get_training_metrics, needs=VIEW)
async def stream_training(ctx: Context, _caller: Caller, request: wire.GetTrainingMetricsRequest) -> AsyncIterator[bytes]:
    async for message in _stream(ctx, request.trial_ids, TRAINING):
        yield message


@serves(wire.get_validation_metrics, needs=VIEW)
async def stream_validation(ctx: Context, _caller: Caller, request: wire.GetValidationMetricsRequest) -> AsyncIterator[bytes]:
    async for message in _stream(ctx, request.trial_ids, VALIDATION):
        yield message


@serves(wire.report_trial_source_info, needs=EDIT)
async def report_source(ctx: Context, _caller: Caller, request: wire.ReportTrialSourceInfoRequest) -> wire.ReportTrialSourceInfoResponse:
    return await ctx.db.write(metric_streams.report_source, request.trial_source_info)


@serves(wire.get_trial_metrics_by_checkpoint, needs=VIEW)
async def by_checkpoint(
    ctx: Context, _caller: Caller, request: wire.GetTrialMetricsByCheckpointRequest
) -> wire.GetTrialMetricsByCheckpointResponse:
    return await ctx.db.read(metric_streams.by_checkpoint, request)


@serves(wire.get_trial_metrics_by_model_version, needs=VIEW)
async def by_model_version(
    ctx: Context, _caller: Caller, request: wire.GetTrialMetricsByModelVersionRequest
) -> wire.GetTrialMetricsByModelVersionResponse:
    return await ctx.db.read(metric_streams.by_model_version, request)


async def _stream(ctx: Context, trial_ids: list[int], group: str) -> AsyncIterator[bytes]:
    """The reports of these trials by trial and step, ready NDJSON."""
    for trial_id in await ctx.db.read(metric_streams.check, trial_ids):
        after: int | None = metric_streams.BEFORE_ALL
        while after is not None:
            message, after = await ctx.db.read(metric_streams.page, trial_id, group, after)
            if message:
                yield message
