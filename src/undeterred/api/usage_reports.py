"""Reports of use: messages, and the same as tables (CSV) on the older routes that `det resources` asks."""

import asyncio
import csv
import io
import time
from collections.abc import Iterable, Sequence

from undeterred.api.serve import Answer, Request, route, serves
from undeterred.errors import InvalidArgument
from undeterred.services import usage_reports
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.store import usage_reports as rows
from undeterred.store.usage_reports import UsedRow
from undeterred.wire.base import instant
from undeterred.wire.usage_reports import (
    ResourceAllocationAggregatedEntry,
    ResourceAllocationAggregatedRequest,
    ResourceAllocationAggregatedResponse,
    ResourceAllocationRawEntry,
    ResourceAllocationRawRequest,
    ResourceAllocationRawResponse,
    resource_allocation_aggregated,
    resource_allocation_raw,
)
from undeterred.wire.usage_reports import ResourceAllocationAggregationPeriod as Period

RAW = ("experiment_id", "kind", "username", "labels", "slots", "start_time", "end_time", "seconds")
AGGREGATED = ("aggregation_type", "aggregation_key", "date", "seconds")
ALLOCATIONS = (
    "allocation_id",
    "task_type",
    "username",
    "workspace_name",
    "experiment_id",
    "slots",
    "start_time",
    "end_time",
    "imagepulling_time",
    "slot_hours",
    "resource_pool",
)
EARLY_US = 60_000_000  # a task is known for a span that ends up to a minute before its start
HOUR_US = 3_600_000_000


@serves(resource_allocation_raw)
async def raw(ctx: Context, _caller: Caller, request: ResourceAllocationRawRequest) -> ResourceAllocationRawResponse:
    span = usage_reports.span(request.timestamp_after, request.timestamp_before)
    return ResourceAllocationRawResponse(resource_entries=await ctx.db.read(usage_reports.raw, *span))


@serves(resource_allocation_aggregated)
async def aggregated(ctx: Context, _caller: Caller, request: ResourceAllocationAggregatedRequest) -> ResourceAllocationAggregatedResponse:
    return ResourceAllocationAggregatedResponse(resource_entries=await ctx.db.read(usage_reports.aggregated, request))


@route("GET", "/resources/allocation/raw")
async def raw_table(ctx: Context, request: Request) -> Answer:
    entries = await ctx.db.read(usage_reports.raw, *_span(request))
    return await asyncio.to_thread(_table, RAW, map(_raw_row, entries))


@route("GET", "/resources/allocation/aggregated")
async def aggregated_table(ctx: Context, request: Request) -> Answer:
    first, last, period = (_given(request, name) for name in ("start_date", "end_date", "period"))
    if period not in Period.__members__:
        raise InvalidArgument(f"{period} is no aggregation period: {' or '.join(list(Period.__members__)[1:])}")
    asked = ResourceAllocationAggregatedRequest(start_date=first, end_date=last, period=Period(period))
    entries = await ctx.db.read(usage_reports.aggregated, asked)
    return _table(AGGREGATED, [row for entry in entries for row in _aggregated_rows(entry)])


@route("GET", "/resources/allocation/allocations-csv")
async def allocations_table(ctx: Context, request: Request) -> Answer:
    after, before = _span(request)
    found = await ctx.db.read(rows.used, after, before)
    now = time.time_ns() // 1000
    return await asyncio.to_thread(_table, ALLOCATIONS, (_allocation_row(row, after, before, now) for row in found))


def _span(request: Request) -> tuple[int, int]:
    return usage_reports.span(_given(request, "timestamp_after"), _given(request, "timestamp_before"))


def _given(request: Request, name: str) -> str:
    value = request.query.get(name, [""])[0]
    if not value:
        raise InvalidArgument(f"missing parameter: {name}")
    return value


def _table(header: Sequence[str], lines: Iterable[Sequence[object]]) -> Answer:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows(lines)
    return Answer(text.getvalue().encode(), content_type="text/csv")


def _raw_row(entry: ResourceAllocationRawEntry) -> Sequence[object]:
    labels = ",".join(label.replace("\\", "\\\\").replace(",", "\\,") for label in entry.labels)
    times = [_trimmed(entry.start_time), _trimmed(entry.end_time)]
    return [entry.experiment_id, entry.kind, entry.username, labels, entry.slots, *times, f"{float(entry.seconds):f}"]


def _aggregated_rows(entry: ResourceAllocationAggregatedEntry) -> Iterable[Sequence[object]]:
    kinds = (
        ("experiment_label", entry.by_experiment_label),
        ("username", entry.by_username),
        ("resource_pool", entry.by_resource_pool),
        ("total", {"total": entry.seconds}),
    )
    return [(kind, key, entry.period_start, f"{float(seconds):f}") for kind, counts in kinds for key, seconds in counts.items()]


def _allocation_row(row: UsedRow, after: int, before: int, now: int) -> Sequence[object]:
    """One that waits is there for every span; whose it is only where its task was there then."""
    known = row.task_started_at - EARLY_US < before and (now if row.task_ended_at is None else row.task_ended_at) > after
    begun, ended = row.started_at, now if row.ended_at is None else row.ended_at
    hours = 0.0 if begun is None else max(0, min(ended, before) - max(begun, after)) * row.slots / HOUR_US
    return [
        row.id,
        row.task_type if known else "",
        row.username if known else "",
        row.workspace_name,
        row.experiment_id or "",
        0 if begun is None else row.slots,
        "" if begun is None else _trimmed(instant(begun)),
        "" if row.ended_at is None else _trimmed(instant(row.ended_at)),
        "0.0",
        f"{hours:f}" if hours else "0.0",
        row.pool,
    ]


def _trimmed(text: str | None) -> str:
    """A time without the zeros that end its fraction."""
    if not text or "." not in text:
        return text or ""
    return text.removesuffix("Z").rstrip("0").rstrip(".") + "Z"
