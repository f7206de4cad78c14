"""Curves of several trials (`/trials/time-series`): which metrics, which window, which points."""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from msgspec import UNSET, Raw, UnsetType

from undeterred.domain.charts.thin import thin
from undeterred.domain.metrics.stored import values_of
from undeterred.domain.metrics.summary import TRAINING, VALIDATION
from undeterred.domain.metrics.values import as_number
from undeterred.errors import InvalidArgument, NotFound
from undeterred.services import shown_trials
from undeterred.services.drawn import Drawn
from undeterred.store import series, trials
from undeterred.store.db import Tx
from undeterred.wire import charts as wire
from undeterred.wire.base import double, instant, instant_us, number
from undeterred.wire.common import MetricType
from undeterred.wire.encode import encode_all

POINTS = 200
FIRST_STEP, LAST_STEP = -(2**31), 2**31 - 1
EPOCHS = ("epochs", "epoch")  # the newer name goes before the older one
TYPES = {TRAINING: MetricType.METRIC_TYPE_TRAINING, VALIDATION: MetricType.METRIC_TYPE_VALIDATION}
GROUPS = {kind: group for group, kind in TYPES.items()}


class Window(NamedTuple):
    """What is asked of each trial: the metrics of a group, a range of steps, and how many points at most."""

    group: str
    names: tuple[str, ...]
    first: int
    last: int
    limit: int


Test = Callable[[series.PointRow, dict[str, Any]], bool]


def compare(tx: Tx, request: wire.CompareTrialsRequest, drawn: Drawn) -> wire.CompareTrialsResponse:
    """The curves of some trials. Trials that do not exist are left out, unless none does (NotFound)."""
    wanted = metrics_wanted(request)
    test = _filter(request.time_series_filter)
    rows = trials.many(tx, request.trial_ids)
    if not rows:
        asked = ", ".join(map(str, request.trial_ids))
        raise NotFound(f"trials '{asked}' not found" if asked else "no trials asked for: name them with trialIds")
    limit = request.max_datapoints or POINTS
    first, last = request.start_batches, max(request.end_batches, 0) if request.end_batches else LAST_STEP
    if request.time_series_filter is not None:  # it stands for the window
        first, last = FIRST_STEP, LAST_STEP
    answer = wire.CompareTrialsResponse()
    versions = {row.id: (row.summary_metrics, row.last_activity_at) for row in rows}
    for trial in shown_trials.bare(tx, rows):
        curves = []
        for group in sorted(wanted):
            window = Window(group, tuple(wanted[group]), first, last, limit)
            data = _known(tx, trial.id, versions[trial.id], window, drawn) if test is None else _filtered(tx, trial.id, window, test)
            if data:
                curves.append(wire.DownsampledMetrics(data=data, type=TYPES.get(group, MetricType.METRIC_TYPE_UNSPECIFIED), group=group))
        answer.trials.append(wire.ComparableTrial(trial=trial, metrics=curves))
    return answer


def _known(tx: Tx, trial_id: int, version: Hashable, window: Window, drawn: Drawn) -> Any:
    """A curve as ready JSON, drawn anew only when the trial has reported since; None for one without points."""
    key = (trial_id, version, window)
    found = drawn.find(key)
    if found is None:
        found = encode_all(_filtered(tx, trial_id, window, None))
        drawn.keep(key, found)
    return Raw(found) if found != b"[]" else None


def _filtered(tx: Tx, trial_id: int, window: Window, test: Test | None) -> list[wire.DataPoint]:
    return curve(tx, trial_id, window.group, list(window.names), window.first, window.last, window.limit, test)


def curve(
    tx: Tx, trial_id: int, group: str, names: list[str], first: int, last: int, limit: int, test: Test | None = None
) -> list[wire.DataPoint]:
    """One trial's points with the values of these metrics, by step; a test is applied before the draw."""
    rows = series.points(tx, trial_id, group, first, last, -1 if test else limit)
    read = [(row, values_of(row.body)) for row in rows]
    if test is not None:
        read = list(thin([each for each in read if test(*each)], limit, lambda each: each[0].batches))
    return [_point(row, values, names) for row, values in read]


def group_of(group: str, kind: MetricType) -> str:
    """The one group of a request that names it in the new or in the older way. Raises InvalidArgument for none or both."""
    if group and kind is not MetricType.METRIC_TYPE_UNSPECIFIED:
        raise InvalidArgument("cannot specify both legacy and new metric group")
    if not group and kind is MetricType.METRIC_TYPE_UNSPECIFIED:
        raise InvalidArgument("must specify a metric group")
    return group or _legacy(kind)


def metrics_wanted(request: wire.CompareTrialsRequest) -> dict[str, list[str]]:
    """Group -> names of metrics. Raises InvalidArgument."""
    if request.metric_ids:
        if request.metric_names:
            raise InvalidArgument("metricIds and metricNames exclude each other: name the metrics in one of the two ways")
        found: dict[str, list[str]] = defaultdict(list)
        for text in request.metric_ids:
            group, dot, name = text.partition(".")
            if not (group and dot and name):
                raise InvalidArgument(f"metric id {text!r} is not of the form group.name")
            found[group].append(name)
        return found
    if request.group or request.metric_type is not MetricType.METRIC_TYPE_UNSPECIFIED:
        groups = [group_of(request.group, request.metric_type)]
    else:
        groups = [TRAINING, VALIDATION]
    return {group: list(request.metric_names) for group in groups} if request.metric_names else {}


def _legacy(kind: MetricType) -> str:
    if kind not in GROUPS:
        raise InvalidArgument(f"converting metric group: metric group {kind.value} is not a valid metric group to the backend")
    return GROUPS[kind]


def _point(row: series.PointRow, values: dict[str, Any], names: list[str]) -> wire.DataPoint:
    epoch = next((as_number(values[name]) for name in EPOCHS if values.get(name) is not None), None)
    return wire.DataPoint(
        batches=row.batches,
        values={name: values.get(name) for name in names},
        time=None if row.reported_at is None else instant(row.reported_at),
        epoch=UNSET if epoch is None else double(epoch),
    )


def _filter(wanted: wire.PolymorphicFilter | None) -> Test | None:
    """What a point must fulfil beside the window: a range of its step, its time, or a metric. Raises InvalidArgument."""
    if wanted is None:
        return None
    ranges = [each for each in (wanted.integer_range, wanted.double_range, wanted.time_range) if not isinstance(each, UnsetType)]
    if len(ranges) > 1:
        raise InvalidArgument(f"invalid filter: only one filter range may be specified, not {len(ranges)}")
    if not ranges:
        return None
    name = wanted.name if isinstance(wanted.name, str) and wanted.name else "batches"
    inside = _inside(ranges[0])
    if name == "batches":
        return lambda row, _values: inside(row.batches)
    if name == "time":
        return lambda row, _values: row.reported_at is not None and inside(row.reported_at)

    def test(_row: series.PointRow, values: dict[str, Any]) -> bool:
        value = as_number(values[name]) if name in values else None
        return value is not None and not math.isnan(value) and inside(value)

    return test


def _inside(bounds: Any) -> Callable[[float], bool]:
    """A range's test. Raises InvalidArgument for an empty one."""
    lt, lte, gt, gte = (_bound(getattr(bounds, name)) for name in ("lt", "lte", "gt", "gte"))
    least = max((b for b in (gt, gte) if b is not None), default=-math.inf)
    most = min((b for b in (lt, lte) if b is not None), default=math.inf)
    if least > most:
        raise InvalidArgument(f"invalid range: min value {least:g} cannot be larger than max value {most:g}")
    only, never = set(getattr(bounds, "incl", ())), set(getattr(bounds, "not_in", ()))

    def inside(x: float) -> bool:
        low = (gt is None or x > gt) and (gte is None or x >= gte)
        high = (lt is None or x < lt) and (lte is None or x <= lte)
        return low and high and (not only or x in only) and x not in never

    return inside


def _bound(value: Any) -> float | None:
    if isinstance(value, UnsetType) or value is None:
        return None
    if isinstance(value, str) and value not in ("NaN", "Infinity", "-Infinity"):
        return instant_us(value)
    return number(value)
