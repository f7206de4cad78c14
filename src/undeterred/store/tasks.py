"""Tasks: whatever may have allocations and a log."""

import msgspec

from undeterred.store.db import Tx


class TaskRow(msgspec.Struct, frozen=True):
    """A task. `spec` is JSON: what a task that is no trial runs. Instants in µs."""

    id: str
    type: str
    job_id: str | None
    trial_id: int | None
    experiment_id: int | None
    owner_id: int | None
    spec: str | None
    started_at: int
    ended_at: int | None
    state: str | None


class LoggedRow(msgspec.Struct, frozen=True):
    """What writing to a task's log needs to know of it."""

    id: str
    job_id: str | None
    trial_id: int | None
    experiment_id: int | None
    logs_removed: int


class SummaryRow(msgspec.Struct, frozen=True):
    """A live allocation with its task and job, for the list of what waits and runs; `spec`, `slot_ids`, `ports`, `addresses` are JSON."""

    id: str
    task_id: str
    type: str
    trial_id: int | None
    experiment_id: int | None
    spec: str | None
    state: str
    pool: str
    slots_wanted: int
    requested_at: int
    node_id: str | None
    slot_ids: str
    container_id: str | None
    addresses: str
    ports: str
    priority: int | None


def get(tx: Tx, task_id: str) -> TaskRow | None:
    """One task."""
    return tx.one(TaskRow, f"SELECT {', '.join(TaskRow.__struct_fields__)} FROM tasks WHERE id = :id", id=task_id)


def logged(tx: Tx, task_id: str) -> LoggedRow | None:
    """What writing to a task's log needs."""
    return tx.one(LoggedRow, "SELECT id, job_id, trial_id, experiment_id, logs_removed FROM tasks WHERE id = :id", id=task_id)


def is_run_elsewhere(tx: Tx, task: LoggedRow) -> bool:
    """Whether a task belongs to an unmanaged experiment: none of our supervisors speaks for it."""
    if task.experiment_id is None:
        return False
    return bool(tx.value("SELECT unmanaged FROM experiments WHERE id = :id", id=task.experiment_id))


def has_logs(tx: Tx, task_id: str) -> None:
    """Lines came after the others had expired."""
    tx.run("UPDATE tasks SET logs_removed = 0 WHERE id = :id", id=task_id)


def of_trial(tx: Tx, trial_id: int) -> list[str]:
    """The ids of a trial's tasks, the oldest first."""
    return [str(i) for i in tx.column("SELECT id FROM tasks WHERE trial_id = :trial ORDER BY started_at, id", trial=trial_id)]


def live_summaries(tx: Tx) -> list[SummaryRow]:
    """Everything that waits or runs."""
    return tx.all(
        SummaryRow,
        "SELECT a.id, a.task_id, k.type, k.trial_id, k.experiment_id, k.spec, a.state, a.pool, a.slots_wanted, a.requested_at, a.node_id,"
        " a.slot_ids, a.container_id, a.addresses, a.ports, j.priority FROM allocations a JOIN tasks k ON k.id = a.task_id"
        " LEFT JOIN jobs j ON j.id = a.job_id WHERE a.state <> 'TERMINATED' ORDER BY a.requested_at, a.id",
    )


def running_by_type(tx: Tx) -> dict[str, int]:
    """How many tasks of each type have an allocation that runs."""
    rows = tx.all(
        lambda kind, n: (str(kind), int(n)),
        "SELECT k.type, COUNT(*) FROM allocations a JOIN tasks k ON k.id = a.task_id WHERE a.state IN ('RUNNING', 'WAITING') GROUP BY k.type",
    )
    return dict(rows)
