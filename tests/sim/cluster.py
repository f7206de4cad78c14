"""A whole cluster in one process: the real store and loops, a fake runtime, and a master that can die at any of its commits or starts."""

import asyncio
import contextlib
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from undeterred.config import master as master_config
from undeterred.loops import allocations
from undeterred.loops.all import LOOPS
from undeterred.loops.world import World
from undeterred.runtimes.base import RUNNING, Node, Slot
from undeterred.runtimes.fake import Fake
from undeterred.services import allocations as verbs
from undeterred.services import bootstrap, experiments
from undeterred.services.context import Context
from undeterred.services.experiment_config import Layers
from undeterred.services.identity import Caller, token_hash
from undeterred.services.settings import Settings
from undeterred.store import lease
from undeterred.store.db import Database, Tx
from undeterred.store.open import open_store
from undeterred.wire.experiments import CreateExperimentRequest

WHO = Caller(2, "determined", False, True, "login")


class Died(BaseException):
    """The master was killed here."""


class Mortal:
    """A database whose master dies at the n-th step: after a commit, or just before one."""

    def __init__(self, db: Database) -> None:
        self._db, self.left, self.bell = db, -1, db.bell

    async def read(self, fn: Callable[..., Any], *args: Any) -> Any:
        return await self._db.read(fn, *args)

    async def write(self, fn: Callable[..., Any], *args: Any) -> Any:
        self.step()
        result = await self._db.write(fn, *args)
        self.step()
        return result

    def step(self) -> None:
        if self.left == 0:
            raise Died
        self.left -= 1


class Cluster:
    """One node of `slots` CPU slots; `seed` drives when the master dies and what tasks do."""

    def __init__(self, folder: Path, seed: int, slots: int = 2) -> None:
        self.random = random.Random(seed)
        self.db = open_store(folder)
        self.mortal = Mortal(self.db)
        self.runtime = Fake([Node("node", "node", "127.0.0.1", [Slot(i) for i in range(slots)])])
        self.runtime.on_start = lambda _spec: self.mortal.step()
        self.data = folder
        self.masters = 0
        self.fail: set[str] = set()
        self.hold = False  # no task ends by itself
        self.between: Callable[[], None] = lambda: None  # what people do between two turns
        self.world = self._master()

    def _master(self) -> World:
        config = master_config.load(f"default_environment: {sys.executable}", {}, {"data": str(self.data)})
        settings = self.db.write_now(self._begin, config)
        self.masters += 1
        ctx = Context(self.db, settings)
        ctx.db = self.mortal  # type: ignore[assignment]  # the same calls, but it may die in them
        return World(ctx, {"default": self.runtime})

    def _begin(self, tx: Tx, config: Any) -> Settings:
        epoch = lease.take(tx, "sim")
        facts = bootstrap.first_start(tx, config)
        return Settings(
            config=config,
            data=self.data,
            url="http://127.0.0.1:1",
            cluster_id=facts["cluster_id"],
            master_id="m",
            cluster_name="",
            epoch=epoch,
            started_at=tx.now,
        )

    def submit(self, config: str) -> int:
        """Create and activate an experiment; its id."""
        asyncio.run(allocations.register(self.world))
        layers = Layers(self.world.ctx.settings)
        request = CreateExperimentRequest(config=config, activate=True)
        return self.db.write_now(experiments.create, WHO, layers, request, None).experiment.id  # type: ignore[union-attr]

    async def live(self, done: Callable[[Tx], bool], deaths: int, turns: int = 400) -> None:
        """Turn loops and tasks in random order until `done`, with the master dying `deaths` times on the way."""
        for _ in range(turns):
            if self.db.read_now(done):
                return
            if deaths and self.mortal.left < 0:
                self.mortal.left = self.random.randrange(0, 12)
            try:
                for loop in self.random.sample(LOOPS, len(LOOPS)):
                    await loop.activate(self.world)
                    self.between()
                    if self.random.random() < 0.5:
                        await self.tasks()
            except Died:
                deaths -= 1
                self.mortal.left = -1
                self.world = self._master()
        raise AssertionError(
            "the experiment did not end: " + str(self.db.read_now(lambda tx: tx.all(tuple_of, "SELECT id, state FROM trials")))
        )

    async def tasks(self) -> None:
        """Some of the running tasks get somewhere: start, run, end; their supervisors report until they are answered."""
        for container_id in list(self.runtime.seen):
            if self.random.random() < 0.5:
                await self._one(container_id)

    async def _one(self, container_id: str) -> None:
        seen, spec = self.runtime.seen[container_id], self.runtime.specs[container_id]
        if seen.exit is None and seen.state != RUNNING:
            self.runtime.run(container_id)
        elif seen.exit is None and not self.hold:
            self.runtime.end(container_id, 1 if spec.env["DET_TRIAL_ID"] in self.fail and self.random.random() < 0.5 else 0)
        seen = self.runtime.seen[container_id]
        state = "TERMINATED" if seen.exit is not None else "RUNNING"
        code = seen.exit.code if seen.exit is not None else None
        with contextlib.suppress(Died):
            await self.db.write(verbs.report_state, token_hash(spec.key), spec.allocation_id, spec.resources_id, state, code, "", "[]")
            if seen.exit is not None:
                self.runtime.acknowledge(container_id)

    def close(self) -> None:
        self.db.close()


def tuple_of(*columns: Any) -> tuple[Any, ...]:
    return columns


def run(cluster: Cluster, done: Callable[[Tx], bool], deaths: int) -> None:
    asyncio.run(cluster.live(done, deaths))
