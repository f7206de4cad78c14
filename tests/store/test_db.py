"""Transactions on both databases: all or nothing, alone or in company, and what follows the commit."""

import asyncio
import os
import signal
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from undeterred.errors import InvalidArgument, Unavailable
from undeterred.store import lease
from undeterred.store.db import Database, Tx
from undeterred.store.open import FILE, open_store
from undeterred.store.sqlite import SqliteConnection


class FactRow(msgspec.Struct, frozen=True):
    name: str
    value: str


def put(tx: Tx, name: str, value: str) -> str:
    tx.run("INSERT INTO facts (name, value) VALUES (:name, :value)", name=name, value=value)
    return value


def put_and_fail(tx: Tx, name: str) -> None:
    put(tx, name, "never")
    raise InvalidArgument("no")


def all_facts(tx: Tx) -> list[FactRow]:
    return tx.all(FactRow, "SELECT name, value FROM facts ORDER BY name")


def test_a_write_is_there_for_the_next_read(store: Database) -> None:
    async def main() -> None:
        assert await store.write(put, "a", "1") == "1"
        assert await store.read(all_facts) == [FactRow("a", "1")]

    asyncio.run(main())


def test_a_failed_write_leaves_nothing_and_spares_its_company(store: Database) -> None:
    async def main() -> list[Any]:
        gate = threading.Event()
        first = asyncio.ensure_future(store.write(lambda _tx: gate.wait(5)))
        await asyncio.sleep(0.05)  # the writer is busy: what comes now is one group
        jobs = [store.write(put, f"k{i}", "v") if i % 3 else store.write(put_and_fail, f"k{i}") for i in range(30)]
        group = asyncio.gather(*jobs, return_exceptions=True)
        await asyncio.sleep(0.05)
        gate.set()
        await first
        return await group

    results = asyncio.run(main())
    assert [isinstance(r, InvalidArgument) for r in results] == [i % 3 == 0 for i in range(30)]
    assert {row.name for row in store.read_now(all_facts)} == {f"k{i}" for i in range(30) if i % 3}


def test_a_broken_statement_in_company_harms_nobody_else(store: Database) -> None:
    async def main() -> list[Any]:
        gate = threading.Event()
        first = asyncio.ensure_future(store.write(lambda _tx: gate.wait(5)))
        await asyncio.sleep(0.05)
        group = asyncio.gather(
            store.write(put, "a", "1"),
            store.write(lambda tx: tx.run("INSERT INTO nowhere VALUES (1)")),
            store.write(put, "b", "2"),
            return_exceptions=True,
        )
        await asyncio.sleep(0.05)
        gate.set()
        await first
        return list(await group)

    one, broken, two = asyncio.run(main())
    assert (one, two) == ("1", "2")
    assert isinstance(broken, Exception)
    assert len(store.read_now(all_facts)) == 2


def test_what_follows_a_commit_follows_only_a_commit(store: Database) -> None:
    heard: list[str] = []

    def work(tx: Tx, fail: bool) -> None:
        tx.after_commit(lambda: heard.append("committed"))
        tx.ring("topic")
        if fail:
            raise InvalidArgument("no")

    async def main() -> tuple[bool, bool]:
        ring = store.bell.listen("topic")
        with pytest.raises(InvalidArgument):
            await store.write(work, True)
        early = ring.done() or bool(heard)
        await store.write(work, False)
        return early, await store.bell.wait("topic", ring, 1)

    assert asyncio.run(main()) == (False, True)
    assert heard == ["committed"]


def test_what_breaks_after_a_commit_strands_no_answer(store: Database) -> None:
    def breaking() -> None:
        raise RuntimeError("odd")

    def put_and_ring(tx: Tx, name: str) -> str:
        tx.after_commit(breaking)
        tx.ring("topic")
        return put(tx, name, "1")

    async def main() -> list[str]:
        jobs = [asyncio.ensure_future(store.write(put_and_ring, f"k{i}")) for i in range(3)]
        return await asyncio.wait_for(asyncio.gather(*jobs), 60)

    assert asyncio.run(main()) == ["1", "1", "1"]
    assert len(store.read_now(all_facts)) == 3
    assert not store.unrung()


def test_a_master_that_was_replaced_while_away_stores_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Breaking(SqliteConnection):
        broken = False

        def usable(self) -> bool:
            return not self.broken

    opened: list[Breaking] = []
    killed: list[tuple[int, int]] = []

    def connect(write: bool) -> Breaking:
        connection = Breaking(path, write)
        if write:
            opened.append(connection)
        return connection

    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    open_store(tmp_path).close()
    path = tmp_path / FILE
    database = Database(connect)
    try:
        database.epoch = database.write_now(lease.take, "this")
        opened[-1].broken = True
        assert database.write_now(put, "a", "1") == "1"
        assert len(opened) == 2
        database.write_now(lease.take, "another")
        opened[-1].broken = True
        with pytest.raises(Unavailable):
            database.write_now(put, "b", "2")
        assert killed == [(os.getpid(), signal.SIGTERM)]
        assert database.read_now(all_facts) == [FactRow("a", "1")]
    finally:
        database.close()


def test_a_reader_cannot_write(store: Database) -> None:
    with pytest.raises(Exception, match="nothing was stored"):
        store.read_now(put, "a", "1")
    assert store.read_now(all_facts) == []


def test_numbers_that_do_not_fit_are_the_callers_mistake(store: Database) -> None:
    with pytest.raises(InvalidArgument, match="64 bits"):
        store.write_now(lambda tx: tx.run("UPDATE lease SET epoch = :n WHERE epoch = :n", n=2**70))


def test_half_a_surrogate_pair_is_the_callers_mistake(store: Database) -> None:
    with pytest.raises(InvalidArgument, match="surrogate"):
        store.write_now(put, "a", "\ud800")


def test_dialect_names_mean_the_same(store: Database) -> None:
    def ask(tx: Tx) -> list[Any]:
        d = tx.dialect
        put(tx, "Alpha", '{"t": "x"}')
        put(tx, "beta", '["red", "blue"]')
        names = "SELECT name FROM facts WHERE "
        return [
            tx.column(names + d.member("name", "names", "text"), names=d.bag(["beta", "nobody"])),
            tx.column(names + d.like("name", "pattern"), pattern="%ALPH_"),
            tx.column("SELECT name FROM facts ORDER BY " + d.by_byte("name")),
            tx.value(f"SELECT {d.json_text('value', 't')} FROM facts WHERE name = 'Alpha'"),
            tx.column(names + "name = 'beta' AND " + d.json_has("facts.value", "tag"), tag="red"),
            tx.column(names + "name = 'beta' AND " + d.json_has("facts.value", "tag"), tag="green"),
        ]

    assert store.write_now(ask) == [["beta"], ["Alpha"], ["Alpha", "beta"], "x", ["beta"], []]


def test_a_long_reading_keeps_nobody_waiting(store: Database) -> None:
    """Others answer while one reads for long, whether they came before or after it was noticed; and when the next one is long too."""
    released = threading.Event()

    def long(_tx: Tx) -> bool:
        return released.wait(20)

    def short(tx: Tx) -> int:
        return int(tx.value("SELECT 1"))

    async def play() -> None:
        for _ in range(2):  # in the second round, the helpers have been called before
            slow = [asyncio.create_task(store.read(long)) for _ in range(2)]
            quick = [asyncio.create_task(store.read(short)) for _ in range(50)]
            assert await asyncio.wait_for(asyncio.gather(*quick), 10) == [1] * 50
            await asyncio.sleep(0.02)
            assert await asyncio.wait_for(store.read(short), 10) == 1
            assert await asyncio.wait_for(asyncio.to_thread(store.read_now, short), 10) == 1
            released.set()
            assert await asyncio.wait_for(asyncio.gather(*slow), 10) == [True, True]
            released.clear()

    asyncio.run(play())
    asyncio.run(play())  # another loop


def test_long_readings_wait_for_each_other_alone(store: Database) -> None:
    """However many of them there are: the others are answered meanwhile, and in the end all are."""
    released = threading.Event()

    def long(tx: Tx) -> int:
        assert released.wait(60)
        return int(tx.value("SELECT 2"))

    def short(tx: Tx) -> int:
        return int(tx.value("SELECT 1"))

    async def play() -> None:
        slow = [asyncio.create_task(store.read_long(long)) for _ in range(5)]
        await asyncio.sleep(0.02)
        for _ in range(10):
            assert await asyncio.wait_for(store.read(short), 30) == 1
            assert await asyncio.wait_for(store.write(short), 30) == 1
        released.set()
        assert await asyncio.gather(*slow) == [2] * 5

    asyncio.run(play())
