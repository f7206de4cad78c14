"""PostgreSQL goes away under a running master: a clear 503, nothing acknowledged is lost, running trials wait, and nobody has to help."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.support import needs
from tests.support.det import cluster_config
from tests.support.postgres import NoPostgres, Postgres
from tests.support.server import Server
from tests.walks import test_master_killed as killed
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(540)]
UNMANAGED = {"config": "name: u\nsearcher: {name: single, metric: loss}\n", "unmanaged": True}
AWAY = "the database does not answer: nothing was stored; try again"


@pytest.fixture
def mortal() -> Iterator[Postgres]:
    """A PostgreSQL of this test's own, which may be killed."""
    try:
        cluster = Postgres()
    except NoPostgres as error:
        needs.lacking(f"PostgreSQL ({error})", "install PostgreSQL 15 or newer, or run `make test`, which does")
    try:
        yield cluster
    finally:
        cluster.stop()


def create(server: Server) -> tuple[int, str]:
    """(status, the experiment's id or the error's sentence)."""
    status, answer = server.call("POST", "/api/v1/experiments", UNMANAGED)
    return status, str(answer["experiment"]["id"] if status == 200 else answer["error"]["error"])


def ids(server: Server) -> set[str]:
    return {str(e["id"]) for e in walk.get(server, "/api/v1/experiments?limit=-1")["experiments"]}


def cut(url: str) -> None:
    """Terminate every connection that a master has."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'undeterred'")


@pytest.mark.realclient
def test_it_dies_under_a_running_trial(mortal: Postgres, serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    """Killed, then ended and away for a while: the unmodified harness asks again, as every 503 says when."""
    config = cluster_config(task_python, tmp_path / "checkpoints") | {"db": {"url": mortal.fresh()}}
    server = serve(config=config, slots=1)
    number = killed.submitted(server, None)
    walk.until_line(server, number, "line 3")
    mortal.crash()
    assert create(server) == (503, AWAY)
    assert server.call("GET", f"/api/v1/experiments/{number}")[0] == 503
    assert server.answers(), "what needs no database is answered"
    walk.until(lambda: "ReportTrialMetrics: the database does not answer" in server.tail(100_000), what="a report of the trial refused")
    mortal.start()
    walk.until_line(server, number, "line 12")
    mortal.shut()
    assert create(server) == (503, AWAY)
    mortal.start()
    walk.until_state(server, number, "COMPLETED", "ERROR", timeout_s=60)
    killed.whole(server, number, tmp_path / "checkpoints")
    walk.nothing_left(server)


def test_connections_are_cut(mortal: Postgres, serve: Callable[..., Server]) -> None:
    """Idle ones: nobody notices. In the middle of a burst: what was acknowledged is there."""
    url = mortal.fresh()
    server = serve(config={"db": {"url": url}})
    server.token()
    for _ in range(3):
        cut(url)
        assert server.call("GET", "/api/v1/experiments")[0] == 200
        assert create(server)[0] == 200
    made, over = ids(server), threading.Event()

    def burst() -> None:
        while not over.is_set():
            status, answer = create(server)
            if status == 200:
                made.add(answer)
            else:
                assert status == 503, answer

    threads = [threading.Thread(target=burst) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        before = len(made)
        cut(url)
        walk.until(lambda before=before: len(made) > before, what="a create after the cut")  # type: ignore[misc]
    over.set()
    for thread in threads:
        thread.join()
    assert made <= ids(server)


def test_a_master_that_was_replaced_ends(mortal: Postgres, serve: Callable[..., Server]) -> None:
    """Its connections are cut while it stands still, and another one takes the database: the first one, awake again, is no master any more."""
    url = mortal.fresh()
    first = serve(config={"db": {"url": url}})
    first.token()
    os.kill(first.pid, signal.SIGSTOP)
    try:
        cut(url)
        second = serve(config={"db": {"url": url}})
        made = {create(second)[1]}
    finally:
        os.kill(first.pid, signal.SIGCONT)
    with contextlib.suppress(OSError):  # it has noticed by itself, and is gone
        assert create(first)[0] == 503
    assert psutil.Process(first.pid).wait(60) in (0, None)
    assert "another master took the database (its epoch is 2, this one's 1): this one ends" in first.tail()
    made.add(create(second)[1])
    assert ids(second) == made


def test_a_start_without_it(mortal: Postgres, serve: Callable[..., Server]) -> None:
    server = serve(config={"db": {"url": mortal.fresh()}})
    made = {create(server)[1]}
    server.terminate()
    mortal.shut()
    with pytest.raises(pytest.fail.Exception, match="the PostgreSQL database cannot be reached: start it, or mend"):
        server.start()
    mortal.start()
    server.start()
    assert ids(server) == made
