"""Who used what: reports of a span of time, counted from the allocations that overlap it, up to this moment."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from undeterred.errors import InvalidArgument
from undeterred.store import usage_reports as rows
from undeterred.store.db import Tx
from undeterred.store.usage_reports import SpentRow, TrialRow, UsedRow
from undeterred.wire.base import instant, instant_us
from undeterred.wire.usage_reports import (
    ResourceAllocationAggregatedEntry,
    ResourceAllocationAggregatedRequest,
    ResourceAllocationRawEntry,
)
from undeterred.wire.usage_reports import ResourceAllocationAggregationPeriod as Period

SECOND = 1_000_000
DAY_US = 86_400 * SECOND
TRIALS_AT_ONCE = 200
ENTRIES_MAX = 200_000
EPOCH = date(1970, 1, 1)
_DAY, _MONTH = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d{4}-\d\d")


def span(after: str | None, before: str | None) -> tuple[int, int]:
    """Two instants of a request in µs. InvalidArgument where one is missing or no time, or they stand the wrong way round."""
    if after is None:
        raise InvalidArgument("no start time provided")
    if before is None:
        raise InvalidArgument("no end time provided")
    found = []
    for name, text in (("start", after), ("end", before)):
        try:
            found.append(instant_us(text))
        except ValueError as error:
            raise InvalidArgument(f"invalid {name} time: {error}") from error
    if found[0] > found[1]:
        raise InvalidArgument("start time cannot be after end time")
    return found[0], found[1]


def raw(tx: Tx, after: int, before: int) -> list[ResourceAllocationRawEntry]:
    """What trials did: the time from one thing that a trial told to the next counts for that one. By start."""
    ids = list(
        dict.fromkeys(row.trial_id for row in rows.used(tx, after, before) if row.trial_id is not None and row.started_at is not None)
    )
    found: list[tuple[SpentRow, ResourceAllocationRawEntry]] = []
    for at in range(0, len(ids), TRIALS_AT_ONCE):
        some = ids[at : at + TRIALS_AT_ONCE]
        known = rows.trials(tx, some)
        spent = rows.spent(tx, some, after, before, ENTRIES_MAX + 1 - len(found))
        found += [(row, _spent(known[row.trial_id], row, after, before)) for row in spent]
        if len(found) > ENTRIES_MAX:
            raise InvalidArgument(f"the report would have more than {ENTRIES_MAX} entries: ask for a shorter span")
    found.sort(key=lambda each: (each[0].begun, each[0].trial_id, each[0].ended))
    return [entry for _row, entry in found]


def aggregated(tx: Tx, request: ResourceAllocationAggregatedRequest) -> list[ResourceAllocationAggregatedEntry]:
    """Slot seconds per day or month (UTC), from the first day with any to the last."""
    daily = request.period is Period.RESOURCE_ALLOCATION_AGGREGATION_PERIOD_DAILY
    first, last = _days(request)
    after, before = _us(first), _us(last) + DAY_US
    found: dict[str, ResourceAllocationAggregatedEntry] = {}
    for row in rows.used(tx, after, before):
        if row.started_at is None:
            continue
        labels = json.loads(row.labels) if row.labels else []
        for day, seconds in _by_day(max(row.started_at, after), min(tx.now if row.ended_at is None else row.ended_at, before)):
            name = day.isoformat() if daily else day.isoformat()[:7]
            _count(found.setdefault(name, _entry(name, request.period)), row, labels, seconds * row.slots)
    if daily and found:
        day, end = date.fromisoformat(min(found)), date.fromisoformat(max(found))
        while day < end:
            found.setdefault(day.isoformat(), _entry(day.isoformat(), request.period))
            day += timedelta(days=1)
    return [found[name] for name in sorted(found)]


def _days(request: ResourceAllocationAggregatedRequest) -> tuple[date, date]:
    """The first and last day that are asked for. InvalidArgument."""
    match request.period:
        case Period.RESOURCE_ALLOCATION_AGGREGATION_PERIOD_DAILY:
            first, last = _date("start", request.start_date), _date("end", request.end_date)
        case Period.RESOURCE_ALLOCATION_AGGREGATION_PERIOD_MONTHLY:
            first, last = _month("start", request.start_date), _month("end", request.end_date)
            last = (last + timedelta(days=31)).replace(day=1) - timedelta(days=1) if last.year < 9999 else date(9999, 12, 30)
        case _:
            raise InvalidArgument("no aggregation period specified")
    if first > last:
        raise InvalidArgument("start date cannot be after end date")
    return first, min(last, date(9999, 12, 30))


def _date(which: str, text: str) -> date:
    try:
        if not _DAY.fullmatch(text):
            raise ValueError(f"{text!r} is no day such as 2024-05-01")
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument(f"invalid {which} date {error}") from error


def _month(which: str, text: str) -> date:
    try:
        if _MONTH.fullmatch(text):
            return date.fromisoformat(f"{text}-01")
    except ValueError:
        pass
    raise InvalidArgument(f"invalid {which} date")


def _us(day: date) -> int:
    return (day - EPOCH).days * DAY_US


def _by_day(begun: int, ended: int) -> Iterator[tuple[date, float]]:
    """The days (UTC) that a span touches, with its seconds in each."""
    while begun < ended:
        until = min((begun // DAY_US + 1) * DAY_US, ended)
        yield datetime.fromtimestamp(begun // SECOND, UTC).date(), (until - begun) / SECOND
        begun = until


def _entry(name: str, period: Period) -> ResourceAllocationAggregatedEntry:
    return ResourceAllocationAggregatedEntry(period_start=name, period=period)


def _count(entry: ResourceAllocationAggregatedEntry, row: UsedRow, labels: list[str], slot_seconds: float) -> None:
    entry.seconds = float(entry.seconds) + slot_seconds
    for counts, keys in (
        (entry.by_username, [row.username] if row.username else []),
        (entry.by_resource_pool, [row.pool]),
        (entry.by_experiment_label, labels),
    ):
        for key in keys:
            counts[key] = float(counts.get(key, 0)) + slot_seconds


def _spent(trial: TrialRow, row: SpentRow, after: int, before: int) -> ResourceAllocationRawEntry:
    return ResourceAllocationRawEntry(
        kind=row.kind,
        start_time=instant(row.begun),
        end_time=instant(row.ended),
        experiment_id=trial.experiment_id,
        username=trial.username,
        user_id=trial.owner_id,
        labels=json.loads(trial.labels),
        seconds=(min(row.ended, before) - max(row.begun, after)) / SECOND,
        slots=trial.slots,
    )
