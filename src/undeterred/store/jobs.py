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


class QueuedRow(msgspec.Struct, frozen=True):
    """A queued job with what it is called and how much it wants and has; `spec` is its task's JSON."""

    id: str
    type: str
    owner_id: int
    username: str
    pool: str
    priority: int
    weight: float
    submitted_at: int
    position: int
    experiment_id: int | None
    name: str | None
    progress: float | None
    workspace_id: int | None
    task_id: str | None
    spec: str | None


class HoldRow(msgspec.Struct, frozen=True):
    """A live allocation of a queued job; `slot_ids` is JSON."""

    job_id: str
    state: str
    slots_wanted: int
    slot_ids: str


def queued(tx: Tx, pool: str = "") -> list[QueuedRow]:
    """The jobs in a pool's queue, or in every pool's."""
    where = " AND j.pool = :pool" if pool else ""
    return tx.all(
        QueuedRow,
        "SELECT j.id, j.type, j.owner_id, u.username, j.pool, j.priority, j.weight, j.submitted_at, j.position, e.id, e.name, e.progress,"
        " p.workspace_id, k.id, k.spec FROM jobs j JOIN users u ON u.id = j.owner_id"
        " LEFT JOIN experiments e ON e.job_id = j.id AND j.type = 'EXPERIMENT' LEFT JOIN projects p ON p.id = e.project_id"
        " LEFT JOIN tasks k ON j.type <> 'EXPERIMENT' AND k.id = (SELECT MIN(t.id) FROM tasks t JOIN allocations a ON a.task_id = t.id"
        f" WHERE a.job_id = j.id) WHERE j.queued = 1{where}",
        **({"pool": pool} if pool else {}),
    )


def holds(tx: Tx) -> list[HoldRow]:
    """Every live allocation that belongs to a job."""
    return tx.all(
        HoldRow, "SELECT job_id, state, slots_wanted, slot_ids FROM allocations WHERE state <> 'TERMINATED' AND job_id IS NOT NULL"
    )


def reorder(tx: Tx, job_id: str, priority: int) -> None:
    """Another priority; in it the job stands where its submission puts it."""
    tx.run("UPDATE jobs SET priority = :priority, position = submitted_at WHERE id = :id", priority=priority, id=job_id)


def experiment_of(tx: Tx, job_id: str) -> int | None:
    """The experiment whose job this is."""
    found = tx.value("SELECT id FROM experiments WHERE job_id = :id", id=job_id)
    return None if found is None else int(found)


def change_pool(tx: Tx, job_id: str, pool: str) -> None:
    """Stand in another pool's queue, with all that has no place yet."""
    tx.run("UPDATE jobs SET pool = :pool WHERE id = :id", pool=pool, id=job_id)
    tx.run("UPDATE allocations SET pool = :pool WHERE job_id = :id AND state = 'PENDING'", pool=pool, id=job_id)
