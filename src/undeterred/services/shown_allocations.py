"""Allocations and tasks as they are shown: a task's list and a single GET spell states and times differently."""

import json
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET, UnsetType

from undeterred.domain.lifecycle import shown, texts
from undeterred.store.allocations import AllocationRow
from undeterred.store.tasks import SummaryRow, TaskRow
from undeterred.terms import AllocationState
from undeterred.wire.base import instant
from undeterred.wire.containers import Device, DeviceType
from undeterred.wire.tasks import (
    Address,
    Allocation,
    AllocationSummary,
    GenericTaskState,
    ProxyPortConfig,
    ResourcesStarted,
    ResourcesSummary,
    ResourcesSummaryDevices,
    Task,
    TaskState,
    TaskType,
)

SERVICES = {"NOTEBOOK": (False, False), "SHELL": (True, True), "TENSORBOARD": (False, False)}
"""Kind with a service -> whether that is bare TCP, and reached without a login."""


def single(row: AllocationRow) -> Allocation:
    """An allocation by itself."""
    state = state_of(row)
    return Allocation(
        task_id=row.task_id,
        state=TaskState.STATE_UNSPECIFIED if state in ("PENDING", "ASSIGNED") else TaskState[f"STATE_{state}"],
        is_ready=True if row.is_ready else UNSET,
        start_time=_go_time(row.started_at),
        end_time=_go_time(row.ended_at),
        allocation_id=row.id,
        slots=row.slots_wanted,
        exit_reason=UNSET if row.exit_reason is None else row.exit_reason,
        status_code=UNSET if row.exit_code is None or row.state != "TERMINATED" else row.exit_code,
    )


def listed(row: AllocationRow) -> Allocation:
    """An allocation in its task's list."""
    return Allocation(
        task_id=row.task_id,
        state=TaskState[f"STATE_{shown.task_allocation(AllocationState(state_of(row)))}"],
        is_ready=True if row.is_ready else UNSET,
        start_time=_plain_time(row.started_at),
        end_time=_plain_time(row.ended_at),
        allocation_id=row.id,
        slots=0,
    )


def state_of(row: AllocationRow) -> str:
    """How far it is, as far as anybody said."""
    return row.said if row.state == "PENDING" and row.said else row.state


def task(row: TaskRow, tries: list[AllocationRow]) -> Task:
    """A task with its allocations."""
    return Task(
        task_id=row.id,
        task_type=TaskType[f"TASK_TYPE_{row.type}"],
        allocations=[listed(each) for each in tries],
        start_time=instant(row.started_at),
        end_time=UNSET if row.ended_at is None else instant(row.ended_at),
        task_state=UNSET if row.state is None else GenericTaskState[f"GENERIC_TASK_STATE_{row.state}"],
    )


def summary(row: SummaryRow, slots: dict[int, dict[str, Any]], scheduler: str) -> AllocationSummary:
    """What waits or runs. slots: those of its node, by id."""
    return AllocationSummary(
        task_id=row.task_id,
        allocation_id=row.id,
        name=name(row),
        registered_time=instant(row.requested_at),
        resource_pool=row.pool,
        slots_needed=row.slots_wanted,
        resources=[] if row.container_id is None else [_resources(row, slots)],
        scheduler_type=scheduler,
        priority=UNSET if row.priority is None else row.priority,
        proxy_ports=_ports(row),
    )


def name(row: SummaryRow) -> str:
    """How people know what runs."""
    if row.trial_id is not None:
        return texts.trial_name(row.trial_id, row.experiment_id or 0)
    if row.type == "CHECKPOINT_GC":
        return texts.gc_name(row.experiment_id or 0)
    return str((json.loads(row.spec) if row.spec else {}).get("description") or f"Task {row.task_id}")


def device(slot: dict[str, Any]) -> Device:
    """A slot's device."""
    kind = str(slot.get("kind", "cpu")).upper()
    known = DeviceType[f"TYPE_{kind}"] if f"TYPE_{kind}" in DeviceType.__members__ else DeviceType.TYPE_UNSPECIFIED
    return Device(id=int(slot["id"]), brand=slot.get("brand", ""), uuid=slot.get("uuid", ""), type=known)


def _resources(row: SummaryRow, slots: dict[int, dict[str, Any]]) -> ResourcesSummary:
    devices = [device(slots[i]) for i in json.loads(row.slot_ids) if i in slots]
    found = [Address(**{k: v for k, v in a.items() if k in Address.__struct_fields__}) for a in json.loads(row.addresses)]
    container = row.container_id or ""
    return ResourcesSummary(
        resources_id=container,
        resources_type="docker-container",
        allocation_id=row.id,
        agent_devices={row.node_id or "": ResourcesSummaryDevices(devices=devices)},
        container_id=container,
        started=ResourcesStarted(addresses=found) if row.state in ("RUNNING", "WAITING") else UNSET,
    )


def _ports(row: SummaryRow) -> list[ProxyPortConfig]:
    service = SERVICES.get(row.type)
    if service is None:
        return []
    port = int(json.loads(row.ports).get("service") or 0)
    return [ProxyPortConfig(service_id=row.task_id, port=port, proxy_tcp=service[0], unauthenticated=service[1])]


def _plain_time(us: int | None) -> str | UnsetType:
    if us is None:
        return UNSET
    text = instant(us)[:-1]
    return text.rstrip("0").rstrip(".") if "." in text else text


def _go_time(us: int | None) -> str | UnsetType:
    if us is None:
        return UNSET
    moment = datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    fraction = f".{us % 1_000_000:06d}".rstrip("0").rstrip(".")
    return f"{moment}{fraction} +0000 UTC"
