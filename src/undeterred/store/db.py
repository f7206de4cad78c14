"""Transactions as plain functions: `await db.write(fn, *args)` runs `fn(tx, *args)` from BEGIN to COMMIT in a database thread.

One writer takes what is queued into one commit, a savepoint each, and answers all of them after it: transactions are serial on
both databases, and a burst costs one flush. Readers never wait for it. See docs/decisions/0002-store.md.

Where a read is a function's work in this process (SQLite), threads that wake for each one only get into each other's way: one reader is eager, and the others
help out when it has been at the same reading for a while.
"""

import asyncio
import contextlib
import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from undeterred.errors import FailedPrecondition, Unavailable
from undeterred.store.bell import Bell
from undeterred.store.dialect import Dialect

R = TypeVar("R")
P = ParamSpec("P")
Waiter = asyncio.Future[Any] | Future[Any]
GROUP_MAX = 256
PATIENCE_S = 0.002
COMPLAIN_S = 10.0  # between two lines of the log about a database that is away

SHUT = "the master is shutting down; try again when it is back"

log = logging.getLogger("undeterred.store")


class Cursor(Protocol):
    """What both drivers' cursors share."""

    @property
    def rowcount(self) -> int: ...

    def fetchall(self) -> list[Any]: ...
    def fetchone(self) -> Any: ...


class Connection(Protocol):
    """One database connection, used by one thread."""

    dialect: Dialect

    def execute(self, sql: str, params: Any = ...) -> Cursor: ...
    def executemany(self, sql: str, params: Sequence[dict[str, Any]]) -> None: ...
    def close(self) -> None: ...
    def begin(self, write: bool) -> None: ...
    def understand(self, error: Exception) -> Exception:
        """The error that a caller should see for a driver's error."""
        ...

    def usable(self) -> bool: ...
    def relieve(self) -> None:
        """After a failed write: give back room that it took."""
        ...


class Tx:
    """One transaction. `now` is its instant (µs, UTC), taken at BEGIN."""

    __slots__ = ("_connection", "_prepare", "dialect", "later", "now", "topics")

    def __init__(self, connection: Connection, now: int) -> None:
        self._connection = connection
        self.dialect = connection.dialect
        self._prepare = connection.dialect.prepare
        self.now = now
        self.later: list[Callable[[], None]] = []
        self.topics: set[str] = set()

    def all(self, row: Callable[..., R], sql: str, /, **params: Any) -> list[R]:
        """Every row of a query, each made by `row(*columns)`."""
        return [row(*columns) for columns in self._connection.execute(self._prepare(sql), params).fetchall()]

    def one(self, row: Callable[..., R], sql: str, /, **params: Any) -> R | None:
        """The first row of a query, or None."""
        columns = self._connection.execute(self._prepare(sql), params).fetchone()
        return None if columns is None else row(*columns)

    def value(self, sql: str, /, **params: Any) -> Any:
        """The first column of the first row, or None."""
        columns = self._connection.execute(self._prepare(sql), params).fetchone()
        return None if columns is None else columns[0]

    def column(self, sql: str, /, **params: Any) -> list[Any]:
        """The first column of every row."""
        return [columns[0] for columns in self._connection.execute(self._prepare(sql), params).fetchall()]

    def run(self, sql: str, /, **params: Any) -> int:
        """Change something; how many rows it changed."""
        return self._connection.execute(self._prepare(sql), params).rowcount

    def many(self, sql: str, params: Sequence[dict[str, Any]]) -> None:
        """The same statement for each set of parameters."""
        if params:
            self._connection.executemany(self._prepare(sql), params)

    def after_commit(self, fn: Callable[[], None]) -> None:
        """Call `fn` on the event loop once this transaction is durable; never if it is rolled back."""
        self.later.append(fn)

    def ring(self, *topics: str) -> None:
        """Wake who waits for these topics once this transaction is durable."""
        self.topics.update(topics)


class _Job:
    __slots__ = ("args", "error", "fn", "future", "loop", "result", "tx")

    def __init__(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        future: Waiter,
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        self.fn, self.args, self.future, self.loop = fn, args, future, loop
        self.result: Any = None
        self.error: BaseException | None = None
        self.tx: Tx | None = None


class Database:
    """A writer thread and some readers over one database; `connect` opens a connection in the thread that will use it. eager: so many of the
    readers take what comes at once, the others what has waited; None for all."""

    def __init__(self, connect: Callable[[bool], Connection], readers: int = 3, eager: int | None = None) -> None:
        self.bell = Bell()
        self._connect = connect
        self._writes: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._calls: queue.SimpleQueue[bool] = queue.SimpleQueue()  # for helpers: whether to go on
        self._long: queue.SimpleQueue[_Job | None] | None = None  # made when it is first asked for
        self._eager = readers if eager is None else eager
        self._helpers = readers - self._eager
        self._begun = self._seen = 0  # readings begun so far, and when they were last looked at
        self._watching: asyncio.AbstractEventLoop | None = None
        self._unrung: dict[_Job, Tx] = {}  # what readers may see already, while nobody has heard of it yet
        self._closed = False
        self._complain_at = 0.0
        self.epoch = 0  # of the master whose database this is; 0: nobody's
        first = connect(True)
        self.dialect, self._understand = first.dialect, first.understand
        self._threads = [threading.Thread(target=self._writer, args=(first,), name="store-writer", daemon=True)]
        for i in range(self._eager):
            self._threads.append(threading.Thread(target=self._reader, args=(self._reads,), name=f"store-reader-{i}", daemon=True))
        for i in range(self._helpers):
            self._threads.append(threading.Thread(target=self._helper, name=f"store-helper-{i}", daemon=True))
        for thread in self._threads:
            thread.start()

    async def write(self, fn: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn(tx, *args)` as one transaction; what it returned, once it is durable. Errors roll it back and are raised here."""
        assert not kwargs, "a transaction's arguments are positional"
        return await self._submit(self._writes, fn, args)

    async def read(self, fn: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn(tx, *args)` on a reader, in one snapshot."""
        assert not kwargs, "a transaction's arguments are positional"
        if self._helpers:
            self._watch()
        return await self._submit(self._reads, fn, args)

    async def read_long(self, fn: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`read` for what takes long now and then: one of these after the other, and never in the way of the others."""
        assert not kwargs, "a transaction's arguments are positional"
        if self._long is None and not self._closed:
            self._long = queue.SimpleQueue()
            self._threads.append(threading.Thread(target=self._reader, args=(self._long,), name="store-reader-long", daemon=True))
            self._threads[-1].start()
        return await self._submit(self._long or self._reads, fn, args)

    def write_now(self, fn: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`write` for code without an event loop (start-up, tools, tests); blocks. `after_commit` calls happen in the writer thread, and no
        topic rings: nobody listens without one."""
        assert not kwargs, "a transaction's arguments are positional"
        return self._submit_now(self._writes, fn, args)

    def read_now(self, fn: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`read` for code without an event loop."""
        assert not kwargs, "a transaction's arguments are positional"
        if self._helpers:
            self._calls.put(True)
        return self._submit_now(self._reads, fn, args)

    def unrung(self) -> set[str]:
        """The topics of what has rung for nobody yet, though a reading that has begun may see it."""
        return {topic for tx in list(self._unrung.values()) for topic in tx.topics}

    def close(self) -> None:
        """Finish what is queued and end the threads."""
        self._closed = True
        self._writes.put(None)
        for _ in range(self._eager):
            self._reads.put(None)
        if self._long is not None:
            self._long.put(None)
        for _ in range(self._helpers):
            self._calls.put(False)
        for thread in self._threads:
            thread.join(timeout=10)

    async def _submit(self, where: "queue.SimpleQueue[_Job | None]", fn: Callable[..., R], args: tuple[Any, ...]) -> R:
        if self._closed:
            raise Unavailable(SHUT)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        where.put(_Job(fn, args, future, loop))
        return await future

    def _submit_now(self, where: "queue.SimpleQueue[_Job | None]", fn: Callable[..., R], args: tuple[Any, ...]) -> R:
        if self._closed:
            raise Unavailable(SHUT)
        future: Future[R] = Future()
        where.put(_Job(fn, args, future, None))
        return future.result()

    # -- threads ------------------------------------------------------------------------------------------------------------------

    def _writer(self, connection: Connection) -> None:
        while (jobs := self._take()) is not None:
            try:
                connection = self._begin(connection, write=True)
                self._commit(connection, jobs)
            except Exception as error:  # the commit itself failed: nobody's work is durable, and everybody is told
                _rollback(connection)
                shown = _whole_failure(connection, jobs, error)
                for job in jobs:
                    job.error = shown
            if any(isinstance(job.error, Unavailable) for job in jobs):
                connection.relieve()
            self._answer(jobs)
        connection.close()

    def _take(self) -> list[_Job] | None:
        """Wait for a job, then take all that wait with it, at most GROUP_MAX; None at the end."""
        first = self._writes.get()
        if first is None:
            return None
        jobs = [first]
        while len(jobs) < GROUP_MAX:
            try:
                job = self._writes.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._writes.put(None)
                break
            jobs.append(job)
        return jobs

    def _commit(self, connection: Connection, jobs: list[_Job]) -> None:
        now = time.time_ns() // 1000
        alone = len(jobs) == 1
        for job in jobs:
            job.tx = tx = Tx(connection, now)
            if not alone:
                connection.execute("SAVEPOINT job")
            try:
                job.result = job.fn(tx, *job.args)
            except BaseException as error:
                job.error, job.tx = connection.understand(error) if isinstance(error, Exception) else error, None
                if alone:
                    _rollback(connection)
                    return
                connection.execute("ROLLBACK TO SAVEPOINT job")
            if not alone:
                connection.execute("RELEASE SAVEPOINT job")
        self._unrung.update({job: job.tx for job in jobs if job.tx is not None and job.tx.topics})
        _end(connection)

    def _reader(self, asked: "queue.SimpleQueue[_Job | None]") -> None:
        connection: Connection | None = None
        while (job := asked.get()) is not None:
            connection = self._read(connection, job)
        if connection is not None:
            connection.close()

    def _helper(self) -> None:
        connection: Connection | None = None
        while self._calls.get():
            while (job := self._waiting()) is not None:
                connection = self._read(connection, job)
        if connection is not None:
            connection.close()

    def _waiting(self) -> _Job | None:
        """A reading that nobody has begun."""
        try:
            job = self._reads.get_nowait()
        except queue.Empty:
            return None
        if job is None:
            self._reads.put(None)  # an eager reader's end
        return job

    def _read(self, connection: Connection | None, job: _Job) -> Connection | None:
        self._begun += 1
        try:
            connection = self._begin(self._connect(False) if connection is None else connection, write=False)
            job.tx = Tx(connection, time.time_ns() // 1000)
            try:
                job.result = job.fn(job.tx, *job.args)
            finally:
                _rollback(connection)
        except BaseException as error:
            job.error = self._understand(error) if isinstance(error, Exception) else error
        self._answer([job])
        return connection

    def _watch(self) -> None:
        """Look in a while whether what is asked for now has been begun."""
        loop = asyncio.get_running_loop()
        if self._watching is not loop:
            self._watching, self._seen = loop, self._begun
            loop.call_later(PATIENCE_S, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._reads.empty() or self._closed:
            self._watching = None
            return
        if self._seen == self._begun and self._calls.empty():
            self._calls.put(True)
        self._seen = self._begun
        loop.call_later(PATIENCE_S, self._look, loop)

    def _begin(self, connection: Connection, write: bool) -> Connection:
        """BEGIN, on a new connection where the database went away: while nobody asked, or at this very moment."""
        connection = self._reconnect(connection, write)
        try:
            connection.begin(write)
        except Exception:
            if connection.usable():
                raise
            connection = self._reconnect(connection, write)
            connection.begin(write)
        return connection

    def _reconnect(self, connection: Connection, write: bool) -> Connection:
        """The connection, or a new one when the database went away."""
        if connection.usable():
            return connection
        try:
            fresh = self._connect(write)
        except Exception as error:
            if time.monotonic() > self._complain_at:
                self._complain_at = time.monotonic() + COMPLAIN_S
                log.warning("%s; every request looks again", error)
            if isinstance(error, FailedPrecondition):  # somebody holds it: an older connection of ours, or another master
                with contextlib.suppress(Exception), contextlib.closing(self._connect(False)) as looking:  # the next request looks again
                    self._replaced(looking)
            return connection
        connection.close()
        if write and self._replaced(fresh):
            fresh.close()
            raise Unavailable(SHUT)
        return fresh

    def _replaced(self, looking: Connection) -> bool:
        """Whether another master took the database while we had no connection: what this process remembers is not true any more, and it ends."""
        if not self.epoch:
            return False
        row = looking.execute("SELECT epoch FROM lease WHERE name = 'master'").fetchone()
        if row is None or row[0] == self.epoch:
            return False
        log.error("another master took the database (its epoch is %d, this one's %d): this one ends", row[0], self.epoch)
        os.kill(os.getpid(), signal.SIGTERM)
        return True

    def _answer(self, jobs: list[_Job]) -> None:
        """Hand out results: one hop to each event loop, however many jobs."""
        loops: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
        for job in jobs:
            if job.loop is None:
                self._settle(job)
            else:
                loops.setdefault(job.loop, []).append(job)
        for loop, mine in loops.items():
            try:
                loop.call_soon_threadsafe(self._settle_all, mine)
            except RuntimeError:
                log.debug("an event loop ended before its answer")
                for job in mine:
                    self._unrung.pop(job, None)

    def _settle_all(self, jobs: list[_Job]) -> None:
        for job in jobs:
            self._settle(job)

    def _settle(self, job: _Job) -> None:
        try:
            if job.error is None and job.tx is not None:
                self._announce(job, job.tx)
        except Exception:
            log.exception("what follows a commit failed: it is durable, and answered")
        finally:
            self._unrung.pop(job, None)
        if job.future.done():
            return
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)

    def _announce(self, job: _Job, tx: Tx) -> None:
        """What follows a commit."""
        for call in tx.later:
            call()
        if job.loop is not None:
            for topic in tx.topics:
                self.bell.ring(topic)


def _end(connection: Connection) -> None:
    """COMMIT. Where the connection breaks in it, nobody can know what became of it."""
    try:
        connection.execute("COMMIT")
    except Exception as error:
        if connection.usable():
            raise
        raise Unavailable("the database went away during the commit: it may be stored or not; look, and try again", repr(error)) from error


def _rollback(connection: Connection) -> None:
    try:
        connection.execute("ROLLBACK")
    except Exception as error:
        log.debug("nothing to roll back: %s", error)


def _whole_failure(connection: Connection, jobs: list[_Job], error: Exception) -> Exception:
    """What everybody in a failed commit is told. A full disk ends it inside one job; the commit then fails differently."""
    known = [e for e in (connection.understand(error), *(job.error for job in jobs)) if isinstance(e, Unavailable)]
    return known[0] if known else Unavailable("the commit failed: nothing was stored; try again", repr(error))
