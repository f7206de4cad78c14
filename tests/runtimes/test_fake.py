"""The runtime in memory keeps the same promises."""

import asyncio

from undeterred.domain.launch.facts import LaunchSpec
from undeterred.runtimes.base import ASSIGNED, LOST, RUNNING, TERMINATED
from undeterred.runtimes.fake import Fake


def spec(container_id: str) -> LaunchSpec:
    return LaunchSpec(
        container_id=container_id,
        resources_id=container_id,
        allocation_id=f"a-{container_id}",
        epoch=1,
        key="",
        master_url="",
        env={},
        argv=[],
    )


def test_a_life() -> None:
    """Start once, run, stop, acknowledge; a lost one; hooks that crash before anything happens."""

    async def life() -> None:
        fake = Fake([])
        for name in ("a", "a", "b"):
            await fake.start(spec(name))
        assert fake.started == ["a", "b"]
        assert [seen.state for seen in await fake.observe()] == [ASSIGNED, ASSIGNED]
        fake.run("a")
        fake.lose("b")
        assert [(seen.state, seen.alive) for seen in await fake.observe()] == [(RUNNING, True), (LOST, False)]
        await fake.stop("a")
        await fake.stop("unknown")
        (seen, _) = await fake.observe()
        assert seen.state == TERMINATED
        assert seen.exit is not None
        assert seen.exit.code == 137
        fake.acknowledge("a")
        fake.acknowledge("b")
        await fake.start(spec("a"))
        assert await fake.observe() == []

        def crash(_spec: LaunchSpec) -> None:
            raise OSError("crash")

        fake.on_start = crash
        try:
            await fake.start(spec("c"))
        except OSError:
            assert "c" not in fake.specs

    asyncio.run(life())
