"""Bring a database's tables up to date. A failing migration leaves nothing behind; a database from a newer release is refused.

SQLAlchemy and Alembic are imported only when there is something to migrate: a start costs a query.
"""

import contextlib
from importlib import resources

from undeterred.errors import FailedPrecondition
from undeterred.store.db import Connection
from undeterred.store.migrations import HEAD


def bring_up(connection: Connection, url: str) -> str:
    """Migrate to HEAD; what was done: "new", "current" or "from <revision>". `url` is SQLAlchemy's, for Alembic."""
    present = revision(connection)
    if present == HEAD:
        return "current"
    if present is None:
        _create(connection)
        return "new"
    from undeterred.store.alembic_chain import known, upgrade

    if present not in known():
        raise FailedPrecondition(
            f"the database was written by a newer release (revision {present}, this one knows {HEAD}): "
            "install that release or restore a backup"
        )
    upgrade(url)
    return f"from {present}"


def revision(connection: Connection) -> str | None:
    """The revision of this database, None when it is empty."""
    table = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    if connection.dialect.name == "postgres":
        table = "SELECT to_regclass('alembic_version')"
    found = connection.execute(table).fetchone()
    if found is None or found[0] is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def head_script(dialect_name: str) -> list[str]:
    """The statements that make an empty database current."""
    name = {"sqlite": "sqlite", "postgres": "postgresql"}[dialect_name]
    text = (resources.files("undeterred.store") / "migrations" / f"head_{name}.sql").read_text()
    return [s for s in text.split(";\n") if s.strip()]


def _create(connection: Connection) -> None:
    connection.begin(True)
    try:
        for statement in head_script(connection.dialect.name):
            connection.execute(statement)
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.execute(f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD}')")
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(Exception):  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise
