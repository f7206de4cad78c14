"""Making experiments: one commit holds the experiment, its job, its search and its first trials."""

import uuid
from typing import Any

import msgspec

from undeterred.domain.lifecycle import experiments as experiment_states
from undeterred.domain.search import searcher
from undeterred.domain.search.values import Create, Failed, Shutdown
from undeterred.errors import FailedPrecondition, InvalidArgument, NotFound
from undeterred.services import experiment_config, lives, searcher_changes, shown_experiments
from undeterred.services.experiment_config import Columns, Layers, Planned
from undeterred.services.identity import Caller
from undeterred.services.uploads import Packed
from undeterred.store import experiment_files, experiment_places, experiments, jobs, searches, trials
from undeterred.store.db import Tx
from undeterred.store.experiments import SourceRow
from undeterred.terms import ExperimentState
from undeterred.wire.experiments import CreateExperimentRequest, CreateExperimentResponse, Experiment, PutExperimentResponse

EAGER_MAX = 8 << 10  # characters; a longer text is worked out before its transaction


class Warm(msgspec.Struct, frozen=True):
    """The checkpoint that trials start from, if any."""

    uuid: str | None = None


def prepare(tx: Tx, layers: Layers, request: CreateExperimentRequest) -> Planned:
    """Everything that would refuse an experiment, without making it, and its configuration."""
    _parent(tx, request.parent_id)
    return _plan(tx, layers, request)


def create(
    tx: Tx, who: Caller, layers: Layers, request: CreateExperimentRequest, packed: Packed | None, early: Planned | None = None
) -> CreateExperimentResponse:
    """Make an experiment. early: what `prepare` said before this transaction."""
    parent = _parent(tx, request.parent_id)
    planned = _plan(tx, layers, request, early)
    if request.validate_only:
        return CreateExperimentResponse(experiment=Experiment())
    experiment_id = _make(tx, who, request, planned, parent, packed, None)
    message = _shown(tx, experiment_id)
    config = shown_experiments.raw(planned.resolved.echo_json)
    return CreateExperimentResponse(experiment=message, config=config, warnings=list(planned.warnings))


def put(
    tx: Tx,
    who: Caller,
    layers: Layers,
    request: CreateExperimentRequest,
    packed: Packed | None,
    external_id: str,
    early: Planned | None = None,
) -> PutExperimentResponse:
    """Make the experiment that another system knows as `external_id`, or give the one that there is this configuration."""
    if not _unmanaged(request):
        raise InvalidArgument("only unmanaged experiments are supported")
    if request.parent_id:
        raise InvalidArgument("can't fork into an unmanaged experiment")
    if "\0" in external_id:
        raise InvalidArgument("external_experiment_id: a NUL character is no part of an id")
    try:
        planned = _plan(tx, layers, request, early)
    except (InvalidArgument, FailedPrecondition) as error:
        raise InvalidArgument(f"failed to parse exp config: {error.text}") from error
    experiment_id = experiments.id_by_external(tx, external_id)
    if experiment_id is None:
        experiment_id = _make(tx, who, request, planned, None, packed, external_id)
    else:
        made, before = experiment_config.columns(planned.resolved.config_json), experiments.searcher_of(tx, experiment_id)
        experiments.update(tx, experiment_id, _described(made) | _configured(planned))
        searcher_changes.apply(tx, experiment_id, before)
    return PutExperimentResponse(experiment=_shown(tx, experiment_id), config=shown_experiments.raw(planned.resolved.echo_json))


def _unmanaged(request: CreateExperimentRequest) -> bool:
    return request.unmanaged is True


def _plan(tx: Tx, layers: Layers, request: CreateExperimentRequest, early: Planned | None = None) -> Planned:
    template = request.template if isinstance(request.template, str) else None
    return experiment_config.plan(tx, layers, request.config, template, request.project_id, not _unmanaged(request), early)


def _parent(tx: Tx, parent_id: int) -> SourceRow | None:
    if not parent_id:
        return None
    parent = experiments.source(tx, parent_id)
    if parent is None:
        raise NotFound(f"experiment '{parent_id}' not found")
    if parent.archived_place:
        raise FailedPrecondition("forking an experiment in an archived workspace/project")
    return parent


def _make(
    tx: Tx,
    who: Caller,
    request: CreateExperimentRequest,
    planned: Planned,
    parent: SourceRow | None,
    packed: Packed | None,
    external_id: str | None,
) -> int:
    managed = not _unmanaged(request)
    made = experiment_config.columns(planned.resolved.config_json)
    config: dict[str, Any] = planned.resolved.config if managed else {}
    warm = _warm_start(tx, config["searcher"]) if managed else Warm()
    active = managed and request.activate
    values: dict[str, Any] = {
        "state": (ExperimentState.ACTIVE if active else ExperimentState.PAUSED).value,
        "original_config": planned.resolved.original,
        "job_id": str(uuid.uuid4()),
        "owner_id": who.user_id,
        "project_id": planned.place.project_id,
        "parent_id": None if parent is None else parent.id,
        "model_definition_id": _files(tx, parent, packed),
        "started_at": tx.now,
        "unmanaged": int(not managed),
        "external_id": external_id,
        **_described(made),
        **_configured(planned),
    }
    experiment_id = experiments.insert(tx, values)
    if managed:
        jobs.insert(tx, values["job_id"], "EXPERIMENT", who.user_id, made.resource_pool, made.priority, made.weight, active)
        _begin_search(tx, experiment_id, config, made, warm)
        if active:
            lives.advance(tx, experiment_id)
    return experiment_id


def _files(tx: Tx, parent: SourceRow | None, packed: Packed | None) -> int | None:
    """A fork has the files of its parent, whatever came with it."""
    if parent is not None:
        return parent.model_definition_id
    return None if packed is None else experiment_files.put(tx, packed.sha256, packed.archive, packed.size)


def _described(made: Columns) -> dict[str, Any]:
    return {
        "name": made.name,
        "description": made.description,
        "labels": made.labels,
        "hyperparameters": made.hyperparameters,
        "resource_pool": made.resource_pool,
        "searcher_name": made.searcher_name,
        "searcher_metric": made.searcher_metric,
        "smaller_is_better": made.smaller_is_better,
        "max_restarts": made.max_restarts,
        "slots_per_trial": made.slots_per_trial,
        "log_retention_days": made.log_retention_days,
    }


def _configured(planned: Planned) -> dict[str, Any]:
    resolved = planned.resolved
    hidden = resolved.masked_json if resolved.masked_json != resolved.config_json else None
    return {"config": resolved.config_json, "config_shown": hidden}


def _begin_search(tx: Tx, experiment_id: int, config: dict[str, Any], made: Columns, warm: Warm) -> None:
    state, actions = searcher.start(config, made.seed)
    searches.insert(tx, experiment_id, searcher.dump(state))
    row = trials.parent(tx, experiment_id)
    assert row is not None
    for action in actions:
        match action:
            case Create():
                hparams = shown_experiments.dumped(action.hparams)
                trials.insert(
                    tx,
                    row,
                    action.request_id,
                    hparams,
                    state=row.state,
                    seed=action.trial_seed,
                    warm_start=warm.uuid,
                    log_retention_days=made.log_retention_days,
                )
            case Shutdown():
                _end(tx, experiment_id, experiment_states.after_shutdown(ExperimentState(row.state), action.cancel, action.failure))
            case Failed():
                raise InvalidArgument(action.text)


def _end(tx: Tx, experiment_id: int, state: ExperimentState) -> None:
    """A search without a trial is over as soon as it begins."""
    experiments.update(tx, experiment_id, {"state": state.value})
    lives.advance(tx, experiment_id)


def _warm_start(tx: Tx, told: dict[str, Any]) -> Warm:
    """The checkpoint to start from: that of the source trial before the one that is named. Raises InvalidArgument for one that is not there."""
    trial_id, named = told.get("source_trial_id"), told.get("source_checkpoint_uuid")
    if trial_id is not None:
        found = experiment_places.last_checkpoint(tx, trial_id)
        if found is None:
            raise InvalidArgument(f"failed to create experiment: no checkpoint found for source trial {trial_id}")
        return Warm(found)
    if named is None:
        return Warm()
    try:
        name = str(uuid.UUID(named))
    except ValueError:
        raise InvalidArgument(f"failed to create experiment: invalid source checkpoint UUID: {named!r} is no UUID") from None
    if not experiment_places.has_checkpoint(tx, name):
        raise InvalidArgument(f"failed to create experiment: no checkpoint found with UUID {name}")
    return Warm(name)


def _shown(tx: Tx, experiment_id: int) -> Experiment:
    row = experiments.shown(tx, experiment_id)
    assert row is not None
    return shown_experiments.single(tx, row)
