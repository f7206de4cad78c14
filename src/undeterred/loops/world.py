"""What a loop may touch: the context (store, settings) and the runtimes that start and stop things."""

import msgspec

from undeterred.runtimes.base import Runtime
from undeterred.services.context import Context


class World(msgspec.Struct, frozen=True):
    """`runtimes`: by resource pool."""

    ctx: Context
    runtimes: dict[str, Runtime]
