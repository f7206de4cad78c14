"""Cleans up behind everybody: checkpoints that are to go, experiments and projects that are deleted, silent unmanaged trials, logs that are old enough."""

import asyncio
import logging
import time

from undeterred.domain.lifecycle import unmanaged
from undeterred.errors import Unavailable, WireError
from undeterred.loops.world import World
from undeterred.services import checkpoint_folders, collecting, deletion, heartbeats, logs, place_deletion
from undeterred.services.collecting import RETRY_US, Doomed, Work
from undeterred.store import collections
from undeterred.store.collections import CollectionRow

log = logging.getLogger("undeterred.loops")
PERIOD_S = 60.0


async def activate(world: World) -> float | None:
    """One turn; the seconds until the next wish is due."""
    db = world.ctx.db
    for wish in await db.read(collections.due):
        await _carry_out(world, wish)
    if (
        time.time_ns() // 1000 - world.ctx.settings.started_at > unmanaged.SILENCE_US
    ):  # who was silent while no master listened is heard first
        await db.write(heartbeats.lapse, unmanaged.SILENCE_US)
    days, more = world.ctx.settings.config.retention_policy.log_retention_days, True
    while more and not world.ctx.stopping:
        _count, more = await db.write(logs.expire, days)
    due_at = await db.read(collections.next_at)
    return None if due_at is None else max(0.05, due_at / 1_000_000 - time.time())


async def _carry_out(world: World, wish: CollectionRow) -> None:
    """Remove what a wish names; what cannot be removed now is tried again later, and an experiment that is stuck shows it."""
    db = world.ctx.db
    if wish.kind == "project":
        await _delete_project(world, wish)
        return
    try:
        work = await db.read(collecting.plan, wish)
        for doomed in work.doomed:
            left = await asyncio.to_thread(_remove, doomed)
            await db.write(collecting.removed, doomed.uuid, left)
        await asyncio.to_thread(_remove_tensorboard, work, world.ctx.settings.cluster_id)
    except Unavailable:
        raise  # the database is away, or its disk full: no fault of the wish
    except Exception as error:  # whatever is wrong with one wish, the others go on
        text = error.text if isinstance(error, WireError) else f"{type(error).__name__}: {error}"
        log.warning("collection %d: %r", wish.id, text)
        retry_at = time.time_ns() // 1000 + RETRY_US[min(wish.tries, len(RETRY_US) - 1)]
        await db.write(deletion.failed, wish, text, retry_at)
        return
    while not await db.write(deletion.carried_out, wish):
        pass  # a large experiment goes in many commits, and others come in between


async def _delete_project(world: World, wish: CollectionRow) -> None:
    """One look at a project that is to go; what breaks on the way is shown with it."""
    try:
        await world.ctx.db.write(place_deletion.advance, wish)
    except Unavailable:
        raise  # it passes: the next turn tries again
    except Exception as error:
        log.warning("collection %d", wish.id, exc_info=True)
        await world.ctx.db.write(place_deletion.fail, wish, f"{type(error).__name__}: {error}")


def _remove(doomed: Doomed) -> dict[str, int]:
    return checkpoint_folders.remove(checkpoint_folders.folder(doomed.storage, doomed.uuid), doomed.globs)


def _remove_tensorboard(work: Work, cluster_id: str) -> None:
    if work.tensorboard is not None:
        experiment_id, storage = work.tensorboard
        checkpoint_folders.remove_tensorboard(storage, cluster_id, experiment_id)
