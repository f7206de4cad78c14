"""Open a store by its address: a folder's SQLite file by default, or a PostgreSQL URL."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from undeterred.errors import FailedPrecondition, Unavailable, WireError
from undeterred.store.db import Database
from undeterred.store.migrate import bring_up
from undeterred.store.sqlite import SqliteConnection, understood

FILE = "undeterred.db"
START_S = 20.0
LOOK_S = 0.1
T = TypeVar("T")


def _keep_private(path: Path) -> None:
    """The database's files are their owner's alone, whatever the folder allows: they hold hashes, keys and configurations."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))  # the others take its mode
    for name in (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm"))):
        with contextlib.suppress(OSError):  # another user's, or not there
            name.chmod(0o600)


def open_store(folder: Path, url: str = "", readers: int = 3) -> Database:
    """The database, with its tables up to date; `url` is "" (SQLite in `folder`) or postgresql://…

    Raises FailedPrecondition when it has a master already, comes from a newer release or cannot be reached.
    """
    if url:
        from undeterred.store.postgres import PostgresConnection  # a fifth of the start, only where it is used

        with contextlib.closing(_reached(lambda: PostgresConnection(url, write=True))) as first:
            bring_up(first, url.replace("postgresql://", "postgresql+psycopg://", 1).replace("postgres://", "postgresql+psycopg://", 1))
        return Database(lambda write: PostgresConnection(url, write), readers)
    path = folder / FILE
    try:
        _keep_private(path)
        with contextlib.closing(SqliteConnection(path, write=True)) as connection:
            bring_up(connection, f"sqlite:///{path}")
        return Database(lambda write: SqliteConnection(path, write), readers, eager=1)
    except (OSError, sqlite3.Error) as error:
        known = understood(error)
        raise known if isinstance(known, WireError) else FailedPrecondition(f"the database {path} cannot be opened: {error}") from error


def _reached(connect: Callable[[], T]) -> T:
    """The first connection; a server that is just starting (or recovers from its own death) is waited for."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            return connect()
        except Unavailable as error:
            if "starting up" not in error.detail or time.monotonic() > deadline:
                raise FailedPrecondition(
                    f"the PostgreSQL database cannot be reached: start it, or mend `db` in master.yaml. It says: {error.detail}"
                ) from error
        time.sleep(LOOK_S)
