"""Checkpoints: reports, metadata, and what becomes of their files as far as rows go."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from undeterred.domain.lifecycle import checkpoints as life
from undeterred.domain.metrics.values import normal
from undeterred.errors import AlreadyExists, InvalidArgument, NotFound
from undeterred.services import shown_checkpoints
from undeterred.services.identity import Caller
from undeterred.services.missing import no_checkpoint
from undeterred.store import checkpoints, storages
from undeterred.store.checkpoints import CheckpointRow, OwnerRow
from undeterred.store.db import Tx
from undeterred.terms import CheckpointState
from undeterred.wire import checkpoints as wire
from undeterred.wire.base import instant_us

NOTES = "metadata.json"

_json = msgspec.json.Encoder(order="sorted")
_sizes = msgspec.json.Decoder(dict[str, int])


def report(tx: Tx, _who: Caller, sent: wire.Checkpoint | None) -> None:
    """A checkpoint whose files are stored."""
    sent = sent or wire.Checkpoint()
    whose = checkpoints.owner(tx, sent.task_id) if sent.task_id else None
    if whose is None:
        raise NotFound(f"task '{sent.task_id}' not found" if sent.task_id else "task not found")
    if sent.state not in (wire.CheckpointState.STATE_COMPLETED, wire.CheckpointState.STATE_UNSPECIFIED):
        raise InvalidArgument(f"only a completed checkpoint can be reported, not one in {sent.state.value}")
    uuid, sizes = parsed(sent.uuid), _checked(sent.resources)
    if whose.trial_id is None:
        raise InvalidArgument(f"checkpoints belong to trials, and task '{sent.task_id}' is of another kind")
    allocation_id = sent.allocation_id if isinstance(sent.allocation_id, str) and sent.allocation_id else None
    if allocation_id is not None and not checkpoints.allocation_exists(tx, allocation_id):
        raise NotFound(f"allocation '{allocation_id}' not found")
    storage_id = sent.storage_id if isinstance(sent.storage_id, int) else None
    if storage_id is not None and storages.config_of(tx, storage_id) is None:
        raise NotFound(f"storage '{storage_id}' not found: announce it with POST /api/v1/runs/start")
    metadata = {} if sent.metadata is None else normal(sent.metadata)
    at = tx.now if sent.report_time is None else instant_us(sent.report_time)
    size = sum(sizes.values())
    new = checkpoints.insert(
        tx, uuid, sent.task_id, allocation_id, whose, at, _text(sizes), _text(metadata), steps(metadata), size, storage_id
    )
    if not new:
        if _is_repetition(checkpoints.get(tx, uuid), sent.task_id, at, sizes):
            return
        raise AlreadyExists(f"checkpoint '{uuid}' is known already")
    _count(tx, whose, 1, size)
    checkpoints.refresh_best(tx, whose.trial_id)


def get(tx: Tx, uuid: str) -> wire.Checkpoint:
    """One checkpoint as it is shown."""
    rows = checkpoints.shown(tx, [parsed(uuid)])
    if not rows:
        raise no_checkpoint(uuid)
    return shown_checkpoints.show(tx, rows)[0]


def post_metadata(tx: Tx, _who: Caller, sent: wire.Checkpoint | None) -> wire.Checkpoint:
    """Replace a checkpoint's metadata; left out, nothing is left of it, and the answer (only that) says null."""
    sent = sent or wire.Checkpoint()
    row = checkpoints.get(tx, parsed(sent.uuid))
    if row is None:
        raise no_checkpoint(sent.uuid)
    metadata = normal(sent.metadata or {})
    checkpoints.set_metadata(tx, row.uuid, _text(metadata), steps(metadata))
    if row.trial_id is not None:
        checkpoints.refresh_best(tx, row.trial_id)
    answer = get(tx, row.uuid)
    if sent.metadata is None:
        answer.metadata = None
    return answer


def patch(tx: Tx, _who: Caller, wanted: list[wire.PatchCheckpoint]) -> None:
    """What is left of checkpoints' files, as the task that removed some of them says. All are looked at before any is changed."""
    rows = {row.uuid: row for row in _unregistered(tx, [each.uuid for each in wanted], "patched")}
    for each in wanted:
        if isinstance(each.resources, wire.PatchCheckpointOptionalResources):
            keep(tx, rows[parsed(each.uuid)], _checked(each.resources.resources))


def removable(tx: Tx, uuids: list[str], globs: list[str]) -> list[str]:
    """The checkpoints (their uuids) whose files somebody wants removed; services.collecting.by_uuid notes the wish.
    Raises InvalidArgument (no uuid, in the registry, a pattern that could reach outside), NotFound."""
    wanted = [parsed(uuid) for uuid in uuids]
    check_globs(globs)
    return [row.uuid for row in _unregistered(tx, wanted)]


def check_globs(globs: list[str]) -> None:
    """Raises InvalidArgument for a pattern that could reach outside of a checkpoint, or names nothing."""
    for glob in globs:
        if not glob:
            raise InvalidArgument("cannot have empty string glob")
        if ".." in glob:
            raise InvalidArgument(f"glob '{glob}' cannot contain '..'")


def keep(tx: Tx, row: CheckpointRow, left: dict[str, int]) -> None:
    """Only these files of a checkpoint are left (path -> size); none: it is DELETED, and its list of files stays as a record."""
    before, state = _sizes.decode(row.resources), CheckpointState(row.state)
    told = before if NOTES in before or NOTES not in left else before | {NOTES: left[NOTES]}  # older clients do not report that file
    after = life.after_files(told, left, state)
    if after is state and (left == before or not left):
        return
    sizes = left if after is not CheckpointState.DELETED else before
    size = sum(sizes.values())
    checkpoints.set_files(tx, row.uuid, after.value, _text(sizes), size)
    was, now = int(state is not CheckpointState.DELETED), int(after is not CheckpointState.DELETED)
    _count(tx, OwnerRow(row.trial_id, row.experiment_id), now - was, size * now - row.size_bytes * was)
    if row.trial_id is not None:
        checkpoints.refresh_best(tx, row.trial_id)


def parsed(uuid: str) -> str:
    """A UUID in its usual form. Raises InvalidArgument."""
    try:
        return str(UUID(uuid))
    except ValueError:
        raise InvalidArgument(f"converting checkpoint: string {uuid} is not a valid uuid") from None


def steps(metadata: Any) -> int:
    """The step that a checkpoint's metadata names; 0 where it names none."""
    value = metadata.get("steps_completed") if isinstance(metadata, dict) else None
    return value if type(value) is int and -(2**31) <= value < 2**31 else 0


def _unregistered(tx: Tx, uuids: Sequence[str], verb: str = "deleted") -> list[CheckpointRow]:
    wanted = list(dict.fromkeys(parsed(uuid) for uuid in uuids))
    rows = checkpoints.many(tx, wanted)
    found = {row.uuid for row in rows}
    if missing := [uuid for uuid in wanted if uuid not in found]:
        raise NotFound(f"checkpoints '{', '.join(sorted(missing))}' not found")
    if needed := checkpoints.registered(tx, wanted):
        texts = ", ".join(f"{row.uuid}, registered to {row.model} (model #{row.model_id}), version {row.version}" for row in needed)
        raise InvalidArgument(f"this subset of checkpoints provided are in the model registry and cannot be {verb}: {texts}.")
    return rows


def _count(tx: Tx, whose: OwnerRow, number: int, size_bytes: int) -> None:
    if not checkpoints.count(tx, whose, number, size_bytes):
        raise InvalidArgument("the sizes of these checkpoints together are beyond 64 bits")


def _checked(sizes: dict[str, str]) -> dict[str, int]:
    return {path: int(size) for path, size in sizes.items()}


def _is_repetition(row: CheckpointRow | None, task_id: str, at: int, sizes: dict[str, int]) -> bool:
    """The same report again: the answer to the first one was lost."""
    return row is not None and row.task_id == task_id and row.reported_at == at and _sizes.decode(row.resources) == sizes


def _text(value: Any) -> str:
    return _json.encode(value).decode()
