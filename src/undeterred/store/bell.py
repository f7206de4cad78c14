"""Wake-ups: after a commit a topic rings, and whoever waits for it looks at the database again. A ring carries no data and may be lost
on a crash: every waiter also looks by itself after a while."""

import asyncio
from collections import defaultdict
from collections.abc import Callable


class Bell:
    """Topics that can be rung and waited for; everything happens on the event loop's thread."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[None]]] = defaultdict(set)
        self._always: dict[str, list[Callable[[], None]]] = {}
        self._families: dict[str, list[Callable[[str], None]]] = {}

    def always(self, topic: str, call: Callable[[], None]) -> None:
        """Call `call` at every ring of `topic`, before those who wait are woken."""
        self._always.setdefault(topic, []).append(call)

    def family(self, name: str, call: Callable[[str], None]) -> None:
        """Call `call` with what stands behind the colon at every ring of a topic `<name>:…`, before those who wait are woken."""
        self._families.setdefault(name, []).append(call)

    def ring(self, topic: str) -> None:
        """Wake everyone who waits for `topic` now."""
        for call in self._always.get(topic, ()):
            call()
        name, colon, rest = topic.partition(":")
        if colon and name in self._families:
            for tell in self._families[name]:
                tell(rest)
        for future in self._waiting.pop(topic, ()):
            if not future.done():
                future.set_result(None)

    def listen(self, topic: str) -> asyncio.Future[None]:
        """A future that is done at the topic's next ring: take it before looking at the database, wait for it after."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[topic].add(future)
        return future

    async def wait(self, topic: str, heard: asyncio.Future[None], timeout_s: float) -> bool:
        """Wait until `heard` (from `listen(topic)`) rings, at most `timeout_s`; true if it rang."""
        try:
            await asyncio.wait_for(heard, timeout_s)
            return True
        except TimeoutError:
            return False
        finally:
            self.forget(topic, heard)

    def forget(self, topic: str, heard: asyncio.Future[None]) -> None:
        """Drop a future that nobody waits for any more."""
        waiting = self._waiting.get(topic)
        if waiting is not None:
            waiting.discard(heard)
            if not waiting:
                del self._waiting[topic]
        heard.cancel()

    def ring_all(self) -> None:
        """Wake everyone, at shutdown."""
        for topic in list(self._waiting):
            self.ring(topic)
