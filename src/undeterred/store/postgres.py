"""PostgreSQL connections: psycopg 3, a connection a thread, repeatable-read snapshots for readers."""

import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from undeterred.errors import FailedPrecondition, InvalidArgument, Unavailable
from undeterred.store.db import Cursor
from undeterred.store.dialect import NO_NUL, Dialect, Postgres

MASTER_LOCK = 0x756E646574
CLAIM_S = 2.0
CONNECT_S = 10


class PostgresConnection:
    """One connection for one thread."""

    dialect: Dialect = Postgres()

    def __init__(self, url: str, write: bool) -> None:
        try:
            limited = url if "connect_timeout" in url else make_conninfo(url, connect_timeout=CONNECT_S)
            self._raw = psycopg.connect(limited, autocommit=True, application_name="undeterred")
        except psycopg.OperationalError as error:
            raise Unavailable("the database does not answer: nothing was stored; try again", str(error)) from None
        self._raw.prepare_threshold = 3
        self._cursor = self._raw.cursor()
        if write:
            self._claim()
        else:
            self._cursor.execute("SET default_transaction_read_only = on")

    def _claim(self) -> None:
        """One database has one master: the server lets go of this lock when the connection ends."""
        deadline = time.monotonic() + CLAIM_S  # a connection that has just been closed lives on for a moment
        while not self._try_claim():
            if time.monotonic() > deadline:
                self._raw.close()
                raise FailedPrecondition(
                    "this PostgreSQL database already has a master: stop it first, or give this one a database of its own"
                )
            time.sleep(0.02)

    def _try_claim(self) -> bool:
        self._cursor.execute("SELECT pg_try_advisory_lock(%s)", (MASTER_LOCK,))
        row = self._cursor.fetchone()
        return row is not None and bool(row[0])

    def execute(self, sql: str, params: Any = None) -> Cursor:
        if params:
            self._cursor.execute(sql, params)
        else:
            self._cursor.execute(sql.replace("%%", "%"))
        return self._cursor

    def executemany(self, sql: str, params: Sequence[dict[str, Any]]) -> None:
        self._cursor.executemany(sql, params)

    def begin(self, write: bool) -> None:
        self._cursor.execute("BEGIN" if write else "BEGIN ISOLATION LEVEL REPEATABLE READ")

    def usable(self) -> bool:
        return not self._raw.closed

    def close(self) -> None:
        self._raw.close()

    def relieve(self) -> None:
        """Nothing: the server looks after its own disk."""

    def understand(self, error: Exception) -> Exception:
        if isinstance(error, psycopg.errors.DiskFull):
            return Unavailable("the database's disk is full: nothing was stored; free some space and try again", str(error))
        if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
            return Unavailable("the database is read-only: nothing was stored; make it writable and try again", str(error))
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return Unavailable("the database does not answer: nothing was stored; try again", str(error))
        if isinstance(error, psycopg.errors.NumericValueOutOfRange):
            return InvalidArgument("a number is too large: integers must fit in 64 bits", str(error))
        if isinstance(error, psycopg.DataError):
            return InvalidArgument(NO_NUL, str(error))
        if isinstance(error, UnicodeEncodeError):
            return InvalidArgument("a text contains half a surrogate pair, which is no character", str(error))
        return error
