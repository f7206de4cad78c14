"""The part of experiments' and trials' rows that decides what happens next, and the moves between their states."""

from typing import Any

import msgspec

from undeterred.store.db import Tx


class ExperimentLife(msgspec.Struct, frozen=True):
    """A managed experiment as the loops see it; `config` is the merged configuration, JSON."""

    id: int
    state: str
    job_id: str
    owner_id: int
    resource_pool: str
    slots_per_trial: int
    max_restarts: int
    unmanaged: int
    config: str
    log_retention_days: int | None


class TrialLife(msgspec.Struct, frozen=True):
    """A trial as the loops see it, with its newest task and that task's live allocation, if any."""

    id: int
    experiment_id: int
    request_id: str | None
    state: str
    run_id: int
    restarts: int
    early_exit: str | None
    log_policy_matched: str | None
    task_id: str
    allocation_id: str | None
    allocation_state: str | None
    is_ready: int | None
    stop_kind: str | None


_EXPERIMENT = "SELECT id, state, job_id, owner_id, resource_pool, slots_per_trial, max_restarts, unmanaged, config, log_retention_days FROM experiments"
_TRIAL = (
    "SELECT t.id, t.experiment_id, t.request_id, t.state, t.run_id, t.restarts, t.early_exit, t.log_policy_matched, k.id,"
    " a.id, a.state, a.is_ready, a.stop_kind FROM trials t"
    " JOIN tasks k ON k.trial_id = t.id"
    " LEFT JOIN allocations a ON a.task_id = k.id AND a.state <> 'TERMINATED'"
    " WHERE NOT EXISTS (SELECT 1 FROM tasks later WHERE later.trial_id = t.id AND (later.started_at, later.id) > (k.started_at, k.id))"
)
ENDED = "('COMPLETED', 'CANCELED', 'ERROR')"


def experiment(tx: Tx, experiment_id: int) -> ExperimentLife | None:
    """One experiment."""
    return tx.one(ExperimentLife, f"{_EXPERIMENT} WHERE id = :id", id=experiment_id)


def trial(tx: Tx, trial_id: int) -> TrialLife | None:
    """One trial."""
    return tx.one(TrialLife, f"{_TRIAL} AND t.id = :id", id=trial_id)


def trial_of_task(tx: Tx, task_id: str) -> TrialLife | None:
    """The trial that a task runs; None when the task is of another kind."""
    trial_id = tx.value("SELECT trial_id FROM tasks WHERE id = :id", id=task_id)
    return None if trial_id is None else trial(tx, trial_id)


def unfinished(tx: Tx, experiment_id: int) -> list[TrialLife]:
    """An experiment's trials that have not ended, oldest first."""
    return tx.all(TrialLife, f"{_TRIAL} AND t.experiment_id = :id AND t.state NOT IN {ENDED} ORDER BY t.id", id=experiment_id)


def task_kind(tx: Tx, task_id: str) -> tuple[str, int]:
    """A task's type and its experiment (0: none); ("", 0) for an unknown one."""
    found = tx.one(
        lambda kind, experiment_id: (str(kind), int(experiment_id or 0)), "SELECT type, experiment_id FROM tasks WHERE id = :id", id=task_id
    )
    return found or ("", 0)


def trial_by_request(tx: Tx, experiment_id: int, request_id: str) -> TrialLife | None:
    """The trial that a search made under this request id."""
    sql = "SELECT id FROM trials WHERE experiment_id = :experiment AND request_id = :request"
    trial_id = tx.value(sql, experiment=experiment_id, request=request_id)
    return None if trial_id is None else trial(tx, trial_id)


def restless(tx: Tx) -> list[int]:
    """Managed experiments whose trials or own state may have to move: everything that has not ended and is not quietly paused."""
    return [
        int(i)
        for i in tx.column(
            "SELECT id FROM experiments WHERE unmanaged = 0 AND state IN"
            " ('ACTIVE', 'PAUSED', 'STOPPING_COMPLETED', 'STOPPING_CANCELED', 'STOPPING_KILLED', 'STOPPING_ERROR') ORDER BY id"
        )
    ]


def has_unfinished(tx: Tx, experiment_id: int) -> bool:
    """Whether a trial of the experiment has not ended."""
    sql = f"SELECT 1 FROM trials WHERE experiment_id = :id AND state NOT IN {ENDED} LIMIT 1"
    return tx.value(sql, id=experiment_id) is not None


def warm_start(tx: Tx, experiment_id: int) -> str | None:
    """The checkpoint (uuid) that every trial of an experiment begins with, as its first one does."""
    found = tx.value("SELECT warm_start FROM trials WHERE experiment_id = :id ORDER BY id LIMIT 1", id=experiment_id)
    return None if found is None else str(found)


def move_trial(tx: Tx, trial_id: int, before: str, after: str, **changes: Any) -> bool:
    """Change a trial's state if it is still `before`; changes: further columns (ended_at, restarts, run_id, stopped_by_search)."""
    more = "".join(f", {column} = :{column}" for column in changes)
    sql = f"UPDATE trials SET state = :after{more} WHERE id = :id AND state = :before"
    tx.ring(f"run:{trial_id}")
    return tx.run(sql, id=trial_id, before=before, after=after, **changes) == 1


def move_experiment(tx: Tx, experiment_id: int, before: str, after: str, **changes: Any) -> bool:
    """Change an experiment's state if it is still `before`; changes: further columns (ended_at, progress)."""
    more = "".join(f", {column} = :{column}" for column in changes)
    sql = f"UPDATE experiments SET state = :after{more} WHERE id = :id AND state = :before"
    tx.ring(f"experiment:{experiment_id}")
    return tx.run(sql, id=experiment_id, before=before, after=after, **changes) == 1


def next_run(tx: Tx, trial_id: int) -> int:
    """Count the trial's runs on; the new run's number, from 1."""
    return int(tx.value("UPDATE trials SET run_id = run_id + 1 WHERE id = :id RETURNING run_id", id=trial_id))


def queue_job(tx: Tx, job_id: str, queued: bool) -> None:
    """The job is (no longer) in its pool's queue."""
    tx.run("UPDATE jobs SET queued = :queued WHERE id = :id AND queued <> :queued", queued=int(queued), id=job_id)


def end_task(tx: Tx, task_id: str) -> None:
    """The task will not run again."""
    tx.run("UPDATE tasks SET ended_at = :now WHERE id = :id AND ended_at IS NULL", now=tx.now, id=task_id)
