"""Hands unread events to the searches."""

from undeterred.loops.world import World
from undeterred.services import search
from undeterred.store import search_events


async def activate(world: World) -> None:
    """Every search with something to read, until nothing is left."""
    for experiment_id in await world.ctx.db.read(search_events.experiments_with_unread):
        while await world.ctx.db.write(search.step, experiment_id):
            pass
