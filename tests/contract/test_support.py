"""What the tests stand on does what it says: a fixture that hides a failure would hide every test's."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.support import needs
from tests.support.browser import PageError
from tests.support.server import Server

if TYPE_CHECKING:
    from tests.support.browser import Browser
    from tests.support.postgres import Postgres


@pytest.mark.postgres
def test_a_template_is_prepared_once_and_copies_are_apart(postgres: "Postgres") -> None:
    prepared: list[str] = []

    def prepare(url: str) -> None:
        prepared.append(url)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE thing (id int)")

    first, second = postgres.fresh(prepare), postgres.fresh(prepare)
    with psycopg.connect(first) as connection:
        connection.execute("INSERT INTO thing VALUES (1)")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT count(*) FROM thing").fetchone() == (0,)
    assert len(prepared) == 1
    postgres.drop(first)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(first)
    postgres.drop(second)


def test_a_traceback_in_a_log_fails_the_test(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.complain()
    server.log.write_text("fine\nTraceback (most recent call last):\n  File ...\n")
    with pytest.raises(pytest.fail.Exception, match="holds a traceback"):
        server.complain()


def test_what_is_missing_is_a_skip_here_and_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Chromium is missing; install it"):
        needs.lacking("Chromium", "install it")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="Chromium is missing"):
        needs.lacking("Chromium", "install it")


@pytest.mark.browser
def test_the_browser_runs_scripts_types_and_tells_what_a_page_asked_for(browser: "Browser", tmp_path: Path) -> None:
    outside = "http://elsewhere.invalid/picture.png"
    page = tmp_path / "page.html"
    page.write_text(f"<title>hello</title><input id=name><img src='{outside}'><script>console.error('oh no')</script>")
    browser.open(page.as_uri())
    browser.type("#name", "Ada")
    assert browser.wait_for("document.querySelector('#name').value") == "Ada"
    assert browser.run("Promise.resolve(document.title)") == "hello"
    assert outside in browser.requests
    assert any("NOT_RESOLVED" in failure for failure in browser.failures), browser.failures
    assert browser.complaints[0] == "oh no"
    with pytest.raises(PageError, match="nothing is not defined"):
        browser.run("nothing.at.all")


@pytest.mark.slow
def test_a_server_is_started_killed_and_started_again(serve: Callable[..., Server]) -> None:
    server = serve()
    first = server.pid
    server.kill9()
    assert not server.answers()
    server.restart()
    assert server.pid != first
    assert server.call("GET", "/api/v1/experiments?limit=1", token=None)[0] == 401
    assert server.terminate() == 0
    assert server.leftovers() == []
