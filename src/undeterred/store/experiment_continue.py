"""What is written when an experiment that has ended runs again."""

import msgspec

from undeterred.store.db import Tx


class EndedTrialRow(msgspec.Struct, frozen=True):
    """A trial that has ended, with its first task; `tasks`: how many it had."""

    id: int
    state: str
    request_id: str | None
    task_id: str
    tasks: int


def ended_trials(tx: Tx, experiment_id: int) -> list[EndedTrialRow]:
    """An experiment's trials, oldest first."""
    sql = (
        "SELECT t.id, t.state, t.request_id, MIN(k.id), COUNT(*) FROM trials t JOIN tasks k ON k.trial_id = t.id"
        " WHERE t.experiment_id = :id GROUP BY t.id, t.state, t.request_id ORDER BY t.id"
    )
    return tx.all(EndedTrialRow, sql, id=experiment_id)


def reopen(tx: Tx, trial: EndedTrialRow) -> None:
    """A trial runs again: its restarts are forgiven, and it gets another task."""
    tx.ring(f"run:{trial.id}")
    tx.run(
        "UPDATE trials SET state = 'ACTIVE', ended_at = NULL, restarts = 0, early_exit = NULL, stopped_by_search = 0, log_policy_matched = NULL,"
        " progress = NULL WHERE id = :id",
        id=trial.id,
    )
    tx.run(
        "INSERT INTO tasks (id, type, job_id, trial_id, experiment_id, owner_id, started_at, log_retention_days)"
        " SELECT :new, type, job_id, trial_id, experiment_id, owner_id, :now, log_retention_days FROM tasks WHERE id = :first",
        new=f"{trial.task_id}-{trial.tasks}",
        first=trial.task_id,
        now=tx.now,
    )


def requeue(tx: Tx, job_id: str, pool: str | None = None, priority: int | None = None, weight: float | None = None) -> None:
    """The job is submitted anew: behind the others; None leaves a value as it is."""
    values = {"pool": pool, "priority": priority, "weight": weight}
    given = {name: value for name, value in values.items() if value is not None}
    sets = "".join(f", {name} = :{name}" for name in given)
    tx.run(f"UPDATE jobs SET queued = 1, submitted_at = :now, position = :now{sets} WHERE id = :id", id=job_id, now=tx.now, **given)
