"""Checkpoints as the wire shows them, one by one and as lists."""

import math
from collections.abc import Callable
from typing import Any

from msgspec import UNSET, Raw

from undeterred.domain.metrics.stored import values_of
from undeterred.domain.metrics.values import as_number
from undeterred.services import shown_trials
from undeterred.services.missing import no_experiment, no_trial
from undeterred.services.paging import sliced
from undeterred.store import checkpoint_lists, checkpoints, trials
from undeterred.store.checkpoint_lists import ListedRow
from undeterred.store.checkpoints import ShownRow
from undeterred.store.db import Tx
from undeterred.wire import checkpoints as wire
from undeterred.wire.base import double, instant
from undeterred.wire.common import OrderBy
from undeterred.wire.metrics import Metrics

Sort = wire.CheckpointSortBy
_Key = Callable[[ListedRow], Any]


def show(tx: Tx, rows: list[ShownRow]) -> list[wire.Checkpoint]:
    """These checkpoints, complete."""
    configs = checkpoint_lists.configs(tx, sorted({row.experiment_id for row in rows if row.experiment_id is not None}))
    return [_checkpoint(row, configs) for row in rows]


def of_trial(tx: Tx, request: wire.GetTrialCheckpointsRequest) -> wire.GetTrialCheckpointsResponse:
    """A slice of a trial's checkpoints."""
    if not trials.exists(tx, request.id):
        raise no_trial(request.id)
    rows = checkpoint_lists.of_trial(tx, request.id, _states(request.states))
    answer = wire.GetTrialCheckpointsResponse()
    answer.checkpoints, answer.pagination = _window(tx, rows, request, missing_last=False)
    return answer


def of_experiment(tx: Tx, request: wire.GetExperimentCheckpointsRequest) -> wire.GetExperimentCheckpointsResponse:
    """A slice of an experiment's checkpoints."""
    if trials.parent(tx, request.id) is None:
        raise no_experiment(request.id)
    rows = checkpoint_lists.of_experiment(tx, request.id, _states(request.states))
    answer = wire.GetExperimentCheckpointsResponse()
    answer.checkpoints, answer.pagination = _window(tx, rows, request, missing_last=True)
    return answer


def searcher_metric(signed: float | None, searched: int | None, smaller_is_better: int | None) -> float | None:
    """The searcher metric at a checkpoint's step, NaN included; None where there is none."""
    if not searched:
        return None
    if signed is None:
        return math.nan
    return signed if smaller_is_better else -signed


def _window(tx: Tx, rows: list[ListedRow], request: Any, missing_last: bool) -> tuple[list[wire.Checkpoint], Any]:
    """The slice asked for. By the searcher metric and in no given order, the better ones come first."""
    window = sliced(request.offset, request.limit, len(rows))
    descending = request.order_by is OrderBy.ORDER_BY_DESC
    if isinstance(request.sort_by_metric, str):
        wanted = _reported(tx, rows, request.sort_by_metric)
        rows = _by_number(rows, lambda row: wanted.get(row.uuid), descending, missing_last=False)
    elif request.sort_by_attr is Sort.SORT_BY_SEARCHER_METRIC:
        if request.order_by not in (OrderBy.ORDER_BY_ASC, OrderBy.ORDER_BY_DESC):
            descending = bool(rows) and rows[0].smaller_is_better == 0
        rows = _by_number(rows, lambda row: searcher_metric(row.signed, row.searched, row.smaller_is_better), descending, missing_last)
    else:
        attr = request.sort_by_attr if isinstance(request.sort_by_attr, Sort) else Sort.SORT_BY_UNSPECIFIED
        rows.sort(key=_KEYS[Sort.SORT_BY_END_TIME], reverse=True)  # what is equal stays so: newest first
        rows.sort(key=_KEYS[attr], reverse=descending)
    page = [row.uuid for row in rows[window.start_index : window.end_index]]
    return show(tx, checkpoints.shown(tx, page)) if page else [], window


def _by_number(rows: list[ListedRow], value: Callable[[ListedRow], float | None], descending: bool, missing_last: bool) -> list[ListedRow]:
    """Sorted by a number, then time; NaN beyond all numbers. Missing ones come oldest first, before all numbers going up and behind
    them going down; where they are always last, newest first."""
    there: list[tuple[tuple[bool, float, int, int], ListedRow]] = []
    missing = []
    for row in rows:
        number = value(row)
        if number is None:
            missing.append(row)
        else:
            there.append(((math.isnan(number), 0.0 if math.isnan(number) else number, row.reported_at, row.id), row))
    there.sort(key=lambda item: item[0], reverse=descending)
    missing.sort(key=lambda row: (row.reported_at, row.id), reverse=missing_last)
    found = [row for _, row in there]
    return found + missing if missing_last or descending else missing + found


def _reported(tx: Tx, rows: list[ListedRow], metric: str) -> dict[str, float]:
    """A validation metric at each checkpoint's step, by uuid."""
    found = {}
    for uuid, body in checkpoint_lists.validations(tx, [row.uuid for row in rows]):
        number = as_number(values_of(body).get(metric))
        if number is not None:
            found[uuid] = number
    return found


_ORDER = {state.value.removeprefix("STATE_"): state.number for state in wire.CheckpointState}
_KEYS: dict[Sort, _Key] = {
    Sort.SORT_BY_UNSPECIFIED: lambda row: (row.trial_id or 0, row.reported_at, row.id),
    Sort.SORT_BY_UUID: lambda row: row.uuid,
    Sort.SORT_BY_TRIAL_ID: lambda row: (row.trial_id or 0, row.reported_at, row.id),
    Sort.SORT_BY_BATCH_NUMBER: lambda row: (row.batches, row.reported_at, row.id),
    Sort.SORT_BY_END_TIME: lambda row: (row.reported_at, row.id),
    Sort.SORT_BY_STATE: lambda row: _ORDER[row.state],
}


def _states(states: list[wire.CheckpointState]) -> list[str]:
    return [state.value.removeprefix("STATE_") for state in states]


def _checkpoint(row: ShownRow, configs: dict[int, str]) -> wire.Checkpoint:
    metric = searcher_metric(row.signed, row.searched, row.smaller_is_better)
    config = configs.get(row.experiment_id or 0)
    training = wire.CheckpointTrainingMetadata(
        trial_id=UNSET if row.trial_id is None else row.trial_id,
        experiment_id=UNSET if row.experiment_id is None else row.experiment_id,
        experiment_config=None if config is None else Raw(config.encode()),
        hparams=None if row.hparams is None else Raw(row.hparams.encode()),
        training_metrics=Metrics(avg_metrics=None if row.training is None else shown_trials.body(row.training).avg_metrics),
        validation_metrics=Metrics(avg_metrics=None if row.validation is None else shown_trials.body(row.validation).validation_metrics),
        searcher_metric=UNSET if metric is None else double(metric),
    )
    return wire.Checkpoint(
        task_id=row.task_id or "",
        allocation_id=UNSET if row.allocation_id is None else row.allocation_id,
        uuid=row.uuid,
        report_time=instant(row.reported_at),
        resources=shown_trials.sizes(row.resources),
        metadata=None if row.metadata is None else Raw(row.metadata.encode()),
        state=wire.CheckpointState(f"STATE_{row.state}"),
        training=training,
        storage_id=UNSET if row.storage_id is None else row.storage_id,
    )
