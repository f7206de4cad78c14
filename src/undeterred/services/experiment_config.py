"""From a submitted text to a configuration that can be stored: where the experiment goes, what stands below its text, what the cluster can do."""

import json
import time
from functools import lru_cache
from random import Random, SystemRandom
from typing import Any

import msgspec

from undeterred.config import experiment as language
from undeterred.config import master as master_config
from undeterred.config.experiment import Asked, Defaults, Resolved
from undeterred.errors import FailedPrecondition, InvalidArgument, NotFound
from undeterred.services.pet_names import experiment_name
from undeterred.services.settings import Settings
from undeterred.store import experiment_places
from undeterred.store.db import Tx
from undeterred.store.experiment_places import PlaceRow
from undeterred.wire.common import LaunchWarning

_random: Random = SystemRandom()
_LAYERS_MAX = 512


class Planned(msgspec.Struct, frozen=True):
    """An experiment to be: its place and its configuration, and what that was made from."""

    place: PlaceRow
    resolved: Resolved
    warnings: tuple[LaunchWarning, ...]
    template: str | None
    asked: Asked
    defaults: Defaults
    pool: str | None


class Columns(msgspec.Struct, frozen=True):
    """The parts of a complete configuration that have columns of their own, and what starts a search; JSON where it says so."""

    name: str
    description: str | None
    labels: str  # JSON
    hyperparameters: str  # JSON
    resource_pool: str
    searcher_name: str
    searcher_metric: str
    smaller_is_better: int
    max_restarts: int
    slots_per_trial: int
    log_retention_days: int | None
    priority: int
    weight: float
    seed: int


class Layers:
    """What one master's configuration puts below every text; remembers what it made, by what it was made from."""

    def __init__(self, settings: Settings) -> None:
        self.config = settings.config
        self.storage = master_config.storage(settings.config, str(settings.data))
        self._made: dict[tuple[str | None, str | None, str], Defaults] = {}

    def defaults(self, template: str | None, workspace_storage: str | None, pool: str) -> Defaults:
        """The layers below a text. template, workspace_storage: JSON; pool: the name, "" for that of no pool."""
        key = (template, workspace_storage, pool)
        made = self._made.get(key)
        if made is None:
            if len(self._made) >= _LAYERS_MAX:
                self._made.clear()
            made = self._made[key] = Defaults(
                template=None if template is None else json.loads(template),
                task_container_defaults=master_config.container_defaults(self.config, pool),
                workspace_storage=None if workspace_storage is None else json.loads(workspace_storage),
                master_storage=self.storage,
                priority=master_config.scheduler(self.config, pool).default_priority,
            )
        return made


def plan(
    tx: Tx, layers: Layers, text: str, template_name: str | None, project_id: int, managed: bool, early: Planned | None = None
) -> Planned:
    """Where an experiment goes and its whole configuration. Raises InvalidArgument, NotFound, FailedPrecondition.

    early: the same, planned before this transaction; its configuration is taken over where nothing that it depends on has changed."""
    template = None if template_name is None else _template(tx, template_name)
    known = early.asked if early is not None and early.template == template else None
    asked = known or language.asked(text, None if template is None else json.loads(template))
    place = _place(tx, asked, project_id)
    pool = resolve_pool(layers, place, asked.resource_pool, asked.slots_per_trial) if managed else None
    defaults = layers.defaults(template, place.checkpoint_storage, asked.resource_pool if pool is None else pool)
    if early is not None and (early.defaults, early.pool, early.asked) == (defaults, pool, asked):
        resolved = early.resolved
    else:
        placed, name = project_id > 1, experiment_name(_random)
        resolved = language.resolve(text, defaults, seed=int(time.time()), name=name, pool=pool, managed=managed, placed=placed)
    warnings = capacity_warnings(tx, layers, pool, columns(resolved.config_json).slots_per_trial) if pool is not None else ()
    return Planned(place, resolved, warnings, template, asked, defaults, pool)


def resolve_pool(layers: Layers, place: PlaceRow, wanted: str, slots: int) -> str:
    """The pool that runs it: the one asked for, else the workspace's, else the cluster's default. Raises InvalidArgument for an unknown one."""
    manager = layers.config.resource_manager
    default = place.default_compute_pool or manager.default_compute_resource_pool
    if slots == 0:
        default = place.default_aux_pool or manager.default_aux_resource_pool
    name = wanted or default
    if master_config.pool(layers.config, name) is None:
        told = f"resource pool {name} does not exist or is not available to workspace id {place.workspace_id}"
        raise InvalidArgument(f"invalid resource configuration: rpc error: code = InvalidArgument desc = {told}")
    return name


def capacity_warnings(tx: Tx, layers: Layers, pool: str, slots: int) -> tuple[LaunchWarning, ...]:
    """What to say of a trial that is larger than its pool; raises InvalidArgument where the cluster refuses such ones (launch_error)."""
    if slots == 0 or slots <= experiment_places.slots(tx, pool):
        return ()
    if layers.config.launch_error:
        raise InvalidArgument("invalid resource configuration: slots requested exceeds cluster capacity")
    return (LaunchWarning.LAUNCH_WARNING_CURRENT_SLOTS_EXCEEDED,)


@lru_cache(maxsize=512)
def columns(config_json: str) -> Columns:
    """What of a complete configuration has columns of its own."""
    config: dict[str, Any] = json.loads(config_json)
    searcher, resources = config["searcher"], config["resources"]
    return Columns(
        name=config["name"],
        description=config["description"],
        labels=_json(config["labels"] or []),
        hyperparameters=_json(config["hyperparameters"]),
        resource_pool=resources["resource_pool"],
        searcher_name=searcher["name"],
        searcher_metric=searcher["metric"],
        smaller_is_better=int(searcher["smaller_is_better"]),
        max_restarts=config["max_restarts"],
        slots_per_trial=resources["slots_per_trial"],
        log_retention_days=(config.get("retention_policy") or {}).get("log_retention_days"),
        priority=resources["priority"],
        weight=float(resources["weight"]),
        seed=config["reproducibility"]["experiment_seed"],
    )


def _template(tx: Tx, name: str) -> str:
    found = experiment_places.template(tx, name) if name else None
    if found is None:
        raise NotFound(f"template '{name}' not found" if name else "template not found")
    return found


def _place(tx: Tx, asked: Asked, project_id: int) -> PlaceRow:
    """Where an experiment is to be. NotFound; FailedPrecondition for a place that is archived or being deleted."""
    place = _named_place(tx, asked, project_id)
    if place.going:
        raise FailedPrecondition(f"project ({place.project_id}) is being deleted and cannot add new experiments")
    return place


def _named_place(tx: Tx, asked: Asked, project_id: int) -> PlaceRow:
    if project_id > 1 or not (asked.workspace and asked.project):
        wanted = project_id if project_id > 0 else 1
        place = experiment_places.by_id(tx, wanted)
        if place is None:
            raise NotFound(f"project '{wanted}' not found")
        return place
    if experiment_places.is_archived_workspace(tx, asked.workspace):
        raise FailedPrecondition("workspace is archived and cannot add new experiments")
    place = experiment_places.by_name(tx, asked.workspace, asked.project)
    if place is None:
        raise NotFound(f"workspace/project '{asked.workspace}/{asked.project}' not found")
    if place.project_archived:
        raise FailedPrecondition("project is archived and cannot add new experiments")
    return place


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
