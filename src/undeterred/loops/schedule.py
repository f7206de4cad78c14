"""Gives waiting allocations their place."""

import secrets
import uuid

from undeterred.loops.world import World
from undeterred.services import scheduling
from undeterred.services.scheduling import Secrets


async def activate(world: World) -> None:
    """One look at all pools."""
    settings = world.ctx.settings
    await world.ctx.db.write(scheduling.schedule, settings.config, settings.epoch, fresh)


def fresh() -> Secrets:
    """A container's new name and keys."""
    return Secrets(container_id=str(uuid.uuid4()), token=secrets.token_urlsafe(32), key=secrets.token_urlsafe(32))
