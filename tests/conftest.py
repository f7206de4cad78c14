"""Fixtures that cross rooms.

`store_url` runs a test on both databases, `serve` starts real servers, `server` is one for a module, `contract` is the wire contract's folder.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support import needs
from tests.support.server import Server

if TYPE_CHECKING:
    from tests.support.browser import Browser
    from tests.support.det import Det
    from tests.support.postgres import Postgres
    from undeterred.store.db import Database

# How long an example takes says nothing of us on a machine that others use too.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

POSTGRES_MEND = "install PostgreSQL 15 or newer, or run `make test`, which does"


@pytest.fixture(scope="session")
def postgres() -> Iterator["Postgres"]:
    """A PostgreSQL cluster for this test process; `fresh()` gives a database's URL."""
    from tests.support.postgres import NoPostgres, Postgres

    try:
        cluster = Postgres()
    except NoPostgres as error:
        needs.lacking(f"PostgreSQL ({error})", POSTGRES_MEND)
    try:
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an empty store is: a file's path for SQLite, a postgresql:// URL for PostgreSQL."""
    if request.param == "sqlite":
        yield str(tmp_path / "store.db")
        return
    cluster = request.getfixturevalue("postgres")
    url = cluster.fresh()
    try:
        yield url
    finally:
        cluster.drop(url)


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator["Database"]:
    """An open store with its tables, on SQLite and on PostgreSQL."""
    from undeterred.store.open import open_store

    database = open_store(tmp_path, store_url if "://" in store_url else "")
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """`serve(config={...}, slots=0)` starts a server and gives it once it answers; all are ended; a traceback in a log fails the test."""
    servers: list[Server] = []

    def start(**settings: object) -> Server:
        settings.setdefault("data", tmp_path_factory.mktemp("data"))
        server = Server(**settings)  # type: ignore[arg-type]  # handed on as the test wrote them
        servers.append(server)
        return server.start()

    try:
        yield start
    finally:
        for server in servers:
            server.stop()
    for server in servers:
        server.complain()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for a module's tests, where they do not get into each other's way; modules that need another one have their own."""
    one = Server(tmp_path_factory.mktemp("data")).start()
    yield one
    one.stop()
    one.complain()


@pytest.fixture(scope="session")
def contract() -> Path:
    """The folder of the wire contract (endpoints.json, messages.json, conformance/)."""
    folder = needs.contract()
    if folder is None:
        pytest.skip("the wire contract is not here; set UNDETERRED_CONTRACT to its folder")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a headless-capable Chromium."""
    return needs.chromium() or needs.lacking("Chromium", "install the package `chromium`, or run `make test` as root, which does")


@pytest.fixture
def browser(chromium: str) -> Iterator["Browser"]:
    """A headless Chromium that can reach loopback only; mark its tests `browser`."""
    from tests.support.browser import Browser

    with Browser(chromium) as found:
        yield found


@pytest.fixture(scope="session")
def task_python() -> Path:
    """The interpreter of the task environment with the unmodified determined 0.38.1."""
    return needs.task_python() or needs.lacking("the task environment .venvs/task", "run `make setup`")


@pytest.fixture(scope="session")
def torch_python() -> Path:
    """The interpreter of a task environment with PyTorch; absent unless somebody wanted it, so its lack is never a failure."""
    python = needs.torch_python()
    if python is None:
        pytest.skip("PyTorch is not installed; UNDETERRED_TORCH=1 make test installs it (several GB)")
    return python


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests reach loopback only: an inherited proxy setting would send them elsewhere."""
    for name in [name for name in os.environ if name.lower() in {"http_proxy", "https_proxy", "all_proxy"}]:
        monkeypatch.delenv(name)


@pytest.fixture
def det(task_python: Path, serve: Callable[..., Server], tmp_path: Path) -> "Det":
    """The real `det` against a cluster with one CPU slot (`det.server`); mark its tests `realclient`."""
    from tests.support.det import Det, cluster_config

    server = serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    (tmp_path / "home").mkdir()
    return Det(task_python, server, tmp_path / "home")
