"""Checkpoints: rows as they are shown, and the counts, sizes, best and latest that trials and experiments keep of them."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from undeterred.store.db import Tx


class CheckpointRow(msgspec.Struct, frozen=True):
    """A checkpoint; `resources` (path -> size) and `metadata` are JSON, `reported_at` µs."""

    id: int
    uuid: str
    task_id: str | None
    allocation_id: str | None
    trial_id: int | None
    experiment_id: int | None
    state: str
    reported_at: int
    resources: str
    metadata: str | None
    batches: int
    size_bytes: int
    storage_id: int | None


class ShownRow(msgspec.Struct, frozen=True):
    """A checkpoint with its trial's hyperparameters and the reports at its step; bodies and hparams are JSON."""

    id: int
    uuid: str
    task_id: str | None
    allocation_id: str | None
    trial_id: int | None
    experiment_id: int | None
    state: str
    reported_at: int
    resources: str
    metadata: str | None
    batches: int
    storage_id: int | None
    hparams: str | None
    training: str | None
    validation: str | None
    signed: float | None
    searched: int | None
    smaller_is_better: int | None


class LatestRow(msgspec.Struct, frozen=True):
    """The checkpoint to go on from."""

    uuid: str
    batches: int


class OwnerRow(msgspec.Struct, frozen=True):
    """What a checkpoint belongs to."""

    trial_id: int | None
    experiment_id: int | None


class RegisteredRow(msgspec.Struct, frozen=True):
    """A checkpoint that a model version needs."""

    uuid: str
    model: str
    model_id: int
    version: int


COLUMNS = ", ".join(CheckpointRow.__struct_fields__)
_SHOWN = (
    "SELECT c.id, c.uuid, c.task_id, c.allocation_id, c.trial_id, c.experiment_id, c.state, c.reported_at, c.resources, c.metadata, c.batches,"
    " c.storage_id, r.hparams, t.body, v.body, v.signed, v.searched, e.smaller_is_better FROM checkpoints c"
    " LEFT JOIN trials r ON r.id = c.trial_id LEFT JOIN experiments e ON e.id = c.experiment_id"
    " LEFT JOIN metrics t ON t.trial_id = c.trial_id AND t.metric_group = 'training' AND t.batches = c.batches"
    " AND t.archived = 0 AND t.profiling = 0"
    " LEFT JOIN metrics v ON v.trial_id = c.trial_id AND v.metric_group = 'validation' AND v.batches = c.batches"
    " AND v.archived = 0 AND v.profiling = 0"
)
# the same order as lifecycle.checkpoints: numbers, then NaN, then nothing
_BEST = (
    "SELECT c.uuid, v.signed FROM checkpoints c JOIN metrics v ON v.trial_id = c.trial_id AND v.metric_group = 'validation'"
    " AND v.batches = c.batches AND v.archived = 0 AND v.profiling = 0 AND v.searched = 1"
    " WHERE c.trial_id = :trial AND c.state = 'COMPLETED' ORDER BY CASE WHEN v.signed IS NULL THEN 1 ELSE 0 END, v.signed, v.id, c.id LIMIT 1"
)
_LATEST = "SELECT uuid, batches FROM checkpoints WHERE trial_id = :trial AND state = 'COMPLETED' ORDER BY batches DESC, reported_at DESC, id DESC LIMIT 1"


def get(tx: Tx, uuid: str) -> CheckpointRow | None:
    """One checkpoint's own row."""
    return tx.one(CheckpointRow, f"SELECT {COLUMNS} FROM checkpoints WHERE uuid = :uuid", uuid=uuid)


def many(tx: Tx, uuids: Sequence[str]) -> list[CheckpointRow]:
    """Those of the checkpoints that exist, by id."""
    sql = f"SELECT {COLUMNS} FROM checkpoints WHERE {tx.dialect.member('uuid', 'uuids', 'text')} ORDER BY id"
    return tx.all(CheckpointRow, sql, uuids=tx.dialect.bag(uuids))


def shown(tx: Tx, uuids: Sequence[str]) -> list[ShownRow]:
    """These checkpoints as people see them, in the order given."""
    rows = tx.all(ShownRow, f"{_SHOWN} WHERE {tx.dialect.member('c.uuid', 'uuids', 'text')}", uuids=tx.dialect.bag(uuids))
    place = {uuid: n for n, uuid in enumerate(uuids)}
    return sorted(rows, key=lambda row: place[row.uuid])


def owner(tx: Tx, task_id: str) -> OwnerRow | None:
    """The trial and experiment of a task; None for an unknown task."""
    return tx.one(OwnerRow, "SELECT trial_id, experiment_id FROM tasks WHERE id = :id", id=task_id)


def latest(tx: Tx, trial_id: int) -> LatestRow | None:
    """The COMPLETED checkpoint of the highest step; of several there, the one reported last."""
    return tx.one(LatestRow, _LATEST, trial=trial_id)


def insert(
    tx: Tx,
    uuid: str,
    task_id: str,
    allocation_id: str | None,
    whose: OwnerRow,
    reported_at: int,
    resources: str,
    metadata: str | None,
    batches: int,
    size_bytes: int,
    storage_id: int | None,
) -> bool:
    """A new COMPLETED checkpoint; false where the uuid is known already."""
    return (
        tx.run(
            "INSERT INTO checkpoints (uuid, task_id, allocation_id, trial_id, experiment_id, state, reported_at, resources, metadata, batches,"
            " size_bytes, storage_id) VALUES (:uuid, :task, :allocation, :trial, :experiment, 'COMPLETED', :at, :resources, :metadata, :batches,"
            " :size, :storage) ON CONFLICT DO NOTHING",
            uuid=uuid,
            task=task_id,
            allocation=allocation_id,
            trial=whose.trial_id,
            experiment=whose.experiment_id,
            at=reported_at,
            resources=resources,
            metadata=metadata,
            batches=batches,
            size=size_bytes,
            storage=storage_id,
        )
        == 1
    )


def set_files(tx: Tx, uuid: str, state: str, resources: str, size_bytes: int) -> None:
    """What is left of a checkpoint's files."""
    sql = "UPDATE checkpoints SET state = :state, resources = :resources, size_bytes = :size WHERE uuid = :uuid"
    tx.run(sql, uuid=uuid, state=state, resources=resources, size=size_bytes)


def set_metadata(tx: Tx, uuid: str, metadata: str | None, batches: int) -> None:
    """Replace the metadata, and the step that it names."""
    tx.run(
        "UPDATE checkpoints SET metadata = :metadata, batches = :batches WHERE uuid = :uuid", uuid=uuid, metadata=metadata, batches=batches
    )


def count(tx: Tx, whose: OwnerRow, number: int, size_bytes: int) -> bool:
    """Add to the counts of a trial and its experiment (negative: take away); false where a sum of sizes is beyond 64 bits."""
    if not number and not size_bytes:
        return True
    sums = []
    for table, key in (("trials", whose.trial_id), ("experiments", whose.experiment_id)):
        if key is not None:
            sql = (
                f"UPDATE {table} SET checkpoint_count = checkpoint_count + :n, checkpoint_size = checkpoint_size + :size WHERE id = :id"
                " RETURNING checkpoint_size"
            )
            sums.append(tx.value(sql, id=key, n=number, size=size_bytes))
    if whose.trial_id is not None:
        tx.ring(f"run:{whose.trial_id}")
    if whose.experiment_id is not None:
        tx.ring(f"experiment:{whose.experiment_id}")
    return not any(isinstance(each, float) for each in sums)  # SQLite goes on in floating point


def refresh_best(tx: Tx, trial_id: int) -> None:
    """Look up a trial's best and latest checkpoint anew."""
    best = tx.one(lambda uuid, signed: (uuid, signed), _BEST, trial=trial_id) or (None, None)
    newest = latest(tx, trial_id)
    tx.run(
        "UPDATE trials SET best_checkpoint = :best, best_checkpoint_signed = :signed, latest_checkpoint = :latest WHERE id = :id",
        id=trial_id,
        best=best[0],
        signed=best[1],
        latest=None if newest is None else newest.uuid,
    )


def validated(tx: Tx, trial_id: int, batches: int, signed: float | None, best: str | None, best_signed: float | None) -> None:
    """A validation came in: the checkpoint at its step may be the trial's best now. best, best_signed: what was so far."""
    if best is not None and (signed is None or (best_signed is not None and signed >= best_signed)):
        return
    sql = "SELECT uuid FROM checkpoints WHERE trial_id = :trial AND batches = :batches AND state = 'COMPLETED' ORDER BY id LIMIT 1"
    uuid = tx.value(sql, trial=trial_id, batches=batches)
    if uuid is not None:
        sql = "UPDATE trials SET best_checkpoint = :uuid, best_checkpoint_signed = :signed WHERE id = :id"
        tx.run(sql, id=trial_id, uuid=uuid, signed=signed)


def registered(tx: Tx, uuids: Sequence[str]) -> list[RegisteredRow]:
    """Those of the checkpoints that are in the model registry, with the version."""
    return tx.all(
        RegisteredRow,
        "SELECT v.checkpoint_uuid, m.name, m.id, v.version FROM model_versions v JOIN models m ON m.id = v.model_id"
        f" WHERE {tx.dialect.member('v.checkpoint_uuid', 'uuids', 'text')} ORDER BY v.id",
        uuids=tx.dialect.bag(uuids),
    )


def allocation_exists(tx: Tx, allocation_id: str) -> bool:
    """Whether there is, or was, such an allocation."""
    return tx.value("SELECT 1 FROM allocations WHERE id = :id", id=allocation_id) is not None


def storage_of(tx: Tx, storage_id: int | None, experiment_id: int | None) -> dict[str, Any] | None:
    """The configuration of a checkpoint's storage: what its run announced, else what its experiment says."""
    if storage_id is not None and (found := tx.value("SELECT config FROM storages WHERE id = :id", id=storage_id)) is not None:
        announced: dict[str, Any] = json.loads(found)
        return announced
    config = tx.value("SELECT config FROM experiments WHERE id = :id", id=experiment_id) if experiment_id is not None else None
    storage = json.loads(config).get("checkpoint_storage") if config else None
    return storage if isinstance(storage, dict) else None
