"""The API playground as a newcomer uses it, in a real browser that can reach loopback only."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.server import Server

if TYPE_CHECKING:
    from tests.support.browser import Browser

pytestmark = pytest.mark.browser

LIST = "#operations-Experiments-GetExperiments"


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve()


@pytest.fixture
def page(server: Server, browser: "Browser") -> "Browser":
    """The page, opened and drawn."""
    browser.open(f"{server.url}/docs/rest-api/")
    browser.wait_for("document.querySelectorAll('.opblock-tag').length > 10", 30)
    return browser


def open_call(page: "Browser", tag: str, call: str) -> None:
    """Unfold a call and press Try it out."""
    page.click(f"#operations-tag-{tag}")
    page.click(f"{call} .opblock-summary-control")
    page.click(f"{call} .try-out__btn")


def answered(page: "Browser", call: str) -> tuple[int, str]:
    """Press Execute; the status and the text of the answer that the page shows."""
    page.click(f"{call} .execute")
    status = page.wait_for(f"document.querySelector('{call} .live-responses-table tbody .response-col_status')?.textContent")
    return int(status), str(page.run(f"document.querySelector('{call} .live-responses-table tbody .response-col_description').textContent"))


def test_authorize_and_try_it_out(page: "Browser", server: Server) -> None:
    assert page.run("document.title") == "Undeterred · REST API"
    tags = page.run("[...document.querySelectorAll('.opblock-tag')].map(t => t.dataset.tag)")
    assert tags == sorted(tags, key=lambda tag: (tag in ("Alpha", "Internal"), tag))
    assert "Experiments" in tags
    open_call(page, "Experiments", LIST)
    assert answered(page, LIST)[0] == 401, "without a token nobody gets in"
    page.click(".swagger-ui .auth-wrapper .authorize")
    page.type(".swagger-ui .modal-ux input", server.token())  # a login elsewhere: this browser has no cookie
    page.click(".swagger-ui .modal-ux .authorize")
    page.click(".swagger-ui .modal-ux .btn-done")
    page.run(
        f"(s => {{ Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value').set.call(s, 'true');"
        f" s.dispatchEvent(new Event('change', {{bubbles: true}})) }})(document.querySelector('{LIST} [data-param-name=archived] select'))"
    )
    page.type(f"{LIST} [data-param-name=limit] input", "1")
    page.run("document.activeElement.blur()")  # the page takes a text when the field is left
    page.click(f"{LIST} .btn-clear")
    status, shown = answered(page, LIST)
    assert status == 200, shown
    assert '"experiments": []' in shown
    assert '"pagination"' in shown
    asked = urlsplit([url for url in page.requests if "/api/v1/experiments" in url][-1])
    assert parse_qs(asked.query) == {"archived": ["true"], "limit": ["1"]}
    assert_nothing_left_this_machine(page)


def test_the_form_at_the_top_logs_in(page: "Browser") -> None:
    page.type("#login [name=password]", "wrong")
    page.click("#login button")
    assert page.wait_for("document.querySelector('#who.wrong')?.textContent") == "Not logged in: invalid credentials"
    page.run("document.querySelector('#login [name=password]').value = ''")
    page.click("#login button")
    assert page.wait_for("document.querySelector('#who.in')?.textContent").startswith("Logged in as determined")
    me = "#operations-Users-GetMe"
    open_call(page, "Users", me)
    status, shown = answered(page, me)
    assert (status, '"username": "determined"' in shown) == (200, True), shown
    assert_nothing_left_this_machine(page)


def test_the_filter_finds_what_a_call_does(page: "Browser") -> None:
    page.type(".operation-filter-input", "without saving")
    page.wait_for("document.querySelectorAll('.opblock-tag').length === 3", 30)
    tags = page.run("[...document.querySelectorAll('.opblock-tag')].map(t => t.dataset.tag)")
    assert tags == ["Experiments", "Trials", "Internal"]
    kill = "#operations-Experiments-KillExperiment"
    if not page.run(f"!!document.querySelector('{kill}')"):
        page.click("#operations-tag-Experiments")
    page.wait_for(f"!!document.querySelector('{kill}')")
    shown = page.run(f"document.querySelector('{kill} .opblock-summary-description').textContent")
    assert shown == "Stop all trials of an experiment for good, without saving anything"
    assert page.run("document.querySelectorAll('#operations-Experiments-GetExperiments').length") == 0
    assert page.complaints == []


def test_login_as_the_playground_s_own_call_authorizes_too(page: "Browser") -> None:
    login = "#operations-Authentication-Login"
    open_call(page, "Authentication", login)
    body = json.dumps(json.dumps({"username": "determined", "password": ""}))
    page.run(
        f"(t => {{ Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(t, {body});"
        f" t.dispatchEvent(new Event('input', {{bubbles: true}})) }})(document.querySelector('{login} textarea'))"
    )
    assert answered(page, login)[0] == 200
    assert page.wait_for("document.querySelector('#who.in')?.textContent").startswith("Logged in as determined")


def assert_nothing_left_this_machine(page: "Browser") -> None:
    assert {urlsplit(url).hostname for url in page.requests if not url.startswith("data:")} == {"127.0.0.1"}
    assert page.complaints == []
    assert page.failures == []
