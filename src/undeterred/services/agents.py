"""Agents: the nodes of the cluster as people see them, and their switches. What is switched off takes no new work; without a drain what runs
there is killed."""

import json
from collections import Counter
from typing import Any

from undeterred import REFERENCE_VERSION
from undeterred.errors import NotFound
from undeterred.services import lives as moves
from undeterred.services.identity import Caller
from undeterred.services.paging import sliced
from undeterred.services.shown_allocations import device
from undeterred.store import allocations, nodes
from undeterred.store.allocations import AllocationRow
from undeterred.store.db import Tx
from undeterred.store.nodes import NodeRow
from undeterred.terms import Signal
from undeterred.wire.agents import Agent, DeviceStats, GetAgentsRequest, GetAgentsRequestSortBy, GetAgentsResponse, Slot, SlotStats
from undeterred.wire.base import instant
from undeterred.wire.common import OrderBy
from undeterred.wire.containers import Container, ContainerState

AGENT_OFF = "agent disabled"
SLOT_OFF = "slot disabled"
_CONTAINER = {"PENDING": "ASSIGNED", "WAITING": "RUNNING", "TERMINATING": "RUNNING"}


def get_all(tx: Tx, request: GetAgentsRequest) -> GetAgentsResponse:
    """The agents of a page."""
    rows = nodes.present(tx)
    if request.sort_by is GetAgentsRequestSortBy.SORT_BY_TIME:
        rows.sort(key=lambda row: (row.registered_at, row.id))
    if request.order_by is OrderBy.ORDER_BY_DESC:
        rows.reverse()
    window = sliced(request.offset, request.limit, len(rows))
    shown = [_shown(tx, row) for row in rows[window.start_index : window.end_index]]
    for agent in shown:
        if request.exclude_slots:
            agent.slots = {}
        if request.exclude_containers:
            agent.containers = {}
    return GetAgentsResponse(agents=shown, pagination=window)


def get(tx: Tx, agent_id: str) -> Agent:
    """One agent."""
    return _shown(tx, _found(tx, agent_id))


def slots(tx: Tx, agent_id: str) -> list[Slot]:
    """An agent's slots, in order."""
    row = _found(tx, agent_id)
    return list(_slots(row, allocations.live_on(tx, row.id)).values())


def slot(tx: Tx, agent_id: str, slot_id: str) -> Slot:
    """One slot."""
    found = _slots(row := _found(tx, agent_id), allocations.live_on(tx, row.id)).get(slot_id)
    if found is None:
        raise NotFound(f"slot '{slot_id}' not found")
    return found


def switch(tx: Tx, _who: Caller, agent_id: str, enabled: bool, drain: bool) -> Agent:
    """Switch a whole agent on or off."""
    row = _found(tx, agent_id)
    nodes.set_enabled(tx, row.id, enabled, drain and not enabled)
    if not enabled and not drain:
        for allocation in allocations.live_on(tx, row.id):
            moves.stop(tx, allocation.id, allocation.task_id, Signal.KILL, AGENT_OFF)
    tx.ring("schedule")
    return get(tx, agent_id)


def switch_slot(tx: Tx, _who: Caller, agent_id: str, slot_id: str, enabled: bool, drain: bool) -> Slot:
    """Switch one slot on or off."""
    row = _found(tx, agent_id)
    known = json.loads(row.slots)
    mine = next((s for s in known if str(s["id"]) == slot_id), None)
    if mine is None:
        raise NotFound(f"slot '{slot_id}' not found")
    mine["enabled"], mine["draining"] = enabled, drain and not enabled
    nodes.set_slots(tx, row.id, json.dumps(known))
    if not enabled and not drain:
        for allocation in allocations.live_on(tx, row.id):
            if mine["id"] in json.loads(allocation.slot_ids):
                moves.stop(tx, allocation.id, allocation.task_id, Signal.KILL, SLOT_OFF)
    tx.ring("schedule")
    return slot(tx, agent_id, slot_id)


def _found(tx: Tx, agent_id: str) -> NodeRow:
    row = nodes.one(tx, agent_id)
    if row is None:
        raise NotFound(f"agent '{agent_id}' not found")
    return row


def _shown(tx: Tx, row: NodeRow) -> Agent:
    here = allocations.live_on(tx, row.id)
    known = {int(s["id"]): s for s in json.loads(row.slots)}
    mine = _slots(row, here)
    return Agent(
        id=row.id,
        registered_time=instant(row.registered_at),
        slots={f"/agents/{row.id}/slots/{slot_id}": one for slot_id, one in mine.items()},
        containers={a.container_id: _container(a, known) for a in here if a.container_id},
        addresses=[row.host] if row.host else [],
        enabled=bool(row.enabled),
        draining=bool(row.draining),
        version=REFERENCE_VERSION,
        resource_pools=[row.pool],
        slot_stats=_stats(list(mine.values())),
    )


def _slots(row: NodeRow, here: list[AllocationRow]) -> dict[str, Slot]:
    known = {int(s["id"]): s for s in json.loads(row.slots)}
    holder = {i: a for a in here for i in json.loads(a.slot_ids)}
    return {
        str(i): Slot(
            id=str(i),
            device=device(s),
            enabled=bool(row.enabled and s["enabled"]),
            container=_container(holder[i], known) if i in holder else None,
            draining=bool(row.draining or s["draining"]),
        )
        for i, s in sorted(known.items())
    }


def _container(row: AllocationRow, known: dict[int, dict[str, Any]]) -> Container:
    state = _CONTAINER.get(row.state, row.state)
    return Container(
        id=row.container_id or "",
        state=ContainerState[f"STATE_{state}"],
        devices=[device(known[i]) for i in json.loads(row.slot_ids) if i in known],
    )


def _stats(mine: list[Slot]) -> SlotStats:
    """Counts by type and by brand; a slot that is drained counts as draining and as disabled, and by its container's state."""
    by_type: dict[str, DeviceStats] = {}
    by_brand: dict[str, DeviceStats] = {}
    for one in mine:
        assert one.device is not None
        for key, group in ((one.device.type.value, by_type), (one.device.brand, by_brand)):
            _count(group.setdefault(key, DeviceStats()), one)
    return SlotStats(type_stats=by_type, brand_stats=by_brand)


def _count(stats: DeviceStats, one: Slot) -> None:
    stats.total += 1
    if one.draining:
        stats.draining += 1
    if not one.enabled:
        stats.disabled += 1
    if one.container is not None:
        states = Counter(stats.states)
        states[one.container.state.value] += 1
        stats.states = dict(states)
