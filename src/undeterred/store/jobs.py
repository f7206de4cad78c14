"""Jobs: what waits in the pools' queues."""

import msgspec

from undeterred.store.db import Tx


class JobRow(msgspec.Struct, frozen=True):
    """A job in its queue. `position` (µs): where it stands among jobs of its priority."""

    id: str
    type: str
    owner_id: int
    pool: str
    priority: int
    weight: float
    submitted_at: int
    position: int
    queued: int


def insert(tx: Tx, job_id: str, kind: str, owner_id: int, pool: str, priority: int, weight: float, queued: bool) -> None:
    """A new job; `queued`: it waits from now on."""
    tx.run(
        "INSERT INTO jobs (id, type, owner_id, pool, priority, weight, submitted_at, position, queued)"
        " VALUES (:id, :kind, :owner, :pool, :priority, :weight, :now, :now, :queued)",
        id=job_id,
        kind=kind,
        owner=owner_id,
        pool=pool,
        priority=priority,
        weight=weight,
        now=tx.now,
        queued=int(queued),
    )


def get(tx: Tx, job_id: str) -> JobRow | None:
    """One job."""
    return tx.one(JobRow, f"SELECT {', '.join(JobRow.__struct_fields__)} FROM jobs WHERE id = :id", id=job_id)


def ahead(tx: Tx, job: JobRow) -> int:
    """How many jobs of its pool come before it."""
    sql = (
        "SELECT COUNT(*) FROM jobs WHERE queued = 1 AND pool = :pool"
        " AND (priority < :priority OR priority = :priority AND (position < :position OR position = :position AND id < :id))"
    )
    return int(tx.value(sql, pool=job.pool, priority=job.priority, position=job.position, id=job.id))


def is_scheduled(tx: Tx, job_id: str) -> bool:
    """Whether something of the job has a place to run."""
    sql = "SELECT 1 FROM allocations WHERE job_id = :id AND state IN ('ASSIGNED', 'PULLING', 'STARTING', 'RUNNING', 'WAITING', 'TERMINATING') LIMIT 1"
    return tx.value(sql, id=job_id) is not None


def change(tx: Tx, job_id: str, priority: int | None = None, weight: float | None = None) -> None:
    """Give a job another priority or weight."""
    if priority is not None:
        tx.run("UPDATE jobs SET priority = :priority WHERE id = :id", priority=priority, id=job_id)
    if weight is not None:
        tx.run("UPDATE jobs SET weight = :weight WHERE id = :id", weight=weight, id=job_id)


def delete(tx: Tx, job_id: str) -> None:
    """Forget a job."""
    tx.run("DELETE FROM jobs WHERE id = :id", id=job_id)
