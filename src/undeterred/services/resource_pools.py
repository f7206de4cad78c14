"""Resource pools: what each has, how it schedules, who waits."""

import json

from undeterred.config import master as master_config
from undeterred.config.master import MasterConfig
from undeterred.config.master import ResourcePool as PoolWords
from undeterred.domain.sched.queue import Stats
from undeterred.services import job_queue
from undeterred.services.shown_allocations import device
from undeterred.store import allocations, nodes
from undeterred.store.allocations import AllocationRow
from undeterred.store.db import Tx
from undeterred.store.nodes import NodeRow
from undeterred.wire.containers import DeviceType
from undeterred.wire.jobs import QueueStats
from undeterred.wire.resource_pools import (
    FittingPolicy,
    ResourcePool,
    ResourcePoolDetail,
    ResourcePoolPrioritySchedulerDetail,
    ResourcePoolType,
    SchedulerType,
)


def get_all(tx: Tx, config: MasterConfig) -> list[ResourcePool]:
    """Every pool, by name."""
    machines, live, counts = nodes.present(tx), allocations.live(tx), job_queue.stats(tx)
    return [
        _shown(
            config,
            words,
            [machine for machine in machines if machine.pool == words.pool_name],
            [row for row in live if row.pool == words.pool_name and row.state != "PENDING"],
            counts.get(words.pool_name, Stats(0, 0)),
        )
        for words in sorted(config.resource_pools, key=lambda one: one.pool_name)
    ]


def _shown(config: MasterConfig, words: PoolWords, here: list[NodeRow], placed: list[AllocationRow], counts: Stats) -> ResourcePool:
    name, manager = words.pool_name, config.resource_manager
    scheduler = master_config.scheduler(config, name)
    slots = [slot for machine in here for slot in json.loads(machine.slots)]
    kinds = {device(slot).type for slot in slots}
    detail = ResourcePoolPrioritySchedulerDetail(preemption=scheduler.preemption, default_priority=scheduler.default_priority)
    return ResourcePool(
        name=name,
        description=words.description,
        type=ResourcePoolType.RESOURCE_POOL_TYPE_STATIC,
        num_agents=len(here),
        slots_available=len(slots),
        slots_used=sum(len(json.loads(row.slot_ids)) for row in placed),
        slot_type=kinds.pop() if len(kinds) == 1 else DeviceType.TYPE_UNSPECIFIED,
        aux_container_capacity=len(here) * words.max_aux_containers_per_agent,
        aux_containers_running=sum(row.slots_wanted == 0 for row in placed),
        default_compute_pool=name == manager.default_compute_resource_pool,
        default_aux_pool=name == manager.default_aux_resource_pool,
        slots_per_agent=-1,
        aux_container_capacity_per_agent=words.max_aux_containers_per_agent,
        scheduler_type=SchedulerType[f"SCHEDULER_TYPE_{scheduler.type.upper()}"],
        scheduler_fitting_policy=FittingPolicy[f"FITTING_POLICY_{scheduler.fitting_policy.upper()}"],
        location="on-prem",
        details=ResourcePoolDetail(priority_scheduler=detail if scheduler.type == "priority" else None),
        stats=QueueStats(queued_count=counts.queued, scheduled_count=counts.scheduled),
        cluster_name=manager.cluster_name,
    )
