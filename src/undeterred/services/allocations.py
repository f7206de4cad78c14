"""What is told of running allocations: by their supervisors, by their tasks, by the loops."""

import hmac
import json
from collections.abc import Sequence

import msgspec

from undeterred.domain.lifecycle import texts
from undeterred.domain.lifecycle.allocations import exit_of
from undeterred.domain.lifecycle.trials import Exit
from undeterred.errors import NotFound, PermissionDenied
from undeterred.runtimes.base import Node
from undeterred.services import lives as moves
from undeterred.store import allocations, lives, logs, nodes
from undeterred.store.allocations import AllocationRow
from undeterred.store.db import Tx
from undeterred.store.nodes import NodeRow
from undeterred.terms import Signal

NOT_ITS_KEY = "this key is not that allocation's"


class NewNode(msgspec.Struct, frozen=True, order=True):
    """A node as its runtime sees it; `slots` is JSON."""

    id: str
    pool: str
    host: str
    slots: str


def end(tx: Tx, allocation_id: str, how: Exit) -> None:
    """An allocation ended as the runtime or a loop saw it."""
    row = allocations.get(tx, allocation_id)
    if row is not None and row.state != "TERMINATED":
        moves.finish(tx, row, how)


def kill(tx: Tx, allocation_id: str, reason: str) -> None:
    """Kill an allocation."""
    row = allocations.get(tx, allocation_id)
    if row is not None:
        moves.stop(tx, row.id, row.task_id, Signal.KILL, reason)


def supervised(tx: Tx, key_hash: str, allocation_id: str, container_id: str) -> AllocationRow:
    """The allocation that a supervisor speaks for; its key is good after the end too, so that a report can be repeated."""
    row = check_key(tx, key_hash, allocation_id)
    if row.container_id != container_id:
        raise PermissionDenied(NOT_ITS_KEY)
    return row


def check_key(tx: Tx, key_hash: str, allocation_id: str) -> AllocationRow:
    """The allocation whose supervisor's key has this hash. Raises NotFound, PermissionDenied."""
    row = allocations.get(tx, allocation_id)
    if row is None:
        raise NotFound(f"allocation '{allocation_id}' not found")
    if not row.supervisor_hash or not hmac.compare_digest(row.supervisor_hash, key_hash):
        raise PermissionDenied(NOT_ITS_KEY)
    return row


def report_state(
    tx: Tx, key_hash: str, allocation_id: str, container_id: str, state: str, exit_code: int | None, failure: str, addresses: str
) -> None:
    """A supervisor says how far it is; a repetition changes nothing."""
    row = supervised(tx, key_hash, allocation_id, container_id)
    if state == "TERMINATED":
        if row.state != "TERMINATED":
            how = exit_of(exit_code, failure, killed=row.stop_kind == "kill")
            moves.finish(tx, row, how, row.stop_reason or texts.USER_KILL)
        return
    before = ("ASSIGNED",) if state == "STARTING" else ("ASSIGNED", "PULLING", "STARTING")
    if not allocations.move(tx, allocation_id, before, state):
        return
    allocations.forget_secrets(tx, allocation_id)
    if addresses != "[]":
        allocations.set_addresses(tx, allocation_id, addresses)
    trial = lives.trial_of_task(tx, row.task_id)
    if state == "RUNNING":
        line = texts.started(moves.name_of(tx, row, trial))
        logs.append_master(tx, row.task_id, row.id, [(line.level, line.text)])
    tx.ring(f"allocation:{allocation_id}", *([f"experiment:{trial.experiment_id}"] if trial else []))


def node_rows(inventory: Sequence[tuple[str, Node]], known: Sequence[NodeRow]) -> list[NewNode] | None:
    """Rows for what the runtimes see (pool, node), None when that is known already. What was switched off stays off."""
    before = {row.id: row for row in known}
    wanted = []
    for pool, node in inventory:
        off = {int(s["id"]): s for s in json.loads(before[node.id].slots)} if node.id in before else {}
        slots = [
            {
                "id": slot.id,
                "kind": slot.kind,
                "uuid": slot.uuid,
                "brand": slot.brand,
                "enabled": off.get(slot.id, {}).get("enabled", True),
                "draining": off.get(slot.id, {}).get("draining", False),
            }
            for slot in node.slots
        ]
        wanted.append(NewNode(node.id, pool, node.host, json.dumps(slots)))
    same = [NewNode(row.id, row.pool, row.host, row.slots) for row in known]
    return None if sorted(same) == sorted(wanted) else wanted


def write_nodes(tx: Tx, wanted: Sequence[NewNode]) -> None:
    """These nodes are there, and no others."""
    for node in wanted:
        nodes.upsert(tx, node.id, node.pool, node.host, node.slots)
    nodes.keep_only(tx, [node.id for node in wanted])
    tx.ring("schedule")
