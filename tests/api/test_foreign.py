"""Pages of other sites and names of other people: what a browser may be made to send, who may send much, whose files the store's are."""

import http.client
import json
import logging
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server
from undeterred.api import foreign
from undeterred.master import OneLine
from undeterred.store.open import open_store

PASSWORD = "Det-Test-1234"
MIB = 1024 * 1024


def ask(server: Server, verb: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> tuple[int, Any, str]:
    """Status, the parsed answer, and the cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(verb, path, body, headers or {})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read() or b"null"), reply.getheader("set-cookie", "")
    finally:
        connection.close()


def test_a_foreign_page_cannot_log_in_where_passwords_are_blank(serve: Callable[..., Server]) -> None:
    server, login = serve(), b'{"username": "admin"}'
    path, plain = "/api/v1/auth/login", {"Content-Type": "text/plain"}
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"}, {"Host": "evil.example:80"}):
        for route in (path, "/login"):
            status, told, cookie = ask(server, "POST", route, plain | headers, login)
            assert (status, cookie) == (403, ""), (route, headers, told)
    assert "det user change-password" in ask(server, "GET", "/info", {"Host": "evil.example"})[1]["message"]
    own = {"Origin": f"http://127.0.0.1:{server.port}"}
    for headers in ({}, own, {"Host": "localhost:1"}, {"Host": "[::1]"}, {"Host": "192.0.2.7"}):
        status, told, cookie = ask(server, "POST", path, headers, login)
        assert status == 200, told
        assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    token = {"Authorization": f"Bearer {told['token']}"}
    for user in (2, 1):  # a new password ends the sessions
        assert ask(server, "POST", f"/api/v1/users/{user}/password", token, f'"{PASSWORD}"'.encode())[0] == 200
    assert ask(server, "GET", "/api/v1/master", {"Host": "cluster.example"})[0] == 200  # a proxy before a master with passwords


def test_much_is_read_of_known_senders_only(serve: Callable[..., Server]) -> None:
    server = serve(config={"security": {"initial_user_password": PASSWORD}})
    large = b'{"username": "' + b"x" * MIB + b'"}'
    for path, status in (
        ("/api/v1/auth/login", 429),
        ("/login", 429),
        ("/api/v1/experiments", 401),
        ("/internal/v1/allocations/1.a.1/logs", 404),
    ):
        assert ask(server, "POST", path, {}, large)[0] == status, path
    token = {"Authorization": f"Bearer {server.token('admin', PASSWORD)}"}
    assert ask(server, "POST", "/api/v1/experiments", token, large)[0] == 400


def test_deep_nesting_is_the_client_s_mistake(serve: Callable[..., Server]) -> None:
    server = serve(config={"security": {"initial_user_password": PASSWORD}})
    token = {"Authorization": f"Bearer {server.token('admin', PASSWORD)}"}
    for depth in (500, 900, 5000):
        body = b'{"checkpoint": {"uuid": "%s", "metadata": ' % (b"2" * 32) + b'{"a":' * depth + b"1" + b"}" * depth + b"}}"
        assert ask(server, "POST", f"/api/v1/checkpoints/{'2' * 32}/metadata", token, body)[0] in (400, 404), depth


def test_a_message_is_one_line_of_the_log() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s: %s", ("GET /a\nFORGED", "\x1b[2J\u2028é"), None)
    assert OneLine("%(message)s").format(record) == "GET /a\\x0aFORGED: \\x1b[2J\\x2028é"


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({}, None),
        ({b"origin": b"http://a:1", b"host": b"A:1"}, None),
        ({b"origin": b"https://a", b"host": b"inner:8080", b"x-forwarded-host": b"a"}, None),
        ({b"origin": b"https://a", b"host": b"inner:8080", b"sec-fetch-site": b"same-origin"}, None),
        ({b"origin": b"https://a", b"host": b"b"}, "https://a"),
        ({b"origin": b"null", b"host": b""}, "null"),
        ({b"origin": b"", b"host": b""}, ""),
    ],
)
def test_origins(headers: dict[bytes, bytes], origin: str | None) -> None:
    assert foreign.origin(headers) == origin


@pytest.mark.parametrize(
    ("host", "known"),
    [("", True), ("localhost.", True), ("x.localhost:80", True), ("[::1]:80", True), ("127.0.0.1.evil.example", False), ("a:b:c", False)],
)
def test_hosts(host: str, known: bool) -> None:
    assert (foreign.strange_host({b"host": host.encode()}, "127.0.0.1") is None) == known


def test_the_store_s_files_are_its_owner_s(tmp_path: Path) -> None:
    (tmp_path / "undeterred.db").touch(0o666)
    database = open_store(tmp_path)
    try:
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("undeterred.db*")}
        assert len(modes) == 3
        assert set(modes.values()) == {0o600}
    finally:
        database.close()
