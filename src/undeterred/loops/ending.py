"""The end of a cluster's tasks, when a person wants them to end with the master (`--stop-tasks`).

They are killed as any other, so their trials are asked for again and the next master takes them up from their checkpoints; a kill of ours
is no restart. The loops stand still meanwhile: nothing is placed anew.
"""

import logging
import time

from undeterred.domain.lifecycle.trials import Exit
from undeterred.loops.world import World
from undeterred.services import allocations as verbs
from undeterred.store import allocations
from undeterred.store.allocations import AllocationRow
from undeterred.store.db import Tx
from undeterred.terms import ExitKind

log = logging.getLogger("undeterred.loops")
REASON = "the cluster was stopped together with its tasks"
LIMIT_S = 10.0
LOOK_S = 0.2


async def stop_tasks(world: World, limit_s: float = LIMIT_S) -> int:
    """Kill everything that is placed and wait until its end is known, while the master still answers the supervisors; the number that did not
    end in time (the next master finds them)."""
    bell, deadline = world.ctx.bell, time.monotonic() + limit_s
    await world.ctx.db.write(_kill_all)
    while True:
        heard = bell.listen("schedule")  # rings when an allocation has ended
        rows = await world.ctx.db.read(_placed)
        for row in rows:
            await _stop(world, row)
        if not rows or time.monotonic() >= deadline:
            bell.forget("schedule", heard)
            return len(rows)
        await bell.wait("schedule", heard, LOOK_S)


async def _stop(world: World, row: AllocationRow) -> None:
    """Stop one; what was never started ends here."""
    runtime = world.runtimes.get(row.pool)
    if runtime is None or row.container_id is None:
        return
    if row.state == "ASSIGNED" and not any(seen.container_id == row.container_id for seen in await runtime.observe()):
        await world.ctx.db.write(verbs.end, row.id, Exit(ExitKind.KILLED))
        return
    await runtime.stop(row.container_id)


def _placed(tx: Tx) -> list[AllocationRow]:
    return [row for row in allocations.live(tx) if row.state != "PENDING"]


def _kill_all(tx: Tx) -> None:
    for row in _placed(tx):
        verbs.kill(tx, row.id, REASON)
