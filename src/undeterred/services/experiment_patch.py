"""Changing experiments: what describes them, how they are scheduled, which checkpoints they keep."""

import json
import math
from typing import Any

from msgspec import UNSET

from undeterred.config import experiment as language
from undeterred.errors import InvalidArgument, NotFound
from undeterred.services import collecting, experiment_actions, shown_experiments
from undeterred.store import experiments, jobs
from undeterred.store.db import Tx
from undeterred.store.experiments import ConfigRow
from undeterred.wire.base import number
from undeterred.wire.experiments import Experiment, PatchExperiment, PatchExperimentPatchResources

_LIVE = ("ACTIVE", "PAUSED", "STOPPING_COMPLETED", "STOPPING_CANCELED", "STOPPING_KILLED", "STOPPING_ERROR")
_TAKEN = ("<config>.resources.max_slots: must be >=", "<config>.resources.weight: must be >=")
"""What a patch may set though a new experiment may not: the reference stores it."""
_Columns = dict[str, Any]


def patch(tx: Tx, wanted: PatchExperiment) -> Experiment:
    """Change what is said; the experiment, with the configuration that it had before. Raises NotFound, InvalidArgument."""
    before = experiments.config_of(tx, wanted.id)
    if before is None:
        raise NotFound(f"experiment '{wanted.id}' not found")
    config: dict[str, Any] = json.loads(before.config)
    columns = _described(before, wanted, config)
    if isinstance(wanted.resources, PatchExperimentPatchResources):
        _patch_resources(tx, before, wanted.resources, config)
    if wanted.checkpoint_storage is not UNSET:
        counts = wanted.checkpoint_storage
        config["checkpoint_storage"] |= {
            "save_experiment_best": counts.save_experiment_best,
            "save_trial_best": counts.save_trial_best,
            "save_trial_latest": counts.save_trial_latest,
        }
    if config != json.loads(before.config):
        _check(before.id, config)
        columns |= experiment_actions.config_columns(config)
    experiments.update(tx, before.id, columns)
    if wanted.checkpoint_storage is not UNSET:
        collecting.by_policy(tx, before.id, config["checkpoint_storage"])
    return _shown(tx, before)


def put_label(tx: Tx, experiment_id: int, label: str) -> list[str]:
    """Add a label; all of them."""
    return _relabel(tx, experiment_id, lambda labels: labels if label in labels else [*labels, label])


def delete_label(tx: Tx, experiment_id: int, label: str) -> list[str]:
    """Take a label away if it is there; those that are left."""
    return _relabel(tx, experiment_id, lambda labels: [each for each in labels if each != label])


def _relabel(tx: Tx, experiment_id: int, change: Any) -> list[str]:
    before = experiments.config_of(tx, experiment_id)
    if before is None:
        raise NotFound(f"experiment '{experiment_id}' not found")
    old = shown_experiments.labels_of(before.labels)
    labels: list[str] = change(old)
    if labels != old:
        config = json.loads(before.config) | {"labels": labels}
        experiments.update(tx, experiment_id, {"labels": _json(labels), **experiment_actions.config_columns(config)})
    return labels


def _described(before: ConfigRow, wanted: PatchExperiment, config: dict[str, Any]) -> _Columns:
    """The columns that change; the configuration tells name, description and labels too, once any of these was ever changed."""
    if wanted.name is not None and wanted.name != before.name and not wanted.name.strip():
        raise InvalidArgument("`name` must not be an empty or whitespace string")
    columns: _Columns = {}
    for name in ("name", "description", "notes"):
        value = getattr(wanted, name)
        if value is not None and value != (getattr(before, name) or ""):
            columns[name] = value
    if wanted.labels is not None:
        labels = _json(list(dict.fromkeys(label for label in wanted.labels if isinstance(label, str))))
        if labels != before.labels:
            columns["labels"] = labels
    if columns:
        before_labels = shown_experiments.labels_of(before.labels)
        config["name"] = columns.get("name", before.name)
        config["description"] = columns.setdefault("description", before.description or "")
        config["labels"] = shown_experiments.labels_of(columns["labels"]) if "labels" in columns else before_labels or None
    return columns


def _patch_resources(tx: Tx, before: ConfigRow, wanted: PatchExperimentPatchResources, config: dict[str, Any]) -> None:
    if before.unmanaged or before.state not in _LIVE:
        raise NotFound(f"experiment '{before.id}' not found")
    resources = config["resources"]
    if wanted.max_slots is not UNSET:
        resources["max_slots"] = wanted.max_slots
    if wanted.weight is not UNSET:
        weight = number(wanted.weight)
        if not math.isfinite(weight):
            raise InvalidArgument(f"resources.weight: {wanted.weight} is no weight: give a finite number")
        resources["weight"] = weight
    if wanted.priority is not UNSET:
        resources["priority"] = wanted.priority
    _check(before.id, config)
    jobs.change(
        tx,
        before.job_id,
        priority=None if wanted.priority is UNSET else wanted.priority,
        weight=None if wanted.weight is UNSET else max(resources["weight"], 0.0),
    )
    tx.ring("schedule")


def _check(experiment_id: int, config: dict[str, Any]) -> None:
    lines = [line for line in language.problems(config, final=True) if not line.startswith(_TAKEN)]
    if lines:
        raise experiment_actions.refused_config(experiment_id, "\n".join(lines))


def _shown(tx: Tx, before: ConfigRow) -> Experiment:
    row = experiments.shown(tx, before.id)
    assert row is not None
    message = shown_experiments.single(tx, row)
    message.config = shown_experiments.raw(before.config if before.config_shown is None else before.config_shown)
    return message


def _json(value: list[str]) -> str:
    return shown_experiments.dumped(value)
