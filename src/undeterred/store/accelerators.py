"""Accelerators: what tasks say of the devices they were given."""

import msgspec

from undeterred.store.db import Tx


class AcceleratorRow(msgspec.Struct, frozen=True):
    """One report. `uuids` is a JSON list."""

    container_id: str
    allocation_id: str
    node_name: str
    kind: str
    uuids: str
    pool: str


def add(tx: Tx, allocation_id: str, task_id: str, container_id: str, node_name: str, kind: str, uuids: str) -> None:
    """One more report."""
    tx.run(
        "INSERT INTO accelerators (allocation_id, task_id, container_id, node_name, kind, uuids)"
        " VALUES (:allocation, :task, :container, :node, :kind, :uuids)",
        allocation=allocation_id,
        task=task_id,
        container=container_id,
        node=node_name,
        kind=kind,
        uuids=uuids,
    )


def of_task(tx: Tx, task_id: str) -> list[AcceleratorRow]:
    """Every report of a task, in order."""
    return tx.all(
        AcceleratorRow,
        "SELECT x.container_id, x.allocation_id, x.node_name, x.kind, x.uuids, a.pool FROM accelerators x"
        " JOIN allocations a ON a.id = x.allocation_id WHERE x.task_id = :task ORDER BY x.id",
        task=task_id,
    )
