"""Removing checkpoints: which ones an experiment's policy lets go, and what is noted once their files are gone.

The wish is a row, written with whatever caused it (an experiment's end, a new policy, a deletion); the sweep loop carries it out. Removing
again what is gone already is no error, so a crash in between costs nothing.
"""

import json
import math
from typing import Any

import msgspec

from undeterred.domain.lifecycle import checkpoints as policy
from undeterred.domain.lifecycle.checkpoints import Checkpoint, Policy
from undeterred.errors import NotFound
from undeterred.services import checkpoints as verbs
from undeterred.services.identity import Caller
from undeterred.store import checkpoints, collections
from undeterred.store.collections import CandidateRow, CollectionRow
from undeterred.store.db import Tx

ALL = ["**/*"]
GRACE_US = 3_000_000  # whoever asks for a removal still sees, in the next answers, what it was asked for
RETRY_US = (10_000_000, 60_000_000, 600_000_000, 3600_000_000)


class Doomed(msgspec.Struct, frozen=True):
    """A checkpoint whose files are to go: its storage, and the globs of the files that are."""

    uuid: str
    storage: dict[str, Any]
    globs: list[str]


class Work(msgspec.Struct, frozen=True):
    """What a wish comes to. `tensorboard`: an experiment whose tensorboard files go too, with the storage that holds them."""

    doomed: list[Doomed]
    tensorboard: tuple[int, dict[str, Any]] | None = None


def after_end(tx: Tx, experiment_id: int, config: str) -> None:
    """An experiment has ended: its policy is applied, if it has checkpoints to apply it to."""
    storage = json.loads(config).get("checkpoint_storage") or {}
    by_policy(tx, experiment_id, storage)


def by_policy(tx: Tx, experiment_id: int, storage: dict[str, Any]) -> None:
    """Wish for what the counts in a checkpoint_storage let go, unless that is nothing."""
    counts = [storage.get("save_experiment_best", 0), storage.get("save_trial_best", 1), storage.get("save_trial_latest", 1)]
    if let_go(tx, experiment_id, Policy(*counts)):
        collections.add(tx, "policy", experiment_id, {"policy": counts}, GRACE_US)


def remove(tx: Tx, _who: Caller, uuids: list[str], globs: list[str]) -> None:
    """Somebody wants files of checkpoints removed; all are looked at before the wish is noted."""
    by_uuid(tx, verbs.removable(tx, uuids, globs), globs)


def by_uuid(tx: Tx, uuids: list[str], globs: list[str]) -> None:
    """Wish for these checkpoints' files; services.checkpoints.removable has looked at them."""
    if uuids and globs:
        collections.add(tx, "uuids", None, {"uuids": uuids, "globs": globs}, GRACE_US)


def of_experiment(tx: Tx, experiment_id: int, delay_us: int | None = None) -> None:
    """Wish for a whole experiment to go: all checkpoints, its tensorboard files, then its rows. delay_us: None for the usual one."""
    if delay_us is None:
        delay_us = GRACE_US if collections.every_uuid(tx, experiment_id) else 0
    collections.add(tx, "experiment", experiment_id, {}, delay_us)


def tensorboard_of(tx: Tx, experiment_id: int) -> None:
    """Wish for an experiment's tensorboard files to go. Raises NotFound."""
    if collections.storage_of(tx, experiment_id) is None:
        raise NotFound(f"experiment '{experiment_id}' not found")
    collections.add(tx, "tensorboard", experiment_id, {})


def plan(tx: Tx, wish: CollectionRow) -> Work:
    """What a wish comes to now."""
    wanted = json.loads(wish.wanted)
    if wish.kind == "uuids":
        return Work(_doomed(tx, wanted["uuids"], wanted["globs"]))
    assert wish.experiment_id is not None, "other wishes name their experiment"
    if wish.kind == "policy":
        return Work(_doomed(tx, let_go(tx, wish.experiment_id, Policy(*wanted["policy"])), ALL))
    config = collections.storage_of(tx, wish.experiment_id)
    storage = json.loads(config).get("checkpoint_storage") or {} if config else {}
    doomed = _doomed(tx, collections.every_uuid(tx, wish.experiment_id), ALL) if wish.kind == "experiment" else []
    return Work(doomed, (wish.experiment_id, storage))


def removed(tx: Tx, uuid: str, left: dict[str, int]) -> None:
    """These files of a checkpoint are left; none: it is DELETED."""
    row = checkpoints.get(tx, uuid)
    if row is not None:
        verbs.keep(tx, row, left)


def let_go(tx: Tx, experiment_id: int, counts: Policy) -> list[str]:
    """The checkpoints of an experiment that these counts do not keep."""
    rows = collections.candidates(tx, experiment_id)
    smaller = bool(collections.smaller_is_better(tx, experiment_id))
    known = [Checkpoint(r.uuid, r.trial_id, r.batches, _metric(r), r.validation_id, kept=bool(r.kept)) for r in rows]
    return [each.uuid for each in policy.collectable(known, counts, smaller)]


def _metric(row: CandidateRow) -> float | None:
    """The searcher metric at a checkpoint; NaN, which the row says by a validation without a number, is one."""
    return math.nan if row.metric is None and row.validation_id else row.metric


def _doomed(tx: Tx, uuids: list[str], globs: list[str]) -> list[Doomed]:
    found = []
    for row in collections.files(tx, uuids):
        storage = json.loads(row.storage) if row.storage else (json.loads(row.config).get("checkpoint_storage") or {} if row.config else {})
        found.append(Doomed(row.uuid, storage, globs))
    return found
