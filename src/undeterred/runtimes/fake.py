"""A runtime in memory for simulations: what a container does is a script, time is the caller's, nothing is random."""

from collections.abc import Callable

import msgspec

from undeterred.domain.launch.facts import LaunchSpec
from undeterred.runtimes.base import ASSIGNED, LOST, RUNNING, TERMINATED, Exit, Node, Seen


class Fake:
    """`start` places, `run` lets a container run, `end` ends it, `lose` kills its supervisor, `acknowledge` removes it, as the master's answer does.

    A hook per call (`on_start`, `on_stop`) lets a simulation crash at any point: what it raises is raised before anything happened.
    """

    capabilities: frozenset[str] = frozenset()

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.specs: dict[str, LaunchSpec] = {}
        self.seen: dict[str, Seen] = {}
        self.started: list[str] = []  # every real start, in order: a container id at most once
        self.stopped: list[str] = []
        self.on_start: Callable[[LaunchSpec], None] = lambda _spec: None
        self.on_stop: Callable[[str], None] = lambda _container_id: None

    async def inventory(self) -> list[Node]:
        """The nodes given at the beginning."""
        return list(self.nodes)

    async def observe(self) -> list[Seen]:
        """All containers that were started and not acknowledged, by container id."""
        return [self.seen[container_id] for container_id in sorted(self.seen)]

    async def start(self, spec: LaunchSpec) -> None:
        """Place once, whoever asks and how often."""
        self.on_start(spec)
        if spec.container_id in self.specs:
            return
        self.specs[spec.container_id] = spec
        self.started.append(spec.container_id)
        self.seen[spec.container_id] = Seen(spec.container_id, spec.allocation_id, spec.epoch, alive=True, state=ASSIGNED)

    async def stop(self, container_id: str) -> None:
        """End it with SIGKILL's code."""
        self.on_stop(container_id)
        self.stopped.append(container_id)
        if container_id in self.seen and self.seen[container_id].exit is None:
            self.end(container_id, 137)

    async def stop_all(self) -> None:
        """Stop every container."""
        for container_id in sorted(self.seen):
            await self.stop(container_id)

    def run(self, container_id: str) -> None:
        """It runs now."""
        self._set(container_id, state=RUNNING)

    def end(self, container_id: str, code: int | None = 0, failure: str = "") -> None:
        """It has ended; the record stays until acknowledged."""
        self._set(container_id, state=TERMINATED, exit=Exit(code, failure))

    def lose(self, container_id: str) -> None:
        """Its supervisor was killed."""
        self._set(container_id, state=LOST, alive=False, exit=Exit(None, "lost: the supervisor of this task was killed"))

    def acknowledge(self, container_id: str) -> None:
        """The master has its end: it is gone."""
        self.seen.pop(container_id, None)

    def _set(self, container_id: str, **changes: object) -> None:
        self.seen[container_id] = msgspec.structs.replace(self.seen[container_id], **changes)
