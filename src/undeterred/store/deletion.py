"""Removing an experiment's rows, from the leaves up."""

from undeterred.store.db import Tx

_TRIALS = "(SELECT id FROM trials WHERE experiment_id = :id)"
_TASKS = "(SELECT id FROM tasks WHERE experiment_id = :id)"
_STATEMENTS = (
    f"DELETE FROM task_logs WHERE task_id IN {_TASKS}",
    f"DELETE FROM accelerators WHERE task_id IN {_TASKS}",
    f"DELETE FROM allocations WHERE task_id IN {_TASKS}",
    "DELETE FROM checkpoints WHERE experiment_id = :id",
    f"DELETE FROM trial_sources WHERE trial_id IN {_TRIALS}",
    # each kind by its own index
    f"DELETE FROM metrics WHERE trial_id IN {_TRIALS} AND archived = 0 AND profiling = 0",
    f"DELETE FROM metrics WHERE trial_id IN {_TRIALS} AND profiling = 1",
    f"DELETE FROM metrics WHERE trial_id IN {_TRIALS} AND archived = 1",
    "DELETE FROM tasks WHERE experiment_id = :id",
    "DELETE FROM trials WHERE experiment_id = :id",
    "DELETE FROM search_events WHERE experiment_id = :id",
    "DELETE FROM searches WHERE experiment_id = :id",
    "DELETE FROM collections WHERE experiment_id = :id",
)


def experiment(tx: Tx, experiment_id: int) -> None:
    """Everything of an experiment; its model definition goes when nobody else has it."""
    definition = tx.value("SELECT model_definition_id FROM experiments WHERE id = :id", id=experiment_id)
    job = tx.value("SELECT job_id FROM experiments WHERE id = :id", id=experiment_id)
    for statement in _STATEMENTS:
        tx.run(statement, id=experiment_id)
    tx.run("DELETE FROM experiments WHERE id = :id", id=experiment_id)
    tx.run("DELETE FROM jobs WHERE id = :id", id=job)
    if definition is not None:
        others = "SELECT 1 FROM experiments WHERE model_definition_id = :id LIMIT 1"
        if tx.value(others, id=definition) is None:
            tx.run("DELETE FROM model_definitions WHERE id = :id", id=definition)
