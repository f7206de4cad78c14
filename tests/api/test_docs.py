"""The playground's files as a browser asks for them: nothing leads to another machine, and what was seen once is not sent again."""

import http.client
import json
import re
from collections.abc import Callable, Iterator

import pytest

from tests.support.server import Server
from undeterred.wire.openapi import openapi_document

PAGE = "/docs/rest-api/"


@pytest.fixture
def get(server: Server) -> Iterator[Callable[..., tuple[int, dict[str, str], bytes]]]:
    """`get(path, **headers)` without following redirects: status, headers, body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def ask(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()

    yield ask
    connection.close()


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/docs/rest-api"])
def test_every_way_leads_to_the_page(get: Callable[..., tuple[int, dict[str, str], bytes]], path: str) -> None:
    status, headers, _body = get(path)
    assert (status, headers["location"]) == (301, PAGE)


def test_everything_that_the_page_names_is_served_from_here(get: Callable[..., tuple[int, dict[str, str], bytes]]) -> None:
    status, headers, body = get(PAGE)
    assert (status, headers["content-type"], headers["cache-control"]) == (200, "text/html; charset=utf-8", "no-cache")
    named = re.findall(r'(?:src|href)="([^"]+)"', body.decode())
    assert len(named) == 6
    for name in named:
        assert "//" not in name
        status, headers, content = get(name if name.startswith("/") else PAGE + name)
        assert (status, bool(content)) == (200, True), name
        assert headers["cache-control"] == ("public, max-age=31536000, immutable" if "?v=" in name else "no-cache")
        status, headers, content = get(name if name.startswith("/") else PAGE + name, if_none_match=headers["etag"])
        assert (status, content) == (304, b""), name


def test_the_page_may_reach_this_server_only(get: Callable[..., tuple[int, dict[str, str], bytes]]) -> None:
    _status, headers, body = get(PAGE)
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert "http" not in headers["content-security-policy"]
    assert not re.search(rb"<script(?![^>]*src=)|\son\w+=", body), "an inline script would be blocked"


@pytest.mark.parametrize("path", ["/openapi.json", "/api/v1/api.swagger.json"])
def test_the_document_is_the_code_s(get: Callable[..., tuple[int, dict[str, str], bytes]], path: str) -> None:
    status, headers, body = get(path)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body) == openapi_document()


@pytest.mark.parametrize("path", [PAGE + "nothing.js", PAGE + "../../../etc/passwd", PAGE + "..%2f__init__.py", "/docs/other"])
def test_no_other_file_is_reachable(get: Callable[..., tuple[int, dict[str, str], bytes]], path: str) -> None:
    status, headers, body = get(path)
    assert (status, headers["content-type"]) == (404, "application/json")
    assert json.loads(body)["message"].endswith("the API playground is at /docs/rest-api/")
