"""How experiments look on the wire: rows and their allocations' states as messages. A list and a single one show different parts."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from undeterred.domain.lifecycle import shown
from undeterred.errors import NotFound
from undeterred.store import experiment_files, experiments, jobs
from undeterred.store.db import Tx
from undeterred.store.experiments import ShownRow
from undeterred.terms import AllocationState
from undeterred.terms import ExperimentState as Stored
from undeterred.wire.base import instant, int64
from undeterred.wire.experiments import Experiment, ExperimentState, GetExperimentResponse
from undeterred.wire.jobs import JobState, JobSummary

SECOND = 1_000_000
_STATES: dict[str, ExperimentState] = {state.value.removeprefix("STATE_"): state for state in ExperimentState}


def get(tx: Tx, experiment_id: int) -> GetExperimentResponse:
    """The answer about one experiment. Raises NotFound."""
    row = experiments.shown(tx, experiment_id)
    if row is None:
        raise NotFound(f"experiment '{experiment_id}' not found")
    return GetExperimentResponse(experiment=single(tx, row), job_summary=_summary(tx, row), config=raw(row.config))


def single(tx: Tx, row: ShownRow) -> Experiment:
    """One experiment in full."""
    message = _common(row, _state(tx, row))
    message.trial_ids = experiments.trial_ids(tx, row.id)
    message.searcher_type = f'"{row.searcher_name}"'
    message.notes = row.notes
    message.original_config = experiments.original_config(tx, row.id)
    message.model_definition_size = experiment_files.size(tx, row.id)
    return message


def listed(tx: Tx, rows: Sequence[ShownRow], trial_data: bool) -> list[Experiment]:
    """Experiments as a list shows them; `trial_data`: with the best searcher metric."""
    live = experiments.live_states(tx, [row.job_id for row in rows if row.state == "ACTIVE"])
    return [_listed(row, _shown_state(row, live), tx.now, trial_data) for row in rows]


def raw(text: str) -> Any:
    """Stored JSON, passed through unread."""
    return Raw(text.encode())


def _listed(row: ShownRow, state: ExperimentState, now: int, trial_data: bool) -> Experiment:
    message = _common(row, state)
    message.display_name = row.display_name or row.username
    message.searcher_type = row.searcher_name
    message.searcher_metric = row.searcher_metric
    message.hyperparameters = raw(row.hyperparameters)
    message.notes = "omitted" if row.notes else ""
    message.duration = max(0, ((now if row.ended_at is None else row.ended_at) - row.started_at + SECOND // 2) // SECOND)
    if row.external_id is not None:
        message.external_experiment_id = row.external_id
    if row.external_trial_id is not None:
        message.external_trial_id = row.external_trial_id
    if trial_data and row.best_metric is not None:
        message.best_trial_searcher_metric = row.best_metric
    return message


def _common(row: ShownRow, state: ExperimentState) -> Experiment:
    message = Experiment(
        id=row.id,
        description=row.description,
        labels=raw(row.labels),
        start_time=instant(row.started_at),
        end_time=None if row.ended_at is None else instant(row.ended_at),
        state=state,
        archived=row.archived == 1,
        num_trials=row.num_trials,
        user_id=row.owner_id,
        username=row.username,
        resource_pool=row.resource_pool,
        name=row.name,
        job_id=row.job_id,
        forked_from=row.parent_id,
        progress="NaN" if row.progress_nan else row.progress or 0,
        project_id=row.project_id,
        project_name=row.project_name,
        workspace_id=row.workspace_id,
        workspace_name=row.workspace_name,
        parent_archived=row.project_archived == 1 or row.workspace_archived == 1,
        config=raw(row.config),
        project_owner_id=row.project_owner_id,
        checkpoint_size=int64(row.checkpoint_size),
        checkpoint_count=row.checkpoint_count,
        unmanaged=row.unmanaged == 1,
    )
    if '"pachyderm":{' in row.config:
        integrations = json.loads(row.config)["integrations"] or {}
        if integrations.get("pachyderm") is not None:
            message.pachyderm_integration = integrations["pachyderm"]
    return message


def _state(tx: Tx, row: ShownRow) -> ExperimentState:
    return _shown_state(row, experiments.live_states(tx, [row.job_id]) if row.state == "ACTIVE" else {})


def _shown_state(row: ShownRow, live: dict[str, list[str]]) -> ExperimentState:
    if row.state != "ACTIVE":
        return _STATES[row.state]
    return _STATES[shown.experiment(Stored.ACTIVE, map(AllocationState, live.get(row.job_id, ())))]


def _summary(tx: Tx, row: ShownRow) -> JobSummary | None:
    """Where the experiment stands in its queue; None where it does not wait or run."""
    if row.unmanaged or row.state != "ACTIVE":
        return None
    job = jobs.get(tx, row.job_id)
    if job is None or not job.queued:
        return None
    state = JobState.STATE_SCHEDULED if jobs.is_scheduled(tx, job.id) else JobState.STATE_QUEUED
    return JobSummary(state=state, jobs_ahead=jobs.ahead(tx, job))


def labels_of(row_labels: str) -> list[str]:
    """A stored list of labels."""
    found: list[str] = json.loads(row_labels)
    return found


def dumped(value: Any) -> str:
    """JSON as it is stored: compact, keys sorted."""
    return msgspec.json.encode(value, order="deterministic").decode()
