"""What a trial did, as the wire shows it: a page of training reports, validations and checkpoints."""

import math

from msgspec import Raw

from undeterred.domain.metrics.stored import values_of
from undeterred.domain.metrics.values import as_number
from undeterred.errors import InvalidArgument
from undeterred.services import shown_trials
from undeterred.services.missing import no_trial
from undeterred.services.paging import paged
from undeterred.store import trials, workloads
from undeterred.store.db import Tx
from undeterred.store.workloads import CHECKPOINT, TRAINING, VALIDATION, DoneRow, KeptRow, WorkRow
from undeterred.wire.base import instant
from undeterred.wire.checkpoints import CheckpointState
from undeterred.wire.common import OrderBy
from undeterred.wire.metrics import Metrics
from undeterred.wire.trials import (
    CheckpointWorkload,
    GetTrialWorkloadsRequest,
    GetTrialWorkloadsResponse,
    MetricsWorkload,
    WorkloadContainer,
)
from undeterred.wire.trials import GetTrialWorkloadsRequestFilterOption as Filter

_KINDS = {
    Filter.FILTER_OPTION_UNSPECIFIED: frozenset({TRAINING, VALIDATION, CHECKPOINT}),
    Filter.FILTER_OPTION_CHECKPOINT: frozenset({VALIDATION, CHECKPOINT}),
    Filter.FILTER_OPTION_VALIDATION: frozenset({VALIDATION}),
    Filter.FILTER_OPTION_CHECKPOINT_OR_VALIDATION: frozenset({VALIDATION, CHECKPOINT}),
}
_BY_STEP = ("", "batches")


def list_workloads(tx: Tx, request: GetTrialWorkloadsRequest) -> GetTrialWorkloadsResponse:
    """A page of a trial's work; with the filter for checkpoints the validations come along, as in the reference."""
    if request.limit < -2:
        raise InvalidArgument(f"limit must be -2 (numbers only), -1 or 0 (all), or more, not {request.limit}")
    if not trials.exists(tx, request.trial_id):
        raise no_trial(request.trial_id)
    kinds, deleted = _KINDS[request.filter], not request.remove_deleted_checkpoints
    total = workloads.count(tx, request.trial_id, kinds, deleted)
    window = paged(request.offset, request.limit or -1, total)
    size, descending = window.end_index - window.start_index, request.order_by is OrderBy.ORDER_BY_DESC
    if not size:
        return GetTrialWorkloadsResponse(pagination=window)
    if request.sort_key in _BY_STEP:
        work = workloads.page(tx, request.trial_id, kinds, deleted, descending, window.start_index, size)
    else:
        work = _by_metric(tx, workloads.everything(tx, request.trial_id, kinds, deleted), request.sort_key, descending)
        work = work[window.start_index : window.end_index]
    return GetTrialWorkloadsResponse(workloads=_show(tx, work, request.include_batch_metrics), pagination=window)


def _by_metric(tx: Tx, work: list[WorkRow], metric: str, descending: bool) -> list[WorkRow]:
    """Sorted by a reported number, then by step, NaN beyond all numbers; what has none comes last both ways."""
    reports = workloads.reports(tx, [row.id for row in work if row.kind != CHECKPOINT])
    ordered = list(reversed(work)) if descending else work
    there, missing = [], []
    for row in ordered:
        number = None if row.kind == CHECKPOINT else as_number(values_of(reports[row.id].body).get(metric))
        if number is None:
            missing.append(row)
        else:
            there.append(((1, 0.0) if math.isnan(number) else (0, number), row))
    there.sort(key=lambda item: item[0], reverse=descending)
    return [row for _, row in there] + missing


def _show(tx: Tx, work: list[WorkRow], batch_metrics: bool) -> list[WorkloadContainer]:
    reports = workloads.reports(tx, [row.id for row in work if row.kind != CHECKPOINT])
    kept = workloads.kept(tx, [row.id for row in work if row.kind == CHECKPOINT])
    shown = []
    for row in work:
        if row.kind == TRAINING:
            shown.append(WorkloadContainer(training=_report(reports[row.id], batch_metrics)))
        elif row.kind == VALIDATION:
            shown.append(WorkloadContainer(validation=_report(reports[row.id], batch_metrics)))
        else:
            shown.append(WorkloadContainer(checkpoint=_checkpoint(kept[row.id])))
    return shown


def _report(row: DoneRow, batch_metrics: bool) -> MetricsWorkload:
    body = shown_trials.body(row.body)
    metrics = Metrics(avg_metrics=body.values)
    if batch_metrics:
        metrics.batch_metrics = body.batches  # type: ignore[assignment]  # ready JSON
    return MetricsWorkload(
        end_time=None if row.reported_at is None else instant(row.reported_at), metrics=metrics, total_batches=row.batches
    )


def _checkpoint(row: KeptRow) -> CheckpointWorkload:
    return CheckpointWorkload(
        uuid=row.uuid,
        end_time=instant(row.reported_at),
        state=CheckpointState(f"STATE_{row.state}"),
        resources=shown_trials.sizes(row.resources),
        total_batches=row.batches,
        metadata=None if row.metadata is None else Raw(row.metadata.encode()),
    )
