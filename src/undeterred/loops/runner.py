"""Turns the loops: each when its topic rings and at least once a period, never twice at once; a failed turn is noted and the next one tries again."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from undeterred.errors import Unavailable
from undeterred.loops.world import World

log = logging.getLogger("undeterred.loops")
AFTER_FAILURE_S = 1.0


class Loop(msgspec.Struct, frozen=True):
    """`activate(world)` makes one turn; it may return the seconds after which it wants to be turned again at the latest."""

    name: str
    topics: tuple[str, ...]
    period_s: float
    activate: Callable[[World], Awaitable[float | None]]


class Turn(msgspec.Struct):
    """A loop's last turn, for /debug/loops."""

    name: str
    turns: int = 0
    failures: int = 0
    last_at: int = 0
    length_s: float = 0.0
    error: str = ""


class Runner:
    """Owns one task per loop, from `start` to `stop`."""

    def __init__(self, world: World, loops: Sequence[Loop]) -> None:
        self._world = world
        self._loops = loops
        self._tasks: list[asyncio.Task[None]] = []
        self.turns = {loop.name: Turn(loop.name) for loop in loops}

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run(loop), name=f"loop-{loop.name}") for loop in self._loops]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, loop: Loop) -> None:
        bell = self._world.ctx.bell
        while True:
            heard = [(topic, bell.listen(topic)) for topic in loop.topics]
            wait_s = await self._turn(loop)
            futures = [future for _topic, future in heard]
            await asyncio.wait(futures, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            for topic, future in heard:
                bell.forget(topic, future)

    async def _turn(self, loop: Loop) -> float:
        turn, begun = self.turns[loop.name], time.monotonic()
        wait_s, turn.error = loop.period_s, ""
        try:
            wanted = await loop.activate(self._world)
            if wanted is not None:
                wait_s = min(wait_s, max(wanted, 0.0))
        except Unavailable as error:  # a full disk, a database that is away: it passes, and is no fault of the loop's
            turn.failures += 1
            turn.error, wait_s = error.text, min(wait_s, AFTER_FAILURE_S)
            log.warning("loop %s could not finish its turn, it is turned again in %.1f s: %s", loop.name, wait_s, error.text)
        except Exception as error:
            turn.failures += 1
            turn.error = f"{type(error).__name__}: {error}"
            wait_s = min(wait_s, AFTER_FAILURE_S)
            log.exception("loop %s failed; it is turned again in %.1f s", loop.name, wait_s)
        turn.turns += 1
        turn.last_at, turn.length_s = time.time_ns() // 1000, time.monotonic() - begun
        return wait_s
