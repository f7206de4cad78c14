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
    for table, where in _MANY:
        sql = f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {where} LIMIT :batch)"
        batch -= tx.run(sql, id=experiment_id, batch=batch)
        if batch <= 0:
            return False
    return True


def experiment(tx: Tx, experiment_id: int) -> None:
    """The rest of an experiment; its model definition goes when nobody else has it."""
    definition = tx.value("SELECT model_definition_id FROM experiments WHERE id = :id", id=experiment_id)
    job = tx.value("SELECT job_id FROM experiments WHERE id = :id", id=experiment_id)
    for statement in _STATEMENTS:
        tx.run(statement, id=experiment_id)
    tx.run("DELETE FROM experiments WHERE id = :id", id=experiment_id)
    tx.ring(f"experiment:{experiment_id}")
    tx.run("DELETE FROM jobs WHERE id = :id", id=job)
    if definition is not None:
        others = "SELECT 1 FROM experiments WHERE model_definition_id = :id LIMIT 1"
        if tx.value(others, id=definition) is None:
            tx.run("DELETE FROM model_definitions WHERE id = :id", id=definition)
