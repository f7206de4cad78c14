"""Makes the runtimes match the rows: starts what has a place, stops what is wanted stopped, and notes what is gone.

`observe` is compared with the rows once at the start and then every few seconds; in between a topic's ring brings starts and stops at once.
"""

import asyncio
import logging
import time

from undeterred.domain.launch import spec as launch
from undeterred.domain.launch.facts import LaunchSpec
from undeterred.domain.lifecycle import texts
from undeterred.domain.lifecycle.trials import Exit
from undeterred.errors import Conflict, Unavailable, WireError
from undeterred.loops.each import each
from undeterred.loops.world import World
from undeterred.runtimes import environments
from undeterred.runtimes.base import LOST, Runtime, Seen
from undeterred.services import allocations as verbs
from undeterred.services import launching
from undeterred.services.launching import Start
from undeterred.store import allocations, nodes
from undeterred.store.allocations import AllocationRow
from undeterred.terms import ExitKind, TaskType

log = logging.getLogger("undeterred.loops")
OBSERVE_S = 2.0


async def activate(world: World) -> float | None:
    """One turn; the seconds until the next kill that is due."""
    await _start_due(world)
    kill_at = await _stop_wanted(world)
    await _compare(world)
    return None if kill_at is None else kill_at / 1_000_000 - time.time()


async def register(world: World) -> None:
    """Write the nodes that there are now, if that changed; the master does so too before anybody can ask what fits on them."""
    inventory = [(pool, node) for pool, runtime in world.runtimes.items() for node in await runtime.inventory()]
    known = await world.ctx.db.read(nodes.present)
    wanted = verbs.node_rows(inventory, known)
    if wanted is not None:
        await world.ctx.db.write(verbs.write_nodes, wanted)


async def _start_due(world: World) -> None:
    starts = await world.ctx.db.read(launching.due)
    ends = await asyncio.gather(*(_start(world, start) for start in starts), return_exceptions=True)
    for error in ends:
        if error is not None:
            raise error


async def _start(world: World, start: Start) -> None:
    """Start one; what cannot be started fails as a task that could not begin, and its owner reads why in its log."""
    runtime = world.runtimes.get(start.row.pool)
    if runtime is None:
        return
    try:
        await runtime.start(await _spec(world, start, runtime))
    except Conflict:
        raise  # a newer master is at work: this one must do nothing more
    except Unavailable as error:
        # a full disk is no fault of the task: the next turn tries again
        log.warning("allocation %s cannot be started now: %s", start.row.id, error.text)
    except WireError as error:
        log.warning("allocation %s could not be started: %s", start.row.id, error.text)
        await world.ctx.db.write(verbs.end, start.row.id, Exit(ExitKind.FAILED, text=error.text))
    except Exception as error:  # our mistake: it must not keep the others from their turn
        log.exception("allocation %s could not be started", start.row.id)
        text = f"the task could not be started: {type(error).__name__}: {error}"
        await world.ctx.db.write(verbs.end, start.row.id, Exit(ExitKind.FAILED, text=text))


async def _spec(world: World, start: Start, runtime: Runtime) -> LaunchSpec:
    settings = world.ctx.settings
    name = environments.chosen(launching.image_of(start), settings.config.environments, settings.config.default_environment)
    environment = await asyncio.to_thread(environments.describe, settings.data, name)
    node = next((n for n in await runtime.inventory() if n.id == start.row.node_id), None)
    facts = launching.facts(start, settings, environment, node.address if node else "127.0.0.1")
    return launch.trial(start.config, facts) if start.row.task_type == TaskType.TRIAL else launch.command(start.config, facts)


async def _stop_wanted(world: World) -> int | None:
    """Kill what is to be killed, and what was to leave by itself and did not in its time; when the next of these is due (µs)."""
    rows = await world.ctx.db.read(allocations.live)
    now = time.time_ns() // 1000
    due = [row for row in rows if row.stop_kind == "kill" or (row.kill_at is not None and row.kill_at <= now)]
    due.sort(key=lambda row: row.stop_kind != "kill")  # what is stored already first: what is due now may find the disk full

    async def stop(row: AllocationRow) -> None:
        if row.stop_kind != "kill":
            await world.ctx.db.write(verbs.kill, row.id, _overdue(row))
        runtime = world.runtimes.get(row.pool)
        if runtime is not None and row.container_id is not None:
            await runtime.stop(row.container_id)

    await each(due, stop, _name)
    return min((row.kill_at for row in rows if row.stop_kind != "kill" and row.kill_at is not None and row.kill_at > now), default=None)


def _name(row: AllocationRow) -> str:
    return f"allocation {row.id}"


def _overdue(row: AllocationRow) -> str:
    """Why something that was to leave by itself is killed."""
    if row.stop_at is None or row.kill_at is None:
        return texts.USER_KILL
    return texts.not_preempted(round((row.kill_at - row.stop_at) / 1_000_000))


async def _compare(world: World) -> None:
    """What is seen against what is known."""
    await register(world)
    for pool, runtime in world.runtimes.items():
        seen = {s.container_id: s for s in await runtime.observe()}
        rows = [row for row in await world.ctx.db.read(allocations.live) if row.pool == pool and row.container_id is not None]
        for row in rows:
            await _compare_one(world, row, seen.pop(row.container_id or "", None))
        await _stop_strangers(world, runtime, list(seen.values()))


async def _compare_one(world: World, row: AllocationRow, found: Seen | None) -> None:
    if found is None and row.state != "ASSIGNED":
        log.warning("allocation %s is gone from its node", row.id)
        await world.ctx.db.write(verbs.end, row.id, Exit(ExitKind.LOST))
    elif found is not None and found.state == LOST and not found.alive:
        await world.ctx.db.write(verbs.end, row.id, Exit(ExitKind.LOST))


async def _stop_strangers(world: World, runtime: Runtime, strangers: list[Seen]) -> None:
    """Containers that no live allocation knows: tasks of allocations that ended meanwhile."""
    for stranger in strangers:
        row = await world.ctx.db.read(allocations.get, stranger.allocation_id)
        if row is None or row.state == "TERMINATED":
            await runtime.stop(stranger.container_id)
