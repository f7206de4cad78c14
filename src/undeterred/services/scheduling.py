"""Between rows and the scheduler: a pool's snapshot, and what a plan changes."""

import json
from collections import defaultdict
from collections.abc import Callable

import msgspec

from undeterred.config import master as master_config
from undeterred.config.master import MasterConfig
from undeterred.domain.launch import ports
from undeterred.domain.lifecycle import texts
from undeterred.domain.sched import planner
from undeterred.domain.sched.snapshot import Ask, Node, Placed, Placement, Plan, Settings, Share, Snapshot
from undeterred.services import lives as moves
from undeterred.services.identity import token_hash
from undeterred.store import allocations, launches, lives, log_matches, logs, nodes
from undeterred.store.allocations import AllocationRow
from undeterred.store.db import Tx
from undeterred.store.launches import AskRow
from undeterred.store.nodes import NodeRow
from undeterred.terms import Signal, TaskType


class Secrets(msgspec.Struct, frozen=True):
    """New names and keys for one start: the container's id, the task's session token, the supervisor's key."""

    container_id: str
    token: str
    key: str


def schedule(tx: Tx, config: MasterConfig, epoch: int, fresh: Callable[[], Secrets]) -> int:
    """Decide once for every pool and write what was decided; how many allocations were placed."""
    asks = launches.asks(tx)
    if not any(ask.state == "PENDING" for ask in asks):
        return 0
    by_pool: dict[str, list[AskRow]] = defaultdict(list)
    for ask in asks:
        by_pool[ask.pool].append(ask)
    machines, blocked = nodes.present(tx), log_matches.excluded_nodes(tx)
    placed = 0
    for pool, mine in by_pool.items():
        here = [machine for machine in machines if machine.pool == pool]
        plan = planner.plan(snapshot(here, mine, _settings(config, pool), blocked))
        placed += _apply(tx, plan, here, mine, epoch, fresh)
    return placed


def snapshot(machines: list[NodeRow], asks: list[AskRow], settings: Settings, blocked: dict[str, frozenset[str]] | None = None) -> Snapshot:
    """A pool as the scheduler sees it; a slot that is switched off counts only while it is held. blocked: by task, nodes it must not use."""
    held = _held(asks)
    return Snapshot(
        nodes=tuple(
            Node(m.id, len(set(_usable(m)) | held[m.id].intersection(_all_slots(m))), bool(m.enabled) and not m.draining) for m in machines
        ),
        placed=tuple(
            Placed(_ask(a), (Share(a.node_id or "", len(json.loads(a.slot_ids))),), a.stop_kind is not None)
            for a in asks
            if a.state != "PENDING"
        ),
        waiting=tuple(
            _ask(a, (blocked or {}).get(a.id.rpartition(".")[0], frozenset())) for a in asks if a.state == "PENDING" and a.stop_kind is None
        ),
        settings=settings,
    )


def _held(asks: list[AskRow]) -> dict[str, set[int]]:
    """The slots that have somebody in them, by node."""
    held: dict[str, set[int]] = defaultdict(set)
    for ask in asks:
        if ask.state != "PENDING" and ask.node_id:
            held[ask.node_id].update(json.loads(ask.slot_ids))
    return held


def _all_slots(machine: NodeRow) -> list[int]:
    return [int(slot["id"]) for slot in json.loads(machine.slots)]


def _usable(machine: NodeRow) -> list[int]:
    """The slots that take new work."""
    return [int(slot["id"]) for slot in json.loads(machine.slots) if slot["enabled"] and not slot["draining"]]


def _ask(row: AskRow, blocked: frozenset[str] = frozenset()) -> Ask:
    return Ask(
        id=row.id,
        job=row.job_id,
        slots=row.slots_wanted,
        priority=row.priority,
        position=row.position,
        requested_at=row.requested_at,
        preemptible=row.task_type == TaskType.TRIAL,
        single_node=True,
        blocked=blocked,
    )


def _settings(config: MasterConfig, pool: str) -> Settings:
    words, known = master_config.scheduler(config, pool), master_config.pool(config, pool)
    return Settings(
        kind=words.type,
        preemption=words.preemption,
        fitting=words.fitting_policy,
        heterogeneous=words.allow_heterogeneous_fits,
        aux_per_node=known.max_aux_containers_per_agent if known else 100,
    )


def _apply(tx: Tx, plan: Plan, machines: list[NodeRow], asks: list[AskRow], epoch: int, fresh: Callable[[], Secrets]) -> int:
    held = _held(asks)
    slots = {m.id: _usable(m) for m in machines}
    used = {port for text in allocations.ports_in_use(tx) for port in json.loads(text).values()}
    count = 0
    for placement in plan.place:
        count += _place(tx, placement, slots, held, used, epoch, fresh())
    for allocation_id in plan.preempt:
        row = allocations.get(tx, allocation_id)
        if row is not None:
            _preempt(tx, row)
    return count


def _place(
    tx: Tx, placement: Placement, slots: dict[str, list[int]], held: dict[str, set[int]], used: set[int], epoch: int, secrets: Secrets
) -> int:
    share = placement.on[0]
    free = [s for s in slots[share.node] if s not in held[share.node]][: share.slots]
    mine = ports.assign(used)
    row = allocations.get(tx, placement.id)
    moved = row is not None and allocations.assign(
        tx,
        placement.id,
        node_id=share.node,
        slot_ids=json.dumps(free),
        container_id=secrets.container_id,
        ports=msgspec.json.encode(mine).decode(),
        epoch=epoch,
        token_hash=token_hash(secrets.token),
        supervisor_hash=token_hash(secrets.key),
        secrets=msgspec.json.encode(secrets).decode(),
    )
    if not moved or row is None:
        return 0
    held[share.node].update(free)
    used.update(ports.numbers(mine))
    line = texts.assigned(_name(tx, row))
    logs.append_master(tx, row.task_id, row.id, [(line.level, line.text)])
    tx.ring("allocations", f"allocation:{row.id}")
    return 1


def _preempt(tx: Tx, row: AllocationRow) -> None:
    signal = Signal.TERMINATE if row.is_ready else Signal.KILL
    moves.stop(tx, row.id, row.task_id, signal, texts.PREEMPTED)


def _name(tx: Tx, row: AllocationRow) -> str:
    trial = lives.trial_of_task(tx, row.task_id)
    return moves.name_of(tx, row, trial)
