"""Removing an experiment's rows, from the leaves up; what there may be millions of goes first and bit by bit."""

from undeterred.store.db import Tx

_TRIALS = "(SELECT id FROM trials WHERE experiment_id = :id)"
_TASKS = "(SELECT id FROM tasks WHERE experiment_id = :id)"
_MANY = (
    ("task_logs", f"task_id IN {_TASKS}"),
    # each kind by its own index
    ("metrics", f"trial_id IN {_TRIALS} AND archived = 0 AND profiling = 0"),
    ("metrics", f"trial_id IN {_TRIALS} AND profiling = 1"),
    ("metrics", f"trial_id IN {_TRIALS} AND archived = 1"),
)
_STATEMENTS = (
    f"DELETE FROM log_kinds WHERE task_id IN {_TASKS}",
    f"DELETE FROM log_matches WHERE task_id IN {_TASKS}",
    f"DELETE FROM accelerators WHERE task_id IN {_TASKS}",
    f"DELETE FROM allocations WHERE task_id IN {_TASKS}",
    "DELETE FROM checkpoints WHERE experiment_id = :id",
    f"DELETE FROM trial_sources WHERE trial_id IN {_TRIALS}",
    "DELETE FROM tasks WHERE experiment_id = :id",
    "DELETE FROM trials WHERE experiment_id = :id",
    "DELETE FROM search_events WHERE experiment_id = :id",
    "DELETE FROM searches WHERE experiment_id = :id",
    "DELETE FROM collections WHERE experiment_id = :id",
)


def is_registered(tx: Tx, experiment_id: int) -> bool:
    """Whether a model version holds one of its checkpoints."""
    sql = "SELECT 1 FROM checkpoints c JOIN model_versions v ON v.checkpoint_uuid = c.uuid WHERE c.experiment_id = :id LIMIT 1"
    return tx.value(sql, id=experiment_id) is not None


def reports(tx: Tx, experiment_id: int, batch: int) -> bool:
    """Delete at most `batch` log lines and metric reports; true when none are left."""
    return _some(tx, _MANY, batch, id=experiment_id)


def run_reports(tx: Tx, run_id: int, batch: int) -> bool:
    """The same of one run."""
    return _some(tx, _RUN_MANY, batch, run=run_id)


def _some(tx: Tx, many: tuple[tuple[str, str], ...], batch: int, **given: int) -> bool:
    for table, where in many:
        sql = f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {where} LIMIT :batch)"
        batch -= tx.run(sql, batch=batch, **given)
        if batch <= 0:
            return False
    return True


def experiment(tx: Tx, experiment_id: int) -> None:
    """The rest of an experiment; its model definition goes when nobody else has it."""
    definition = tx.value("SELECT model_definition_id FROM experiments WHERE id = :id", id=experiment_id)
    job = tx.value("SELECT job_id FROM experiments WHERE id = :id", id=experiment_id)
    runs = tx.column("SELECT id FROM trials WHERE experiment_id = :id", id=experiment_id)
    for statement in _STATEMENTS:
        tx.run(statement, id=experiment_id)
    tx.ring(*[f"run:{run_id}" for run_id in runs])
    tx.run("DELETE FROM experiments WHERE id = :id", id=experiment_id)
    tx.ring(f"experiment:{experiment_id}")
    tx.run("DELETE FROM jobs WHERE id = :id", id=job)
    if definition is not None:
        others = "SELECT 1 FROM experiments WHERE model_definition_id = :id LIMIT 1"
        if tx.value(others, id=definition) is None:
            tx.run("DELETE FROM model_definitions WHERE id = :id", id=definition)


_RUN_TASKS = "(SELECT id FROM tasks WHERE trial_id = :run)"
_RUN_MANY = (
    ("task_logs", f"task_id IN {_RUN_TASKS}"),
    ("metrics", "trial_id = :run AND archived = 0 AND profiling = 0"),
    ("metrics", "trial_id = :run AND profiling = 1"),
    ("metrics", "trial_id = :run AND archived = 1"),
)
_RUN_STATEMENTS = (
    f"DELETE FROM log_kinds WHERE task_id IN {_RUN_TASKS}",
    f"DELETE FROM log_matches WHERE task_id IN {_RUN_TASKS}",
    f"DELETE FROM accelerators WHERE task_id IN {_RUN_TASKS}",
    "UPDATE checkpoints SET trial_id = NULL, task_id = NULL, allocation_id = NULL WHERE trial_id = :run",
    f"DELETE FROM allocations WHERE task_id IN {_RUN_TASKS}",
    "DELETE FROM trial_sources WHERE trial_id = :run",
    "DELETE FROM tasks WHERE trial_id = :run",
    "DELETE FROM trials WHERE id = :run",
)


def holds_registered(tx: Tx, run_id: int) -> bool:
    """Whether a model version holds a checkpoint of this run."""
    sql = "SELECT 1 FROM checkpoints c JOIN model_versions v ON v.checkpoint_uuid = c.uuid WHERE c.trial_id = :id LIMIT 1"
    return tx.value(sql, id=run_id) is not None


def run(tx: Tx, run_id: int, experiment_id: int) -> None:
    """Remove one run that has ended, after its reports; its checkpoints stay with its experiment."""
    for statement in _RUN_STATEMENTS:
        tx.run(statement, run=run_id)
    tx.ring(f"run:{run_id}")
    tx.run(
        "UPDATE experiments SET num_trials = num_trials - 1, best_metric = CASE WHEN best_trial_id = :run THEN NULL ELSE best_metric END,"
        " best_trial_id = CASE WHEN best_trial_id = :run THEN NULL ELSE best_trial_id END WHERE id = :id",
        id=experiment_id,
        run=run_id,
    )
    tx.ring(f"experiment:{experiment_id}")
