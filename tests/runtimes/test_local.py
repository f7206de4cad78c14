"""The local runtime: one start per id, stop before and after the claim, epochs, what it sees of living and dead tasks."""

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.supervisor.ground import Ground, modes, nothing_left, until
from undeterred import errors
from undeterred.runtimes.base import ASSIGNED, RUNNING, TERMINATED, Runtime, Slot
from undeterred.runtimes.fake import Fake
from undeterred.runtimes.local import Local, _quiet
from undeterred.supervisor import folder


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    place = Ground(tmp_path, next(modes()))
    try:
        yield place
        nothing_left(place)
    finally:
        place.close()


def test_it_is_a_runtime(ground: Ground) -> None:
    """Both runtimes keep the protocol (the type checker says so), and the inventory is what was given."""
    runtimes: list[Runtime] = [Local(ground.data, 1, [Slot(0), Slot(1)], "here", mode="D"), Fake([])]
    (node,) = asyncio.run(runtimes[0].inventory())
    assert (node.id, [slot.id for slot in node.slots]) == ("here", [0, 1])
    assert asyncio.run(runtimes[1].inventory()) == []


def test_one_start(ground: Ground) -> None:
    """Ten starts of one id at once, and more afterwards, start one process."""
    spec = ground.spec("sh", "-c", "echo started; sleep 0.5")

    async def many() -> None:
        await asyncio.gather(*(ground.runtime.start(spec) for _ in range(10)))

    asyncio.run(many())
    until(lambda: ground.stub.text() == ["started"])
    asyncio.run(ground.runtime.start(spec))
    ground.end(spec.container_id)
    asyncio.run(ground.runtime.start(spec))  # comes late, when all is over
    assert not ground.place(spec.container_id).exists()
    assert ground.stub.text() == ["started"]
    assert [state["state"] for state in ground.stub.states].count("STARTING") == 1


def test_another_master_takes_over(ground: Ground) -> None:
    """A newer master sees and stops what an older one started; the older one may do neither any more."""
    container = ground.sh("echo here; sleep 1000")
    until(lambda: ground.stub.text() == ["here"])
    newer = Local(ground.data, 2, [], mode=ground.mode)
    (seen,) = asyncio.run(newer.observe())
    assert (seen.container_id, seen.state, seen.alive, seen.exit) == (container, RUNNING, True, None)
    with pytest.raises(errors.Conflict, match="epoch 2"):
        ground.sh("echo never")
    with pytest.raises(errors.Conflict):
        ground.stop(container)
    asyncio.run(newer.stop(container))
    assert ground.end(container)["exitCode"] == 137
    assert asyncio.run(newer.observe()) == []


def test_an_older_spec_is_started(ground: Ground) -> None:
    """What an earlier master assigned and did not come to start is started by the present one, under the same id."""
    spec = ground.spec("true")
    newer = Local(ground.data, 5, [], mode=ground.mode)
    asyncio.run(newer.start(spec))
    assert ground.end(spec.container_id)["epoch"] == 1


def test_placed_but_not_claimed(ground: Ground) -> None:
    """A master that died between spec and supervisor: it is seen, and started by the next start; or stopped for ever by a stop."""
    first, second = ground.spec("echo", "first"), ground.spec("echo", "second")
    for spec in (first, second):
        place = ground.place(spec.container_id)
        place.mkdir()
        (place / folder.SPEC).write_bytes(msgspec.json.encode(msgspec.structs.replace(spec, isolation=ground.mode)))
    assert [(seen.state, seen.alive) for seen in ground.observe()] == [(ASSIGNED, False)] * 2
    ground.stop(second.container_id)
    asyncio.run(ground.runtime.start(second))
    record = until(ground.stub.ended)
    assert (record["containerId"], record["exitCode"]) == (second.container_id, 137)
    ground.stub.states.clear()
    asyncio.run(ground.runtime.start(first))
    assert ground.end(first.container_id)["exitCode"] == 0
    assert ground.stub.text() == ["first"]


def test_seen_after_its_end(ground: Ground) -> None:
    """A task that ended while the master was away is seen with its code until that is acknowledged."""
    ground.stub.before = lambda path: 503 if path.endswith("/state") and len(ground.stub.states) == 2 else 200
    container = ground.sh("exit 4")
    until((ground.place(container) / folder.EXIT).exists)
    (seen,) = ground.observe()
    assert (seen.state, seen.alive) == (TERMINATED, True)
    assert seen.exit is not None
    assert seen.exit.code == 4
    ground.stub.before = lambda _path: 200
    ground.end(container)
    assert ground.observe() == []


def test_stop_is_repeatable(ground: Ground) -> None:
    """Unknown, ended and twice stopped are all fine."""
    ground.stop("unknown")
    container = ground.sh("sleep 1000")
    ground.supervisor(container)
    ground.stop(container)
    ground.stop(container)
    ground.end(container)
    ground.stop(container)


def test_stop_all(ground: Ground) -> None:
    """Every task ends."""
    containers = [ground.sh("sleep 1000") for _ in range(3)]
    for container in containers:
        ground.supervisor(container)
    asyncio.run(ground.runtime.stop_all())
    until(lambda: [state["state"] for state in ground.stub.states].count("TERMINATED") == 3)


@pytest.mark.slow
def test_a_stuck_supervisor(ground: Ground) -> None:
    """One that does not obey is killed, and its task with it."""
    container = ground.sh("echo here; sleep 1000")
    until(lambda: ground.stub.text() == ["here"])
    os.kill(ground.supervisor(container), signal.SIGSTOP)
    ground.stop(container)
    until(lambda: folder.claimed(str(ground.place(container)))[1] is None)
    ground.observe()
    assert ground.end(container)["failure"].startswith("lost: ")


def test_master_killed_and_moved(ground: Ground) -> None:
    """The task outlives its master and follows it to another port by master.json."""
    container = ground.sh("i=0; while [ $i -lt 20 ]; do echo $i; i=$((i+1)); sleep 0.05; done")
    until(lambda: len(ground.stub.text()) >= 3)
    old = ground.stub.url
    ground.stub.down()
    ground.stub.up()
    assert ground.stub.url != old
    assert ground.end(container)["exitCode"] == 0
    assert ground.stub.text() == [str(n) for n in range(20)]


def test_a_broken_folder(ground: Ground) -> None:
    """Half a folder (a full disk, a crash) does not keep the others from being seen, and can be started."""
    spec = ground.spec("echo", "whole")
    ground.place(spec.container_id).mkdir()
    (ground.place(spec.container_id) / (folder.SPEC + ".part")).write_bytes(b"{")
    (ground.data / "tasks" / ".gone-old").mkdir()
    assert ground.observe() == []
    asyncio.run(ground.runtime.start(spec))
    assert ground.end(spec.container_id)["exitCode"] == 0


def test_a_claim_that_a_power_cut_left_empty(ground: Ground) -> None:
    """It is a dead supervisor's: the task is lost, and nobody else's is out of sight for it."""
    spec = ground.spec("echo", "never")
    place = ground.place(spec.container_id)
    place.mkdir()
    (place / folder.SPEC).write_bytes(msgspec.json.encode(msgspec.structs.replace(spec, isolation=ground.mode)))
    (place / folder.CLAIM).touch()
    assert [seen.container_id for seen in ground.observe()] == [spec.container_id]
    assert ground.end(spec.container_id)["failure"].startswith("lost: ")
    assert ground.stub.text() == []


def test_who_finishes_for_an_earlier_master_is_left_to_it(ground: Ground) -> None:
    """While it waits for the master's answer, no look starts another one."""
    ground.stub.before = lambda path: 503 if path.endswith("/state") and "RUNNING" in {s["state"] for s in ground.stub.states} else 200
    container = ground.sh("sleep 1000")
    place = str(ground.place(container))
    until(lambda: "RUNNING" in {state["state"] for state in ground.stub.states})
    os.kill(ground.supervisor(container), signal.SIGKILL)
    until(lambda: folder.claimed(place)[1] is None)
    ground.observe()
    finishing = until(lambda: folder.collector(place))
    later = Local(ground.data, 1, [], mode=ground.mode)
    for _ in range(3):
        asyncio.run(later.observe())
    assert later._children == []
    assert folder.collector(place) == finishing
    ground.stub.before = lambda _path: 200
    ground.end(container)


def test_ended_is_forgotten(ground: Ground) -> None:
    """The notes of what ended are kept for a day."""
    container = ground.sh("true")
    ground.end(container)
    until(lambda: folder.ended(str(ground.place(container))))
    note = ground.data / "tasks" / folder.ENDED / container
    ground.observe()
    assert note.exists()
    os.utime(note, (0, 0))
    asyncio.run(Local(ground.data, 1, [], mode=ground.mode).observe())
    assert not note.exists()


def test_no_room(ground: Ground) -> None:
    """What the disk refuses is Unavailable, in a sentence."""
    shutil.rmtree(ground.data / "tasks")
    (ground.data / "tasks").write_text("a file")
    try:
        with pytest.raises(errors.Unavailable, match="could not be started"):
            ground.sh("true")
    finally:
        (ground.data / "tasks").unlink()
        (ground.data / "tasks").mkdir()
        (ground.data / "tasks" / ".epoch").write_text("1")


def test_a_supervisor_is_not_told_the_master_s_configuration() -> None:
    environ = {"UNDETERRED_DB_URL": "postgresql://u:secret@h/x", "PGPASSWORD": "secret", "PATH": "/bin", "LANG": "C"}
    assert _quiet(environ) == {"PATH": "/bin", "LANG": "C"}
