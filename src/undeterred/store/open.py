"""Open a store by its address: a folder's SQLite file by default, or a PostgreSQL URL."""

from pathlib import Path

from undeterred.store.db import Database
from undeterred.store.migrate import bring_up
from undeterred.store.sqlite import SqliteConnection

FILE = "undeterred.db"


def open_store(folder: Path, url: str = "", readers: int = 3) -> Database:
    """The database, with its tables up to date; `url` is "" (SQLite in `folder`) or postgresql://…

    Raises FailedPrecondition when it has a master already or comes from a newer release.
    """
    if url:
        from undeterred.store.postgres import PostgresConnection  # a fifth of the start, only where it is used

        first = PostgresConnection(url, write=True)
        bring_up(first, url.replace("postgresql://", "postgresql+psycopg://", 1).replace("postgres://", "postgresql+psycopg://", 1))
        first.close()
        return Database(lambda write: PostgresConnection(url, write), readers)
    path = folder / FILE
    connection = SqliteConnection(path, write=True)
    bring_up(connection, f"sqlite:///{path}")
    connection.close()
    return Database(lambda write: SqliteConnection(path, write), readers)
