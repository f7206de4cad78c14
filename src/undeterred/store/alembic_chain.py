"""Alembic, started by code: no ini file, the chain lies in the package. Imported only when an older database is opened."""

from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine

from undeterred.store.schema import metadata

FOLDER = Path(__file__).parent / "migrations"


def known() -> set[str]:
    """Every revision of the chain."""
    return {script.revision for script in _scripts().walk_revisions()}


def upgrade(url: str, to: str = "head") -> None:
    """Run the chain up to revision `to`, all in one transaction: a failing step leaves the database as it was."""
    scripts, engine = _scripts(), engine_for(url)

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return scripts._upgrade_revs(to, revision)

    with engine.begin() as connection, EnvironmentContext(_config(), scripts, fn=steps, destination_rev=to) as environment:
        environment.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
        environment.run_migrations()
    engine.dispose()


def engine_for(url: str) -> Engine:
    """An engine whose SQLite transactions cover DDL too (the driver's own begin does not)."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _own_begin(raw: Any, _record: Any) -> None:
            raw.isolation_level = None

        @event.listens_for(engine, "begin")
        def _begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
