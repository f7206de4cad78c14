"""Opening a store: empty, current, older, newer, and with a master already."""

import multiprocessing
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import Engine

from undeterred.errors import FailedPrecondition
from undeterred.store import lease
from undeterred.store.alembic_chain import engine_for, upgrade
from undeterred.store.lease import FolderLock
from undeterred.store.migrations import HEAD
from undeterred.store.open import open_store
from undeterred.store.schema import metadata


def test_a_second_open_changes_nothing(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    first.write_now(lambda tx: tx.run("INSERT INTO facts (name, value) VALUES ('a', 'b')"))
    first.close()
    second = open_store(tmp_path)
    assert second.read_now(lambda tx: tx.value("SELECT value FROM facts WHERE name = 'a'")) == "b"
    second.close()


def test_epochs_grow(tmp_path: Path) -> None:
    for expected in (1, 2, 3):
        db = open_store(tmp_path)
        assert db.write_now(lease.take, "x") == expected
        db.close()


def test_a_newer_release_s_database_is_refused(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    raw = sqlite3.connect(tmp_path / "undeterred.db")
    raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.commit()
    raw.close()
    with pytest.raises(FailedPrecondition, match="newer release"):
        open_store(tmp_path)


def test_the_chain_ends_where_the_head_script_does(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/chain.db")
    open_store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "chain.db")) as chain, closing(sqlite3.connect(tmp_path / "undeterred.db")) as head:
        assert _sqlite_shape(chain) == _sqlite_shape(head)


def _sqlite_shape(database: sqlite3.Connection) -> dict[str, object]:
    """Every table's columns in their order, and its keys, indexes and numbering, whose order means nothing."""
    shape: dict[str, object] = {}
    for name, text in database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT IN ('alembic_version', 'sqlite_sequence')"
    ):
        columns = database.execute(f"PRAGMA table_info({name})").fetchall()
        keys = {row[2:] for row in database.execute(f"PRAGMA foreign_key_list({name})")}
        indexes = {
            (unique, partial, tuple(database.execute(f"PRAGMA index_xinfo({index})").fetchall()))
            for _number, index, unique, _origin, partial in database.execute(f"PRAGMA index_list({name})")
        }
        shape[name] = (columns, keys, indexes, "AUTOINCREMENT" in text)
    partial_sql = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %' ORDER BY name"
    shape["partial indexes"] = [(n, " ".join(t.split())) for n, t in database.execute(partial_sql)]
    return shape


def test_the_head_script_has_every_table(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "undeterred.db")) as raw:
        names = {n for (n,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert set(metadata.tables) <= names


def test_a_failing_migration_leaves_nothing(tmp_path: Path) -> None:
    engine = engine_for(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(Exception, match="nonsense"):
        _half_a_migration(engine)
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "x.db")) as raw:
        assert raw.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def _half_a_migration(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE half (id INTEGER)")
        connection.exec_driver_sql("nonsense")


def test_one_folder_one_master(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    context = multiprocessing.get_context("spawn")
    asked = context.Process(target=_try, args=(tmp_path, queue := context.Queue()))
    asked.start()
    assert "already has a master" in queue.get(timeout=30)
    asked.join()
    lock.release()
    FolderLock(tmp_path).release()


def _try(folder: Path, queue: "multiprocessing.Queue[str]") -> None:
    try:
        FolderLock(folder)
        queue.put("taken")
    except FailedPrecondition as error:
        queue.put(error.text)


@pytest.mark.postgres
def test_one_postgres_database_one_master(postgres: object, tmp_path: Path) -> None:
    url = postgres.fresh()  # type: ignore[attr-defined]  # tests.support.postgres.Postgres
    first = open_store(tmp_path, url)
    with pytest.raises(FailedPrecondition, match="already has a master"):
        open_store(tmp_path, url)
    first.close()
    open_store(tmp_path, url).close()
    assert HEAD


@pytest.mark.postgres
def test_the_chain_ends_where_the_head_script_does_on_postgres(postgres: object, tmp_path: Path) -> None:
    chain, head = postgres.fresh(), postgres.fresh()  # type: ignore[attr-defined]  # tests.support.postgres.Postgres
    upgrade(chain.replace("postgresql://", "postgresql+psycopg://", 1))
    open_store(tmp_path, head).close()
    assert _postgres_shape(chain) == _postgres_shape(head)


def _postgres_shape(url: str) -> list[tuple[object, ...]]:
    columns = "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns WHERE table_schema = 'public'"
    indexes = "SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'"
    with psycopg.connect(url) as connection:
        rows = connection.execute(f"{columns} UNION ALL {indexes} ORDER BY 1, 2").fetchall()
    return [row for row in rows if row[0] != "alembic_version"]
