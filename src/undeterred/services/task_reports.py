"""What tasks say of their own allocations, and what they ask: ready, waiting, shall I stop, where am I."""

import json

import msgspec

from undeterred.domain.access import basic
from undeterred.domain.lifecycle import texts
from undeterred.domain.lifecycle.trials import Exit
from undeterred.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from undeterred.services import lives as moves
from undeterred.services.identity import Caller
from undeterred.store import accelerators, allocations, lives, logs, tasks
from undeterred.store.allocations import AllocationRow
from undeterred.store.db import Tx
from undeterred.terms import ExitKind, Signal, TaskType
from undeterred.wire.allocations import RendezvousInfo
from undeterred.wire.tasks import AcceleratorData


def known(tx: Tx, allocation_id: str) -> AllocationRow:
    """An allocation. InvalidArgument for what cannot be an allocation's id, NotFound where there is none."""
    check_id(allocation_id)
    row = allocations.get(tx, allocation_id)
    if row is None:
        raise missing(allocation_id)
    return row


def speaking(tx: Tx, who: Caller, allocation_id: str) -> AllocationRow:
    """A live allocation that the caller may speak for: its own task, its owner, an administrator."""
    row = known(tx, allocation_id)
    if row.state == "TERMINATED":
        raise missing(allocation_id)
    may_speak(tx, who, row)
    return row


def may_speak(tx: Tx, who: Caller, row: AllocationRow) -> None:
    """PermissionDenied for another task's token and for other users."""
    task = tasks.get(tx, row.task_id)
    owner_id = task.owner_id if task is not None and task.owner_id is not None else 0
    if who.task_id != row.task_id if who.kind == "allocation" else not basic.owns(who.user_id, who.admin, owner_id):
        raise PermissionDenied(f"only the task itself, its owner or an administrator may speak for allocation '{row.id}'")


def check_id(allocation_id: str) -> None:
    """InvalidArgument for a text without a dot: an id is a task's id, a dot and a number."""
    if "." not in allocation_id:
        raise InvalidArgument(f"allocationID {allocation_id} does not contain at least '.'")


def missing(allocation_id: str) -> NotFound:
    """The error for an allocation that is not there, or not any more."""
    return NotFound(f"allocation '{allocation_id}' not found")


def ready(tx: Tx, who: Caller, allocation_id: str) -> None:
    """The task can be used (and may be asked to leave) from now on."""
    row = speaking(tx, who, allocation_id)
    allocations.say(tx, row.id, "RUNNING")
    if not allocations.set_ready(tx, row.id):
        return
    task = tasks.get(tx, row.task_id)
    if task is not None and task.type in (TaskType.NOTEBOOK, TaskType.SHELL, TaskType.TENSORBOARD):
        line = texts.service_ready(moves.name_of(tx, row, None))
        logs.append_master(tx, row.task_id, row.id, [(line.level, line.text)])
    _ring(tx, row)


def waiting(tx: Tx, who: Caller, allocation_id: str) -> None:
    """The task waits for something, such as its first data."""
    row = speaking(tx, who, allocation_id)
    allocations.say(tx, row.id, "WAITING")
    _ring(tx, row)


def acknowledge(tx: Tx, who: Caller, allocation_id: str) -> None:
    """The task knows that it is to leave: its exit code 0 will not mean that it is done."""
    allocations.acknowledge_preemption(tx, speaking(tx, who, allocation_id).id)


def preempt(tx: Tx, who: Caller, allocation_id: str) -> None:
    """The scheduler of a foreign resource manager wants its place: a waiting allocation makes way for the next, a running one is asked."""
    row = speaking(tx, who, allocation_id)
    if row.state == "PENDING":
        moves.finish(tx, row, Exit(ExitKind.ABORTED), texts.PREEMPTED)
    else:
        moves.stop(tx, row.id, row.task_id, Signal.TERMINATE, texts.PREEMPTED)


def shall_leave(tx: Tx, allocation_id: str) -> bool | None:
    """Whether a task is to stop; None while it may go on. One that ended or never was has nothing to stop."""
    check_id(allocation_id)
    row = allocations.get(tx, allocation_id)
    if row is None or row.state == "TERMINATED":
        return False
    if row.state == "PENDING":
        raise FailedPrecondition("watching preemption status: allocation is not preemptible: it has not started yet")
    return True if row.stop_kind is not None else None


def proxied_at(tx: Tx, who: Caller, allocation_id: str, address: str) -> None:
    """Where the task's ports are reached."""
    allocations.set_proxy_address(tx, speaking(tx, who, allocation_id).id, address)


def daemon(tx: Tx, who: Caller, allocation_id: str, resources_id: str) -> None:
    """These resources do not keep the allocation alive. With one container each there is no other to wait for, so nothing changes."""
    _resources(speaking(tx, who, allocation_id), resources_id)


def rendezvous(tx: Tx, who: Caller, allocation_id: str, resources_id: str) -> RendezvousInfo | None:
    """Where the processes of an allocation are, once all of them run (None before); asking for it makes the allocation ready."""
    row = speaking(tx, who, allocation_id)
    _resources(row, resources_id)
    if row.state not in ("RUNNING", "WAITING"):
        return None
    addresses = [a.get("host_ip") or a.get("container_ip") or "" for a in json.loads(row.addresses)]
    if allocations.set_ready(tx, row.id):
        _ring(tx, row)
    return RendezvousInfo(
        addresses=list(dict.fromkeys(filter(None, addresses))) or ["127.0.0.1"], rank=0, slots=[len(json.loads(row.slot_ids))]
    )


def report_accelerators(tx: Tx, who: Caller, allocation_id: str, data: AcceleratorData | None) -> None:
    """Which devices a container sees; what it says of its allocation, task and pool is known better here."""
    if data is None:
        raise InvalidArgument("acceleratorData is missing: it names the container and its devices")
    row = known(tx, allocation_id)
    may_speak(tx, who, row)
    uuids = msgspec.json.encode(data.accelerator_uuids).decode()
    accelerators.add(tx, row.id, row.task_id, data.container_id, data.node_name, data.accelerator_type, uuids)


def _resources(row: AllocationRow, resources_id: str) -> None:
    if row.container_id != resources_id:
        raise FailedPrecondition(f"stale resources {resources_id}: allocation '{row.id}' has none of this name")


def _ring(tx: Tx, row: AllocationRow) -> None:
    trial = lives.trial_of_task(tx, row.task_id)
    tx.ring(f"allocation:{row.id}", *([f"experiment:{trial.experiment_id}"] if trial else []))
