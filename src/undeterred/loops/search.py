"""Hands unread events to the searches."""

from undeterred.loops.each import each
from undeterred.loops.world import World
from undeterred.services import search
from undeterred.store import search_events


async def activate(world: World) -> None:
    """Every search with something to read, until nothing is left."""

    async def read(experiment_id: int) -> None:
        while await world.ctx.db.write(search.step, experiment_id):
            pass

    await each(await world.ctx.db.read(search_events.experiments_with_unread), read, "the search of experiment {}".format)
