"""The one protocol of all runtimes. Every call may be repeated; an outside action carries container id and epoch.

What a supervisor learns it tells the master itself (docs/ARCHITECTURE.md, "The supervisor's contract"); a runtime only places it,
sees it and stops it. A runtime may offer more (exec, proxy, quota): ask `capabilities`.
"""

from typing import Protocol

import msgspec

from undeterred.domain.launch.facts import LaunchSpec

ASSIGNED, STARTING, RUNNING, TERMINATED, LOST = "ASSIGNED", "STARTING", "RUNNING", "TERMINATED", "LOST"


class Slot(msgspec.Struct, frozen=True):
    """One schedulable device: kind is cpu, cuda or rocm; uuid and brand as its tool names them."""

    id: int
    kind: str = "cpu"
    uuid: str = ""
    brand: str = ""


class Node(msgspec.Struct, frozen=True):
    """A machine with its slots; `address` is where tasks on other nodes reach it."""

    id: str
    host: str
    address: str
    slots: list[Slot]


class Exit(msgspec.Struct, frozen=True):
    """How a task ended: an exit code (128 + N after signal N), or why there is none (`start: …`, `lost: …`)."""

    code: int | None = None
    failure: str = ""


class Seen(msgspec.Struct, frozen=True):
    """A container as it lies there.

    state: ASSIGNED placed and not yet claimed (start it again: it starts once), STARTING, RUNNING, TERMINATED ended and being reported,
    LOST its supervisor died: what it left is being sent. alive: a supervisor or what finishes for it is at work.
    """

    container_id: str
    allocation_id: str
    epoch: int
    alive: bool
    state: str
    exit: Exit | None = None


class Runtime(Protocol):
    """A place where tasks run."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What this runtime can do beyond the four calls."""
        ...

    async def inventory(self) -> list[Node]:
        """The machines and their slots, as of now."""
        ...

    async def observe(self) -> list[Seen]:
        """Every container that is there; one that ended and was acknowledged is gone."""
        ...

    async def start(self, spec: LaunchSpec) -> None:
        """Place a supervisor, once for ever per container id. Raises Conflict when a newer master has been here,
        Unavailable when it can't be placed."""
        ...

    async def stop(self, container_id: str) -> None:
        """Kill the task at once with all of its processes; unknown is fine. Its end is reported as any other."""
        ...

    async def stop_all(self) -> None:
        """Stop every container that is there, as `stop` does."""
        ...
