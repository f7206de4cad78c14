"""What a trial did, step by step: training and validation reports, checkpoints."""

import msgspec

from undeterred.store.db import Tx

TRAINING, VALIDATION, CHECKPOINT = 1, 2, 3


class WorkRow(msgspec.Struct, frozen=True):
    """One piece of work: kind (1 training, 2 validation, 3 checkpoint) and the row's id in its own table."""

    kind: int
    id: int
    batches: int


class DoneRow(msgspec.Struct, frozen=True):
    """A report's row; `body` is JSON."""

    id: int
    reported_at: int | None
    batches: int
    body: str


class KeptRow(msgspec.Struct, frozen=True):
    """A checkpoint's row; `resources` and `metadata` are JSON."""

    id: int
    uuid: str
    reported_at: int
    state: str
    resources: str
    batches: int
    metadata: str | None


_LIVE = "archived = 0 AND profiling = 0"


def _parts(kinds: frozenset[int], deleted: bool) -> dict[int, str]:
    """FROM and WHERE of each kind. deleted: DELETED checkpoints too."""
    parts = {
        TRAINING: f"metrics m WHERE trial_id = :trial AND metric_group = 'training' AND {_LIVE}",
        VALIDATION: f"metrics m WHERE trial_id = :trial AND metric_group = 'validation' AND {_LIVE}",
        CHECKPOINT: "checkpoints m WHERE trial_id = :trial" + ("" if deleted else " AND state <> 'DELETED'"),
    }
    return {kind: part for kind, part in parts.items() if kind in kinds}


def count(tx: Tx, trial_id: int, kinds: frozenset[int], deleted: bool) -> int:
    """How many pieces of work there are."""
    counts = " + ".join(f"(SELECT COUNT(*) FROM {part})" for part in _parts(kinds, deleted).values())
    return int(tx.value(f"SELECT {counts}", trial=trial_id))


def page(tx: Tx, trial_id: int, kinds: frozenset[int], deleted: bool, descending: bool, start: int, size: int) -> list[WorkRow]:
    """A window of the work by step; at one step by time, then training, validation, checkpoints; or all of it the other way round."""
    way = "DESC" if descending else "ASC"
    heads = " UNION ALL ".join(
        f"SELECT * FROM ({_head(kind, part)} ORDER BY {_ordered(kind, way)} LIMIT :reach) h{kind}"
        for kind, part in _parts(kinds, deleted).items()
    )
    return tx.all(
        WorkRow,
        f"SELECT kind, id, batches FROM ({heads}) w ORDER BY batches {way}, moment {way}, kind {way}, id {way} LIMIT :size OFFSET :start",
        trial=trial_id,
        reach=start + size,
        size=size,
        start=start,
    )


def everything(tx: Tx, trial_id: int, kinds: frozenset[int], deleted: bool) -> list[WorkRow]:
    """All the work by step, then by time."""
    heads = " UNION ALL ".join(_head(kind, part) for kind, part in _parts(kinds, deleted).items())
    return tx.all(WorkRow, f"SELECT kind, id, batches FROM ({heads}) w ORDER BY batches, moment, kind, id", trial=trial_id)


def _ordered(kind: int, way: str) -> str:
    """A step has one live report of a kind, so that the index alone has their order; it may have several checkpoints."""
    return f"m.batches {way}, m.reported_at {way}, m.id {way}" if kind == CHECKPOINT else f"m.batches {way}"


def _head(kind: int, part: str) -> str:
    return f"SELECT {kind} AS kind, m.id AS id, m.batches AS batches, m.reported_at AS moment FROM {part}"


def reports(tx: Tx, ids: list[int]) -> dict[int, DoneRow]:
    """Reports by id."""
    sql = f"SELECT id, reported_at, batches, body FROM metrics WHERE {tx.dialect.member('id', 'ids')}"
    return {row.id: row for row in tx.all(DoneRow, sql, ids=tx.dialect.bag(ids))}


def kept(tx: Tx, ids: list[int]) -> dict[int, KeptRow]:
    """Checkpoints by id."""
    sql = f"SELECT id, uuid, reported_at, state, resources, batches, metadata FROM checkpoints WHERE {tx.dialect.member('id', 'ids')}"
    return {row.id: row for row in tx.all(KeptRow, sql, ids=tx.dialect.bag(ids))}
