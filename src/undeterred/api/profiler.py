"""System metrics of a trial's profiler: the older way to report, and series read back."""

from collections.abc import AsyncIterator

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import profiler
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.services.profiler import Watched
from undeterred.wire import profiler as wire

VIEW = Permission.VIEW_EXPERIMENT_ARTIFACTS
POINTS_S, SERIES_S = 5, 15


@serves(wire.post_trial_profiler_metrics_batch, needs=Permission.UPDATE_EXPERIMENT)
async def post(
    ctx: Context, _caller: Caller, request: wire.PostTrialProfilerMetricsBatchRequest
) -> wire.PostTrialProfilerMetricsBatchResponse:
    await ctx.db.read(profiler.check_batches, request.batches)
    return wire.PostTrialProfilerMetricsBatchResponse()


@serves(wire.get_trial_profiler_metrics, needs=VIEW)
async def points(
    ctx: Context, _caller: Caller, request: wire.GetTrialProfilerMetricsRequest
) -> AsyncIterator[wire.GetTrialProfilerMetricsResponse]:
    labels, seen, more = request.labels or wire.TrialProfilerMetricLabels(), Watched(), True
    while more:
        before = seen.last_id
        found, more = await ctx.db.read(profiler.points, labels, seen)
        for message in found:
            yield message
        if more and seen.last_id == before:
            more = request.follow and await _pause(ctx, labels.trial_id, POINTS_S)


@serves(wire.get_trial_profiler_available_series, needs=VIEW)
async def available(
    ctx: Context, _caller: Caller, request: wire.GetTrialProfilerAvailableSeriesRequest
) -> AsyncIterator[wire.GetTrialProfilerAvailableSeriesResponse]:
    seen, more, shown = Watched(series={}), True, None
    while more:
        message, more = await ctx.db.read(profiler.available, request.trial_id, seen)
        if message.labels != shown:
            yield message
        shown = message.labels
        more = more and request.follow and await _pause(ctx, request.trial_id, SERIES_S)


async def _pause(ctx: Context, trial_id: int, seconds: float) -> bool:
    """Wait for news of a trial's profiler; false once the master stops."""
    topic = f"profiling:{trial_id}"
    heard = ctx.bell.listen(topic)
    await ctx.bell.wait(topic, heard, seconds)
    return not ctx.stopping
