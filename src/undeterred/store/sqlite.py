"""SQLite connections: WAL, FULL sync, foreign keys on, the standard library's driver."""

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from undeterred.errors import InvalidArgument, Unavailable
from undeterred.store import dug
from undeterred.store.db import Cursor
from undeterred.store.dialect import NO_NUL, Dialect, Sqlite
from undeterred.store.like import matcher

BUSY_MS = 5000
CACHE_KIB = 32768
LOG_MOST_BYTES = 16 * 1024 * 1024  # of the write-ahead log, twice what it is in a long burst


class SqliteConnection:
    """One connection for one thread."""

    dialect: Dialect = Sqlite()

    def __init__(self, path: Path, write: bool) -> None:
        self._log = f"{path}-wal"
        self._raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
        self._raw.create_function("like_all", 2, _like, deterministic=True)
        self._raw.create_function("like_exact", 2, _like_exact, deterministic=True)
        for name in ("text", "number", "kind", "order", "time", "items"):
            self._raw.create_function(f"dug_{name}", 2, getattr(dug, name), deterministic=True)
        self.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        if write:
            self.execute("PRAGMA journal_mode = WAL")
            self.execute("PRAGMA synchronous = FULL")
            self.execute("PRAGMA foreign_keys = ON")
            self.execute("PRAGMA wal_autocheckpoint = 2000")
            self.execute(f"PRAGMA journal_size_limit = {LOG_MOST_BYTES}")
        else:
            self.execute("PRAGMA query_only = ON")
        self.execute(f"PRAGMA cache_size = -{CACHE_KIB if write else CACHE_KIB // 4}")

    def execute(self, sql: str, params: Any = ()) -> Cursor:
        for value in params.values() if type(params) is dict else ():
            if type(value) is str and "\0" in value:
                raise InvalidArgument(NO_NUL)
        return self._raw.execute(sql, params)

    def executemany(self, sql: str, params: Sequence[dict[str, Any]]) -> None:
        self._raw.executemany(sql, params)

    def begin(self, write: bool) -> None:
        self.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    def usable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()

    def understand(self, error: Exception) -> Exception:
        return understood(error)

    def relieve(self) -> None:
        """Give back what a transaction too large for the disk has left of itself: the log that it grew stays as long as it became."""
        with contextlib.suppress(OSError, sqlite3.Error):
            if os.stat(self._log).st_size > LOG_MOST_BYTES:
                self.execute("PRAGMA busy_timeout = 100")
                self.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with contextlib.suppress(sqlite3.Error):
            self.execute(f"PRAGMA busy_timeout = {BUSY_MS}")


def understood(error: Exception) -> Exception:
    """The error that a caller should see for one of the driver's."""
    if isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError) and not isinstance(error, sqlite3.IntegrityError):
        text = str(error)
        if "full" in text:
            return Unavailable("the data folder's disk is full: nothing was stored; free some space and try again", text)
        if "readonly" in text or "unable to open" in text:
            return Unavailable("the data folder cannot be written: nothing was stored; make it writable and try again", text)
        if "disk I/O" in text:
            return Unavailable("the data folder's disk is full or reports an error: nothing was stored; look at it and try again", text)
    if isinstance(error, OverflowError):
        return InvalidArgument("a number is too large: integers must fit in 64 bits", str(error))
    if isinstance(error, UnicodeEncodeError):
        return InvalidArgument("a text contains half a surrogate pair, which is no character", str(error))
    return error


def _like(text: Any, pattern: str) -> bool | None:
    """LIKE for every alphabet: SQLite's own knows no case but ASCII's, and takes ages over some patterns."""
    return matcher(pattern)(text) if isinstance(text, str) else None


def _like_exact(text: Any, pattern: str) -> bool | None:
    return matcher(pattern, exact=True)(text) if isinstance(text, str) else None
