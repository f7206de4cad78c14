"""Continuing an experiment that has ended: its unfinished trials run again from where their checkpoints are, under the same ids."""

import json
from typing import Any

from undeterred.config import experiment as language
from undeterred.domain.search import searcher
from undeterred.errors import FailedPrecondition, Internal, InvalidArgument, NotFound
from undeterred.services import experiment_actions, experiment_config, lives, searcher_changes, shown_experiments
from undeterred.services.experiment_config import Columns, Layers
from undeterred.store import experiment_continue as rows
from undeterred.store import experiment_places, experiments, searches
from undeterred.store.db import Tx
from undeterred.store.experiment_continue import EndedTrialRow
from undeterred.store.experiments import ConfigRow
from undeterred.terms import ExperimentState, is_terminal
from undeterred.wire.common import LaunchWarning
from undeterred.wire.experiments import ContinueExperimentRequest, ContinueExperimentResponse

_INVALID = "invalid experiment configuration: "
_AGAIN = ("single", "random", "grid")


def continue_experiment(tx: Tx, layers: Layers, request: ContinueExperimentRequest) -> ContinueExperimentResponse:
    """Put an ended experiment in the queue again. Raises NotFound, FailedPrecondition, InvalidArgument."""
    before = _found(tx, request.id)
    config: dict[str, Any] = json.loads(before.config)
    method = config["searcher"]["name"]
    if method not in _AGAIN:
        raise InvalidArgument(f"Unsupported searcher type provided: '{method}'")
    override = _override(request.override_config)
    if override and method != "single":
        raise InvalidArgument(f"override config is provided and experiment is not single searcher, got '{method}' instead")
    _check_ended(before)
    again = [trial for trial in rows.ended_trials(tx, before.id) if method == "single" or trial.state != "COMPLETED"]
    if not again:
        raise FailedPrecondition("experiment has been completed, cannot continue this experiment")
    warnings: tuple[LaunchWarning, ...] = ()
    columns: dict[str, Any] = {}
    if override:
        config = _merged(tx, layers, before.id, override, config)
        columns = experiment_actions.config_columns(config)
        made = experiment_config.columns(columns["config"])
        columns |= _described(made)
        warnings = experiment_config.capacity_warnings(tx, layers, made.resource_pool, made.slots_per_trial)
        rows.requeue(tx, before.job_id, made.resource_pool, made.priority, made.weight)
    else:
        rows.requeue(tx, before.job_id)
    went_by = experiments.searcher_of(tx, before.id)
    _run_again(tx, before.id, again, columns)
    searcher_changes.apply(tx, before.id, went_by)
    row = experiments.shown(tx, before.id)
    assert row is not None
    return ContinueExperimentResponse(experiment=shown_experiments.single(tx, row), warnings=list(warnings))


def _found(tx: Tx, experiment_id: int) -> ConfigRow:
    before = experiments.config_of(tx, experiment_id)
    if before is None:
        raise NotFound(f"experiment '{experiment_id}' not found")
    return before


def _check_ended(before: ConfigRow) -> None:
    if before.unmanaged:
        raise FailedPrecondition(f"experiment {before.id} is unmanaged: whoever runs its trials can report to them again")
    if not is_terminal(ExperimentState(before.state)):
        raise FailedPrecondition(f"experiment in non terminal state '{before.state}', try again later")


def _override(text: str) -> dict[str, Any]:
    """The override in normal form, {} without one."""
    if not text.strip():
        return {}
    try:
        override = language.normal(language.parse(text))
    except InvalidArgument as error:
        raise InvalidArgument(f"parsing override config: {error.text.removeprefix(_INVALID)}") from error
    for name in ("project", "workspace"):
        if name in override:
            raise InvalidArgument(
                f"'{name}' in override config cannot be specified, use `det experiment move` first if you want to change the {name}"
            )
    method = override.get("searcher", {}).get("name", "single")
    if method != "single":
        raise InvalidArgument(f"override config must have single searcher type got '{method}' instead")
    return override


def _merged(tx: Tx, layers: Layers, experiment_id: int, override: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    merged = language.complete(language.merge(override, config))
    wanted = override.get("resources", {}).get("resource_pool")
    if wanted is not None:
        place = experiment_places.by_experiment(tx, experiment_id)
        assert place is not None
        try:
            pool = experiment_config.resolve_pool(layers, place, wanted, merged["resources"]["slots_per_trial"])
        except InvalidArgument as error:
            raise InvalidArgument(f"parsing continue experiment request: {error.text}") from error
        merged = merged | {"resources": merged["resources"] | {"resource_pool": pool}}
    try:
        language.check_complete(merged)
    except InvalidArgument as error:
        raise InvalidArgument(f"override config: {error.text}") from error
    return merged


def _run_again(tx: Tx, experiment_id: int, again: list[EndedTrialRow], columns: dict[str, Any]) -> None:
    text = searches.state(tx, experiment_id)
    if text is None:
        raise Internal(f"experiment {experiment_id} has no search to go on with")
    ids = [trial.request_id for trial in again if trial.request_id is not None]
    searches.store(tx, experiment_id, searcher.dump(searcher.reopen(searcher.load(text), ids)))
    for trial in again:
        rows.reopen(tx, trial)
    values = {"state": ExperimentState.ACTIVE.value, "ended_at": None, "progress": 0.0, "progress_nan": 0, **columns}
    experiments.update(tx, experiment_id, values)
    lives.advance(tx, experiment_id)
    tx.ring("trials", "schedule")


def _described(made: Columns) -> dict[str, Any]:
    return {
        "name": made.name,
        "description": made.description,
        "labels": made.labels,
        "hyperparameters": made.hyperparameters,
        "resource_pool": made.resource_pool,
        "searcher_metric": made.searcher_metric,
        "smaller_is_better": made.smaller_is_better,
        "max_restarts": made.max_restarts,
        "slots_per_trial": made.slots_per_trial,
        "log_retention_days": made.log_retention_days,
    }
