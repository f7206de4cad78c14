"""Trials as the wire shows them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from undeterred.domain.lifecycle import shown
from undeterred.store import trials
from undeterred.store.db import Tx
from undeterred.store.trials import TaskRow, TrialRow
from undeterred.terms import AllocationState, TrialState
from undeterred.wire import trials as wire
from undeterred.wire.base import instant, int64
from undeterred.wire.checkpoints import CheckpointState
from undeterred.wire.metrics import Metrics

STATES = {state.value.removeprefix("STATE_"): state for state in wire.TrialState}
_SECOND = 1_000_000


_NULL = Raw(b"null")


class Body(msgspec.Struct, frozen=True):
    """A stored report, unread: training and other groups have the first two, validations the third."""

    avg_metrics: Raw = _NULL
    batch_metrics: Raw = _NULL
    validation_metrics: Raw = _NULL

    @property
    def values(self) -> Raw:
        """The values by name, ready JSON."""
        return self.validation_metrics if bytes(self.avg_metrics) == b"null" else self.avg_metrics

    @property
    def batches(self) -> Raw | list[Any]:
        """The values of each batch, ready JSON; an empty list where there are none."""
        return [] if bytes(self.batch_metrics) == b"null" else self.batch_metrics


body = msgspec.json.Decoder(Body).decode
resources = msgspec.json.Decoder(dict[str, int]).decode


def show(tx: Tx, rows: list[TrialRow]) -> list[wire.Trial]:
    """These trials, complete."""
    tasks: dict[int, list[TaskRow]] = defaultdict(list)
    for task in trials.tasks(tx, [row.id for row in rows]):
        tasks[task.trial_id].append(task)
    return [_trial(row, tasks[row.id], tx.now) for row in rows]


def bare(tx: Tx, rows: list[TrialRow]) -> list[wire.Trial]:
    """These trials as the time series show them: in the state that is stored, without what happened in them."""
    tasks: dict[int, list[TaskRow]] = defaultdict(list)
    for task in trials.tasks(tx, [row.id for row in rows]):
        tasks[task.trial_id].append(task)
    return [
        wire.Trial(
            id=row.id,
            experiment_id=row.experiment_id,
            start_time=instant(row.started_at),
            end_time=None if row.ended_at is None else instant(row.ended_at),
            state=STATES[row.state],
            restarts=row.restarts,
            hparams=Raw(row.hparams.encode()),
            runner_state=row.runner_state,
            wall_clock_time=_wall_clock_s(row, tasks[row.id], tx.now),
        )
        for row in rows
    ]


def shown_state(state: str, tasks: list[TaskRow]) -> wire.TrialState:
    """The state that people see: an ACTIVE one is shown by how far the newest task has come."""
    if state != TrialState.ACTIVE:
        return STATES[state]
    newest = [AllocationState(t.allocation_state) for t in tasks if t.allocation_state and t.task_id == tasks[-1].task_id]
    return STATES[shown.trial(TrialState.ACTIVE, newest)]


def validation(at: int | None, batches: int | None, stored: str | None) -> wire.MetricsWorkload | None:
    """A stored validation report; None where there is none."""
    if stored is None:
        return None
    return wire.MetricsWorkload(
        end_time=None if at is None else instant(at),
        metrics=Metrics(avg_metrics=body(stored).validation_metrics),
        total_batches=batches or 0,
    )


def sizes(stored: str) -> dict[str, str]:
    """A checkpoint's files with their sizes as the wire writes them."""
    return {path: int64(size) for path, size in resources(stored).items()}


def _trial(row: TrialRow, tasks: list[TaskRow], now: int) -> wire.Trial:
    ids = list(dict.fromkeys(task.task_id for task in tasks))
    return wire.Trial(
        id=row.id,
        experiment_id=row.experiment_id,
        start_time=instant(row.started_at),
        end_time=None if row.ended_at is None else instant(row.ended_at),
        state=shown_state(row.state, tasks),
        restarts=row.restarts,
        hparams=Raw(row.hparams.encode()),
        total_batches_processed=row.total_batches,
        best_validation=validation(row.best_at, row.best_batches, row.best_body),
        latest_validation=validation(row.latest_at, row.latest_batches, row.latest_body),
        best_checkpoint=_checkpoint(row),
        runner_state=row.runner_state,
        wall_clock_time=_wall_clock_s(row, tasks, now),
        warm_start_checkpoint_uuid=row.warm_start or "",
        task_id=ids[0] if ids else "",
        total_checkpoint_size=int64(max(row.checkpoint_size, 0)),
        checkpoint_count=row.checkpoint_count,
        summary_metrics=Raw((row.summary_metrics or "{}").encode()),
        task_ids=ids,
        log_retention_days=UNSET if row.log_retention_days is None else row.log_retention_days,
        metadata=UNSET if row.metadata is None else Raw(row.metadata.encode()),
        log_policy_matched=UNSET if row.log_policy_matched is None else row.log_policy_matched,
    )


def _checkpoint(row: TrialRow) -> wire.CheckpointWorkload | None:
    if row.checkpoint_uuid is None or row.checkpoint_at is None or row.checkpoint_resources is None:
        return None
    return wire.CheckpointWorkload(
        uuid=row.checkpoint_uuid,
        end_time=instant(row.checkpoint_at),
        state=CheckpointState(f"STATE_{row.checkpoint_state}"),
        resources=sizes(row.checkpoint_resources),
        total_batches=row.checkpoint_batches or 0,
    )


def _wall_clock_s(row: TrialRow, tasks: Iterable[TaskRow], now: int) -> float:
    """How long a trial's allocations ran; one that has none runs from its start to its end on somebody else's machine."""
    spans = [(t.started_at, t.ended_at) for t in tasks if t.allocation_state is not None]
    if not spans and row.run_id:
        spans = [(row.started_at, row.ended_at)]
    return sum((now if end is None else end) - start for start, end in spans if start is not None) / _SECOND
