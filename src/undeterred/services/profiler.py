"""System metrics of a trial: reports of the groups gpu, cpu, memory, network, disk as `{agent: {name: number}}` or
`{agent: {device: {name: number}}}`, read back as series. What belongs to a disk is kept and not shown, as in the reference."""

from collections.abc import Iterator
from typing import Any

import msgspec

from undeterred.domain.metrics.stored import values_of
from undeterred.domain.metrics.values import as_number
from undeterred.errors import InvalidArgument
from undeterred.services.missing import no_trial
from undeterred.store import metrics, trials
from undeterred.store.db import Tx
from undeterred.terms import TrialState, is_terminal
from undeterred.wire import profiler as wire
from undeterred.wire.base import instant, single

GROUPS = ["cpu", "disk", "gpu", "memory", "network"]
GPU, DISK = "gpu", "disk"
PREFIXES = {"cpu_": "cpu", "disk_": DISK, "gpu_": GPU, "memory_": "memory", "net_": "network"}
BATCH = 1000
SYSTEM = wire.TrialProfilerMetricLabelsProfilerMetricType.PROFILER_METRIC_TYPE_SYSTEM


class Watched(msgspec.Struct):
    """What a stream has seen: the last report, and by (group, agent) the (device, name) pairs of the newest one."""

    last_id: int = 0
    series: dict[tuple[str, str], set[tuple[str, str]]] = {}


def check_batches(tx: Tx, batches: list[wire.TrialProfilerMetricsBatch]) -> None:
    """The older way to report. Nothing reads what came in this way, so it is checked and let go. Raises InvalidArgument, NotFound."""
    for batch in batches:
        if batch.labels is None:
            raise InvalidArgument("labels are missing: they name the trial and the series")
        if not trials.exists(tx, batch.labels.trial_id):
            raise no_trial(batch.labels.trial_id)
        if not len(batch.values) == len(batch.batches) == len(batch.timestamps):
            raise InvalidArgument(
                f"values, batches and timestamps must have the same length, not {len(batch.values)}, {len(batch.batches)}, {len(batch.timestamps)}"
            )
        if not batch.values:
            raise InvalidArgument("a batch needs at least one value")


def points(tx: Tx, wanted: wire.TrialProfilerMetricLabels, seen: Watched) -> tuple[list[wire.GetTrialProfilerMetricsResponse], bool]:
    """The next points of a series, and whether there may be more: at once while there are any, later while the trial lives."""
    row = trials.run(tx, wanted.trial_id)
    if row is None:
        raise no_trial(wanted.trial_id)
    if not (wanted.name and wanted.agent_id):
        return [], False
    rows = metrics.profiling(tx, wanted.trial_id, _groups(wanted.name), seen.last_id, BATCH)
    found = []
    for report in rows:
        of_gpu = report.metric_group == GPU
        for device, name, value in _values(report.metric_group, values_of(report.body).get(wanted.agent_id)):
            if name == wanted.name and (not of_gpu or wanted.gpu_uuid in ("", device)):
                device = device if of_gpu else wanted.gpu_uuid  # noqa: PLW2901  # a device of another kind is not named
                labels = wanted if device == wanted.gpu_uuid else msgspec.structs.replace(wanted, gpu_uuid=device, metric_type=SYSTEM)
                at = [] if report.reported_at is None else [instant(report.reported_at)]
                batch = wire.TrialProfilerMetricsBatch(values=[single(value)], timestamps=at, labels=labels)
                found.append(wire.GetTrialProfilerMetricsResponse(batch=batch))
    if rows:
        seen.last_id = rows[-1].id
    return found, len(rows) == BATCH or not is_terminal(TrialState(row.state))


def available(tx: Tx, trial_id: int, seen: Watched) -> tuple[wire.GetTrialProfilerAvailableSeriesResponse, bool]:
    """The series that there are (the newest report of a group and agent decides), and whether the trial still lives."""
    row = trials.run(tx, trial_id)
    if row is None:
        raise no_trial(trial_id)
    while rows := metrics.profiling(tx, trial_id, GROUPS, seen.last_id, BATCH):
        for report in rows:
            group = report.metric_group
            for agent, values in values_of(report.body).items():
                seen.series[group, agent] = {(device if group == GPU else "", name) for device, name, _ in _values(group, values)}
        seen.last_id = rows[-1].id
    labels = [
        wire.TrialProfilerMetricLabels(trial_id=trial_id, name=name, agent_id=agent, gpu_uuid=device, metric_type=SYSTEM)
        for (_, agent), pairs in sorted(seen.series.items())
        for device, name in sorted(pairs)
    ]
    return wire.GetTrialProfilerAvailableSeriesResponse(labels=labels), not is_terminal(TrialState(row.state))


def _groups(name: str) -> list[str]:
    """Where a series is to be looked for: its name says so, or it may be anywhere."""
    found = next((group for prefix, group in PREFIXES.items() if name.startswith(prefix)), None)
    return GROUPS if found is None else [found]


def _values(group: str, of_agent: Any) -> Iterator[tuple[str, str, float]]:
    """(device, name, value) of an agent's part of a report; device "" where there is none. What belongs to a disk is left out."""
    if not isinstance(of_agent, dict):
        return
    for name, value in of_agent.items():
        if isinstance(value, dict):
            if group == DISK:
                continue
            for inner, deeper in value.items():
                number = as_number(deeper)
                if number is not None:
                    yield name, inner, number
        else:
            number = as_number(value)
            if number is not None:
                yield "", name, number
