"""Task logs: written in order, read by task."""

from collections.abc import Iterable

from undeterred.store.db import Tx


def append_master(tx: Tx, task_id: str, allocation_id: str, lines: Iterable[tuple[str, str]]) -> None:
    """Lines of the master itself about a task; lines: (level such as INFO, text)."""
    tx.many(
        "INSERT INTO task_logs (task_id, allocation_id, logged_at, level, stdtype, source, log)"
        " VALUES (:task, :allocation, :at, :level, 'stdout', 'master', :log)",
        [{"task": task_id, "allocation": allocation_id, "at": tx.now, "level": level, "log": text + "\n"} for level, text in lines],
    )
    tx.ring(f"logs:{task_id}")
