"""Brings experiments and their trials forward: whatever a verb or a crash left half-way is taken up here."""

import time

from undeterred.loops.each import each
from undeterred.loops.world import World
from undeterred.services import lives as moves
from undeterred.services import trials
from undeterred.store import lives
from undeterred.store import trials as rows


async def activate(world: World) -> float | None:
    """Every experiment that has not ended, each in a transaction of its own; the seconds until a trial has to be helped out."""
    restless = await world.ctx.db.read(lives.restless)
    await each(restless, lambda experiment_id: world.ctx.db.write(moves.advance, experiment_id), "experiment {}".format)
    if not await world.ctx.db.read(rows.leaving_early):
        return None
    due_at = await world.ctx.db.write(trials.end_early)
    return None if due_at is None else due_at / 1_000_000 - time.time()
