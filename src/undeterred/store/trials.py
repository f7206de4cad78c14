"""Trials: rows as people see them, making them, and what their own process changes. States of managed trials move in `lives.py`."""

from typing import Any

import msgspec

from undeterred.store.db import Tx


class ParentRow(msgspec.Struct, frozen=True):
    """What a new trial needs to know of its experiment."""

    id: int
    state: str
    unmanaged: int
    job_id: str
    owner_id: int
    project_id: int
    searcher_name: str


class TrialRow(msgspec.Struct, frozen=True):
    """A trial with its best and latest validation and its best checkpoint. Instants in µs; hparams, summary, metadata, bodies are JSON."""

    id: int
    experiment_id: int
    state: str
    started_at: int
    ended_at: int | None
    run_id: int
    restarts: int
    total_batches: int
    runner_state: str
    checkpoint_count: int
    checkpoint_size: int
    warm_start: str | None
    log_retention_days: int | None
    log_policy_matched: str | None
    last_activity_at: int | None
    hparams: str
    summary_metrics: str | None
    metadata: str | None
    best_at: int | None
    best_batches: int | None
    best_body: str | None
    latest_at: int | None
    latest_batches: int | None
    latest_body: str | None
    checkpoint_uuid: str | None
    checkpoint_at: int | None
    checkpoint_state: str | None
    checkpoint_resources: str | None
    checkpoint_batches: int | None


class RunRow(msgspec.Struct, frozen=True):
    """How far a trial is, and whether it is managed."""

    id: int
    experiment_id: int
    state: str
    run_id: int
    ended_at: int | None
    request_id: str | None
    unmanaged: int
    experiment_state: str


class TaskRow(msgspec.Struct, frozen=True):
    """A trial's task with one of its allocations, if it has any. Instants in µs."""

    trial_id: int
    task_id: str
    allocation_state: str | None
    started_at: int | None
    ended_at: int | None


_SELECT = (
    "SELECT t.id, t.experiment_id, t.state, t.started_at, t.ended_at, t.run_id, t.restarts, t.total_batches, t.runner_state,"
    " t.checkpoint_count, t.checkpoint_size, t.warm_start, t.log_retention_days, t.log_policy_matched, t.last_activity_at, t.hparams,"
    " t.summary_metrics, t.metadata, b.reported_at, b.batches, b.body, l.reported_at, l.batches, l.body, c.uuid, c.reported_at, c.state, c.resources, c.batches"
    " FROM trials t LEFT JOIN metrics b ON b.id = t.best_validation_id LEFT JOIN metrics l ON l.id = t.latest_validation_id"
    " LEFT JOIN checkpoints c ON c.uuid = t.best_checkpoint"
)
_PARENT = "SELECT id, state, unmanaged, job_id, owner_id, project_id, searcher_name FROM experiments"


def get(tx: Tx, trial_id: int) -> TrialRow | None:
    """One trial."""
    return tx.one(TrialRow, f"{_SELECT} WHERE t.id = :id", id=trial_id)


def many(tx: Tx, trial_ids: list[int]) -> list[TrialRow]:
    """Those of the trials that exist, by id."""
    sql = f"{_SELECT} WHERE {tx.dialect.member('t.id', 'ids')} ORDER BY t.id"
    return tx.all(TrialRow, sql, ids=tx.dialect.bag(trial_ids))


def run(tx: Tx, trial_id: int) -> RunRow | None:
    """How far a trial is."""
    return tx.one(
        RunRow,
        "SELECT t.id, t.experiment_id, t.state, t.run_id, t.ended_at, t.request_id, e.unmanaged, e.state"
        " FROM trials t JOIN experiments e ON e.id = t.experiment_id WHERE t.id = :id",
        id=trial_id,
    )


def exists(tx: Tx, trial_id: int) -> bool:
    """Whether there is such a trial."""
    return tx.value("SELECT 1 FROM trials WHERE id = :id", id=trial_id) is not None


def tasks(tx: Tx, trial_ids: list[int]) -> list[TaskRow]:
    """The trials' tasks, oldest first, each with its allocations."""
    return tx.all(
        TaskRow,
        "SELECT k.trial_id, k.id, a.state, a.started_at, a.ended_at FROM tasks k LEFT JOIN allocations a ON a.task_id = k.id"
        f" WHERE {tx.dialect.member('k.trial_id', 'ids')} ORDER BY k.trial_id, k.started_at, k.id, a.run",
        ids=tx.dialect.bag(trial_ids),
    )


def parent(tx: Tx, experiment_id: int) -> ParentRow | None:
    """The experiment of a trial to be made."""
    return tx.one(ParentRow, f"{_PARENT} WHERE id = :id", id=experiment_id)


def by_external_id(tx: Tx, experiment_id: int, external_id: str) -> int | None:
    """The trial of an experiment that its owner calls so."""
    sql = "SELECT id FROM trials WHERE experiment_id = :experiment AND external_id = :external"
    found = tx.value(sql, experiment=experiment_id, external=external_id)
    return None if found is None else int(found)


def experiment_by_external_id(tx: Tx, external_id: str) -> int | None:
    """The experiment that its owner calls so."""
    found = tx.value("SELECT id FROM experiments WHERE external_id = :external", external=external_id)
    return None if found is None else int(found)


def insert(
    tx: Tx,
    experiment: ParentRow,
    request_id: str,
    hparams: str,
    *,
    state: str = "PAUSED",
    seed: int = 0,
    external_id: str | None = None,
    warm_start: str | None = None,
    log_retention_days: int | None = None,
) -> int:
    """A new trial with its task, counted in its experiment; the trial's id.
    request_id: a UUID; hparams: JSON. The task is `<experiment>.<external or request id>`. A managed trial gets the project's next number."""
    trial_id = int(
        tx.value(
            "INSERT INTO trials (experiment_id, request_id, external_id, state, hparams, seed, started_at, last_activity_at, summary_metrics,"
            " warm_start, log_retention_days, local_id, project_id) VALUES (:experiment, :request, :external, :state, :hparams, :seed, :now,"
            " :now, '{}', :warm, :retention, :local, :project) RETURNING id",
            experiment=experiment.id,
            request=request_id,
            external=external_id,
            state=state,
            hparams=hparams,
            seed=seed,
            now=tx.now,
            warm=warm_start,
            retention=log_retention_days,
            local=0 if experiment.unmanaged else _next_number(tx, experiment.project_id),
            project=experiment.project_id,
        )
    )
    tx.run(
        "INSERT INTO tasks (id, type, job_id, trial_id, experiment_id, owner_id, started_at, log_retention_days)"
        " VALUES (:id, 'TRIAL', :job, :trial, :experiment, :owner, :now, :retention)",
        id=f"{experiment.id}.{request_id if external_id is None else external_id}",
        job=experiment.job_id,
        trial=trial_id,
        experiment=experiment.id,
        owner=experiment.owner_id,
        now=tx.now,
        retention=log_retention_days,
    )
    best = ", best_trial_id = COALESCE(best_trial_id, :trial)" if experiment.searcher_name == "single" else ""
    given = {"trial": trial_id} if best else {}
    tx.run(f"UPDATE experiments SET num_trials = num_trials + 1{best} WHERE id = :id", id=experiment.id, **given)
    tx.ring(f"experiment:{experiment.id}", f"run:{trial_id}")
    return trial_id


def change(tx: Tx, trial_id: int, **columns: Any) -> bool:
    """Set columns of a trial; false if there is none."""
    sets = ", ".join(f"{column} = :{column}" for column in columns)
    tx.ring(f"run:{trial_id}")
    return tx.run(f"UPDATE trials SET {sets} WHERE id = :id", id=trial_id, **columns) == 1


def states(tx: Tx, experiment_id: int, among: list[str]) -> list[str]:
    """Which of these states an experiment's trials have; costs the same however many they are."""
    wanted = ", ".join(f"(:s{i})" for i in range(len(among)))
    return tx.column(
        f"WITH wanted(state) AS (VALUES {wanted}) SELECT state FROM wanted w"
        " WHERE EXISTS (SELECT 1 FROM trials t WHERE t.experiment_id = :experiment AND t.state = w.state)",
        experiment=experiment_id,
        **{f"s{i}": state for i, state in enumerate(among)},
    )


def move_unmanaged(tx: Tx, experiment_id: int, state: str, ended: bool, completed: bool) -> None:
    """The state of an unmanaged experiment, which follows its trials; while they run again its last end and a full progress stay."""
    sets = ["state = :state"]
    if ended:
        sets.append("ended_at = CASE WHEN state = :state AND ended_at IS NOT NULL THEN ended_at ELSE CAST(:now AS BIGINT) END")
    if completed:
        sets.append("progress = 1.0")
    given = {"now": tx.now} if ended else {}
    tx.run(f"UPDATE experiments SET {', '.join(sets)} WHERE id = :id AND state <> 'DELETING'", id=experiment_id, state=state, **given)
    tx.ring(f"experiment:{experiment_id}")


def leaving_early(tx: Tx) -> list[tuple[int, int]]:
    """Active trials whose code has reported an early exit, with the instant of that."""
    sql = "SELECT id, early_exit_at FROM trials WHERE state = 'ACTIVE' AND early_exit_at IS NOT NULL ORDER BY id"
    return tx.all(lambda trial, at: (int(trial), int(at)), sql)


def set_progress(tx: Tx, experiment_id: int, progress: float) -> None:
    """How far an experiment is."""
    tx.run("UPDATE experiments SET progress = :progress WHERE id = :id", id=experiment_id, progress=progress)
    tx.ring(f"experiment:{experiment_id}")


def _next_number(tx: Tx, project_id: int) -> int:
    """The next run number of a project."""
    sql = "UPDATE projects SET max_local_id = max_local_id + 1 WHERE id = :id RETURNING max_local_id"
    return int(tx.value(sql, id=project_id) or 0)
