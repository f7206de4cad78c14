"""Tasks as people and their own processes read them."""

import base64
import json
from typing import Any

from undeterred.config import master as master_config
from undeterred.config.master import MasterConfig
from undeterred.errors import NotFound
from undeterred.services import shown_allocations
from undeterred.store import accelerators, allocations, experiment_files, nodes, tasks
from undeterred.store.db import Tx
from undeterred.wire.tasks import AcceleratorData, AllocationSummary, GetActiveTasksCountResponse, Task


def get(tx: Tx, task_id: str) -> Task:
    """One task with its allocations."""
    return shown_allocations.task(found(tx, task_id), allocations.of_task(tx, task_id))


def found(tx: Tx, task_id: str) -> tasks.TaskRow:
    """A task's row. NotFound where there is none."""
    row = tasks.get(tx, task_id)
    if row is None:
        raise NotFound(f"task '{task_id}' not found")
    return row


def summaries(tx: Tx, config: MasterConfig) -> dict[str, AllocationSummary]:
    """Everything that waits or runs, by allocation."""
    slots: dict[str, dict[int, dict[str, Any]]] = {
        node.id: {int(slot["id"]): slot for slot in json.loads(node.slots)} for node in nodes.present(tx)
    }
    return {
        row.id: shown_allocations.summary(row, slots.get(row.node_id or "", {}), master_config.scheduler(config, row.pool).type)
        for row in tasks.live_summaries(tx)
    }


def count(tx: Tx) -> GetActiveTasksCountResponse:
    """How many of the interactive kinds run."""
    by_type = tasks.running_by_type(tx)
    return GetActiveTasksCountResponse(
        commands=by_type.get("COMMAND", 0),
        notebooks=by_type.get("NOTEBOOK", 0),
        shells=by_type.get("SHELL", 0),
        tensorboards=by_type.get("TENSORBOARD", 0),
    )


def context_directory(tx: Tx, task_id: str) -> str:
    """The files of a task (a trial's are its experiment's), base64 of a tar.gz; "" where it has none."""
    row = found(tx, task_id)
    if row.experiment_id is None:
        return ""
    return base64.b64encode(experiment_files.archive(tx, row.experiment_id) or b"").decode()


def accelerator_data(tx: Tx, task_id: str) -> list[AcceleratorData]:
    """What a task's containers said of their devices; taskId stays empty, as clients know it."""
    return [
        AcceleratorData(
            container_id=row.container_id,
            allocation_id=row.allocation_id,
            node_name=row.node_name,
            accelerator_type=row.kind,
            accelerator_uuids=json.loads(row.uuids),
            resource_pool=row.pool,
        )
        for row in accelerators.of_task(tx, task_id)
    ]
