"""Brings experiments and their trials forward: whatever a verb or a crash left half-way is taken up here."""

from undeterred.loops.world import World
from undeterred.services import lives as moves
from undeterred.store import lives


async def activate(world: World) -> None:
    """Every experiment that has not ended, each in a transaction of its own."""
    for experiment_id in await world.ctx.db.read(lives.restless):
        await world.ctx.db.write(moves.advance, experiment_id)
