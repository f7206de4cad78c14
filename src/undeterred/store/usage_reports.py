"""What reports of use are made of: allocations that overlap a span of time, and what trials told in it."""

from collections.abc import Sequence

import msgspec

from undeterred.store.db import Tx


class UsedRow(msgspec.Struct, frozen=True):
    """An allocation with whose it was and where; instants in µs, `labels` a JSON list or null."""

    id: str
    task_type: str
    task_started_at: int
    task_ended_at: int | None
    username: str
    workspace_name: str
    experiment_id: int | None
    trial_id: int | None
    labels: str | None
    slots: int
    started_at: int | None
    ended_at: int | None
    pool: str


class SpentRow(msgspec.Struct, frozen=True):
    """The time before something that a trial told, since what it told before it or began with; instants in µs."""

    trial_id: int
    begun: int
    ended: int
    kind: str


class TrialRow(msgspec.Struct, frozen=True):
    """A trial's experiment as a report shows it; `labels` is JSON."""

    id: int
    experiment_id: int
    owner_id: int
    username: str
    labels: str
    slots: int


_COLUMNS = "id, task_id, job_id, slots_wanted, started_at, ended_at, pool"


def used(tx: Tx, after: int, before: int) -> list[UsedRow]:
    """Allocations that ran between two instants, the first ones first, and last those that wait now for their start."""
    return tx.all(
        UsedRow,
        "SELECT a.id, k.type, k.started_at, k.ended_at, COALESCE(u.username, ''), COALESCE(w.name, 'Uncategorized'), k.experiment_id, k.trial_id,"
        " e.labels, a.slots_wanted, a.started_at, a.ended_at, a.pool FROM ("
        f"SELECT {_COLUMNS} FROM allocations WHERE ended_at >= :after AND started_at IS NOT NULL AND started_at < :before"
        f" UNION ALL SELECT {_COLUMNS} FROM allocations WHERE ended_at IS NULL AND COALESCE(started_at, 0) < :before) a"
        " JOIN tasks k ON k.id = a.task_id LEFT JOIN jobs j ON j.id = a.job_id LEFT JOIN users u ON u.id = COALESCE(j.owner_id, k.owner_id)"
        " LEFT JOIN experiments e ON e.id = k.experiment_id LEFT JOIN projects p ON p.id = e.project_id"
        " LEFT JOIN workspaces w ON w.id = p.workspace_id ORDER BY a.started_at NULLS LAST, a.id",
        after=after,
        before=before,
    )


def trials(tx: Tx, ids: Sequence[int]) -> dict[int, TrialRow]:
    """Trials by id."""
    rows = tx.all(
        TrialRow,
        "SELECT t.id, e.id, e.owner_id, u.username, e.labels, e.slots_per_trial FROM trials t JOIN experiments e ON e.id = t.experiment_id"
        f" JOIN users u ON u.id = e.owner_id WHERE {tx.dialect.member('t.id', 'ids')}",
        ids=tx.dialect.bag(ids),
    )
    return {row.id: row for row in rows}


def spent(tx: Tx, ids: Sequence[int], after: int, before: int, limit: int) -> list[SpentRow]:
    """What these trials did between two instants; at most `limit`."""
    told = (
        f"SELECT trial_id, reported_at, metric_group FROM metrics WHERE {tx.dialect.member('trial_id', 'ids')} AND reported_at IS NOT NULL"
    )
    which = " AND metric_group IN ('training', 'validation')"
    events = (
        f"SELECT id AS trial_id, started_at AS at, '' AS kind FROM trials WHERE {tx.dialect.member('id', 'ids')}"
        " UNION ALL SELECT k.trial_id, a.started_at, '' FROM allocations a JOIN tasks k ON k.id = a.task_id"
        f" WHERE {tx.dialect.member('k.trial_id', 'ids')} AND a.started_at IS NOT NULL"
        f" UNION ALL {told} AND archived = 0 AND profiling = 0{which} UNION ALL {told} AND archived = 1{which}"
        f" UNION ALL SELECT trial_id, reported_at, 'checkpointing' FROM checkpoints WHERE {tx.dialect.member('trial_id', 'ids')}"
    )
    return tx.all(
        SpentRow,
        "SELECT trial_id, begun, at, kind FROM"
        f" (SELECT trial_id, at, kind, LAG(at) OVER (PARTITION BY trial_id ORDER BY at, kind) AS begun FROM ({events}) told) spans"
        " WHERE kind <> '' AND begun < :before AND at > :after ORDER BY begun, trial_id, at LIMIT :limit",
        ids=tx.dialect.bag(ids),
        after=after,
        before=before,
        limit=limit,
    )
