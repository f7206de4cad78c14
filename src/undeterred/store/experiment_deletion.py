"""The rows of an experiment that is being deleted."""

import msgspec

from undeterred.store import experiment_files
from undeterred.store.db import Tx


class DoomedRow(msgspec.Struct, frozen=True):
    """An experiment that is DELETING."""

    id: int
    job_id: str
    model_definition_id: int | None


_TRIALS = "(SELECT id FROM trials WHERE experiment_id = :id)"
_TASKS = f"(SELECT id FROM tasks WHERE trial_id IN {_TRIALS})"
_BULKY = (("metrics", f"trial_id IN {_TRIALS}"), ("task_logs", f"task_id IN {_TASKS}"))
_REST = (
    ("accelerators", f"task_id IN {_TASKS}"),
    ("allocations", f"task_id IN {_TASKS}"),
    ("trial_sources", f"trial_id IN {_TRIALS}"),
    ("checkpoints", "experiment_id = :id"),
    ("checkpoints", f"trial_id IN {_TRIALS}"),
    ("tasks", f"trial_id IN {_TRIALS}"),
    ("trials", "experiment_id = :id"),
    ("search_events", "experiment_id = :id"),
    ("searches", "experiment_id = :id"),
    ("experiments", "id = :id"),
)


def doomed(tx: Tx, experiment_id: int) -> DoomedRow | None:
    """The experiment, if it is DELETING."""
    sql = "SELECT id, job_id, model_definition_id FROM experiments WHERE id = :id AND state = 'DELETING'"
    return tx.one(DoomedRow, sql, id=experiment_id)


def all_doomed(tx: Tx) -> list[int]:
    """Every experiment that is DELETING."""
    return tx.column("SELECT id FROM experiments WHERE state = 'DELETING' ORDER BY id")


def is_registered(tx: Tx, experiment_id: int) -> bool:
    """Whether a model version holds one of its checkpoints."""
    sql = "SELECT 1 FROM checkpoints c JOIN model_versions v ON v.checkpoint_uuid = c.uuid WHERE c.experiment_id = :id LIMIT 1"
    return tx.value(sql, id=experiment_id) is not None


def has_files(tx: Tx, experiment_id: int) -> bool:
    """Whether a checkpoint may still have files: it names some and was not deleted."""
    sql = "SELECT 1 FROM checkpoints WHERE experiment_id = :id AND state <> 'DELETED' AND resources <> '{}' LIMIT 1"
    return tx.value(sql, id=experiment_id) is not None


def drop_reports(tx: Tx, experiment_id: int, batch: int) -> bool:
    """Delete at most `batch` metric reports and log lines; true when none are left."""
    for table, where in _BULKY:
        sql = f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {where} LIMIT :batch)"
        batch -= tx.run(sql, id=experiment_id, batch=batch)
        if batch <= 0:
            return False
    return True


def drop(tx: Tx, doomed: DoomedRow) -> None:
    """Delete everything else, the experiment last."""
    for table, where in _REST:
        tx.run(f"DELETE FROM {table} WHERE {where}", id=doomed.id)
    tx.run("DELETE FROM jobs WHERE id = :job", job=doomed.job_id)
    if doomed.model_definition_id is not None:
        experiment_files.drop_unused(tx, doomed.model_definition_id)
