"""Wishes to remove checkpoints' files, and what collecting must know of them."""

import json
from typing import Any

import msgspec

from undeterred.store.db import Tx


class CollectionRow(msgspec.Struct, frozen=True):
    """A wish; `wanted` is JSON."""

    id: int
    kind: str
    experiment_id: int | None
    wanted: str
    tries: int


class CandidateRow(msgspec.Struct, frozen=True):
    """A checkpoint of an experiment beside the validation at its step. `metric`: the searcher's, None for NaN and where
    there is no validation with one (`validation_id` is 0 then); `kept`: somebody else needs it."""

    uuid: str
    trial_id: int
    batches: int
    metric: float | None
    validation_id: int
    kept: int


class FilesRow(msgspec.Struct, frozen=True):
    """Where a checkpoint's files lie; `storage` and `resources` are JSON, `config` that of its experiment."""

    uuid: str
    state: str
    storage: str | None
    config: str | None
    resources: str


_COMMON = "id, kind, experiment_id, wanted, tries"


def add(tx: Tx, kind: str, experiment_id: int | None, wanted: dict[str, Any], delay_us: int = 0) -> None:
    """Wish for something to be removed, not before `delay_us` have passed."""
    tx.run(
        "INSERT INTO collections (kind, experiment_id, wanted, requested_at, retry_at) VALUES (:kind, :experiment, :wanted, :now, :due)",
        kind=kind,
        experiment=experiment_id,
        wanted=json.dumps(wanted),
        now=tx.now,
        due=tx.now + delay_us,
    )
    tx.ring("sweep")


def due(tx: Tx, limit: int = 20) -> list[CollectionRow]:
    """The wishes whose time has come, those first that have waited longest: what is looked at again and again keeps nobody from a turn."""
    sql = f"SELECT {_COMMON} FROM collections WHERE retry_at <= :now ORDER BY retry_at, id LIMIT :limit"
    return tx.all(CollectionRow, sql, now=tx.now, limit=limit)


def next_at(tx: Tx) -> int | None:
    """When the next wish is due."""
    found = tx.value("SELECT MIN(retry_at) FROM collections")
    return None if found is None else int(found)


def done(tx: Tx, collection_id: int) -> None:
    """The wish is carried out."""
    tx.run("DELETE FROM collections WHERE id = :id", id=collection_id)


def look_again(tx: Tx, collection_id: int, at: int) -> None:
    """The wish is on its way; it is due again then."""
    tx.run("UPDATE collections SET retry_at = :at WHERE id = :id", id=collection_id, at=at)


def postpone(tx: Tx, collection_id: int, error: str, retry_at: int) -> None:
    """It could not be done now."""
    sql = "UPDATE collections SET tries = tries + 1, error = :error, retry_at = :at WHERE id = :id"
    tx.run(sql, id=collection_id, error=error, at=retry_at)


def candidates(tx: Tx, experiment_id: int) -> list[CandidateRow]:
    """Every COMPLETED checkpoint of an experiment's trials, oldest first."""
    return tx.all(
        CandidateRow,
        "SELECT c.uuid, c.trial_id, c.batches, CASE WHEN e.smaller_is_better = 1 THEN m.signed ELSE -m.signed END, COALESCE(m.id, 0),"
        " CASE WHEN EXISTS (SELECT 1 FROM model_versions v WHERE v.checkpoint_uuid = c.uuid)"
        " OR EXISTS (SELECT 1 FROM trials w WHERE w.warm_start = c.uuid AND w.experiment_id <> c.experiment_id) THEN 1 ELSE 0 END"
        " FROM checkpoints c JOIN experiments e ON e.id = c.experiment_id"
        " LEFT JOIN metrics m ON m.trial_id = c.trial_id AND m.archived = 0 AND m.profiling = 0 AND m.metric_group = 'validation'"
        " AND m.batches = c.batches AND m.searched = 1"
        " WHERE c.experiment_id = :id AND c.state = 'COMPLETED' AND c.trial_id IS NOT NULL ORDER BY c.id",
        id=experiment_id,
    )


def every_uuid(tx: Tx, experiment_id: int) -> list[str]:
    """All checkpoints of an experiment that still have files."""
    sql = "SELECT uuid FROM checkpoints WHERE experiment_id = :id AND state <> 'DELETED' ORDER BY id"
    return [str(u) for u in tx.column(sql, id=experiment_id)]


def files(tx: Tx, uuids: list[str]) -> list[FilesRow]:
    """Where these checkpoints lie."""
    return tx.all(
        FilesRow,
        "SELECT c.uuid, c.state, s.config, e.config, c.resources FROM checkpoints c LEFT JOIN storages s ON s.id = c.storage_id"
        f" LEFT JOIN experiments e ON e.id = c.experiment_id WHERE {tx.dialect.member('c.uuid', 'uuids', 'text')} ORDER BY c.id",
        uuids=tx.dialect.bag(uuids),
    )


def storage_of(tx: Tx, experiment_id: int) -> str | None:
    """An experiment's configuration, JSON: its checkpoint_storage says where its tensorboard files lie."""
    found = tx.value("SELECT config FROM experiments WHERE id = :id", id=experiment_id)
    return None if found is None else str(found)


def smaller_is_better(tx: Tx, experiment_id: int) -> int:
    """1 where the experiment's searcher metric is better when smaller."""
    found = tx.value("SELECT smaller_is_better FROM experiments WHERE id = :id", id=experiment_id)
    return 1 if found is None else int(found)
