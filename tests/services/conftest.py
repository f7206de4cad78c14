"""A store on either database with what every cluster has from its first start, and callers to act as."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from undeterred.config import master
from undeterred.config.master import MasterConfig
from undeterred.services import bootstrap
from undeterred.services.identity import Caller
from undeterred.store import users
from undeterred.store.db import Database, Tx
from undeterred.store.open import open_store

PASSWORD = "Det-Test-1234"


@pytest.fixture
def config() -> MasterConfig:
    return master.load(f"security: {{initial_user_password: {PASSWORD}}}", {}, {})


@pytest.fixture
def db(store_url: str, config: MasterConfig) -> Iterator[Database]:
    """The store after its first start."""
    at_postgres = store_url.startswith("postgresql://")
    database = open_store(Path(store_url).parent, store_url if at_postgres else "")
    database.write_now(bootstrap.first_start, config)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def admin() -> Caller:
    return Caller(1, "admin", True, True, "login")


@pytest.fixture
def determined() -> Caller:
    return Caller(2, "determined", False, True, "login")


@pytest.fixture
def somebody(db: Database) -> Callable[..., Caller]:
    """`somebody("ann", admin=1)` makes an active user and gives the caller for them."""

    def make(name: str, **fields: object) -> Caller:
        def insert(tx: Tx) -> int:
            return users.insert(tx, {"username": name, "active": 1, **fields})

        return Caller(db.write_now(insert), name, bool(fields.get("admin")), True, "login")

    return make
