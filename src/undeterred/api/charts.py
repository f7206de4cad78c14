"""The charts of experiments: curves of trials, and streams that look again until an experiment has ended."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import charts, series
from undeterred.services.charts import Look
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.store.db import Tx
from undeterred.wire import charts as wire
from undeterred.wire.base import Message

VIEW = Permission.VIEW_EXPERIMENT_ARTIFACTS
PERIOD_S = 30


@serves(wire.compare_trials, needs=VIEW)
async def compare(ctx: Context, _caller: Caller, request: wire.CompareTrialsRequest) -> wire.CompareTrialsResponse:
    return await ctx.db.read(series.compare, request, ctx.drawn)


@serves(wire.exp_metric_names, needs=VIEW)
async def metric_names(ctx: Context, _caller: Caller, request: wire.ExpMetricNamesRequest) -> AsyncIterator[Message]:
    async for message in _looks(ctx, request.period_seconds, wire.ExpMetricNamesResponse(), charts.names, request.ids):
        yield message


@serves(wire.metric_batches, needs=VIEW)
async def metric_batches(ctx: Context, _caller: Caller, request: wire.MetricBatchesRequest) -> AsyncIterator[Message]:
    group = charts.checked(request)
    async for message in _looks(ctx, request.period_seconds, wire.MetricBatchesResponse(), charts.batches, request, group):
        yield message


@serves(wire.trials_snapshot, needs=VIEW)
async def trials_snapshot(ctx: Context, _caller: Caller, request: wire.TrialsSnapshotRequest) -> AsyncIterator[Message]:
    group = charts.checked(request)
    async for message in _looks(ctx, request.period_seconds, wire.TrialsSnapshotResponse(), charts.snapshot, request, group):
        yield message


@serves(wire.trials_sample, needs=VIEW)
async def trials_sample(ctx: Context, _caller: Caller, request: wire.TrialsSampleRequest) -> AsyncIterator[Message]:
    group = charts.checked(request)
    async for message in _looks(ctx, request.period_seconds, wire.TrialsSampleResponse(), charts.sample, request, group):
        yield message


async def _looks(
    ctx: Context, period_s: int, nothing: Message, look: Callable[..., tuple[Message | None, bool]], *args: Any
) -> AsyncIterator[Message]:
    """One look every period until it is the last one; the first is told even where there is `nothing`."""
    seen = Look(names=set(), searcher=set(), batches=set(), sample=[])
    first, ended = True, False
    while not ended:
        news, ended = await ctx.db.read(_look, look, (*args, seen))
        if news is not None or first:
            yield nothing if news is None else news
        first = False
        if not ended:
            heard = ctx.bell.listen("stopping")
            await ctx.bell.wait("stopping", heard, period_s if period_s > 0 else PERIOD_S)
            ended = ctx.stopping


def _look(tx: Tx, look: Callable[..., tuple[Message | None, bool]], args: tuple[Any, ...]) -> tuple[Message | None, bool]:
    return look(tx, *args)
