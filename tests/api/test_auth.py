"""Coming in over HTTP: the cookie, where tokens may stand, sessions that outlive a killed master, blank passwords and the open network."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.server import OPENER, Server
from undeterred.config import master
from undeterred.errors import FailedPrecondition
from undeterred.master import _begin
from undeterred.store.open import open_store

PASSWORD = "Det-Test-1234"
SETTINGS = {"security": {"initial_user_password": PASSWORD}}
TASK_TOKEN = "Grpc-Metadata-x-allocation-token"


def ask(server: Server, method: str, path: str, headers: dict[str, str], body: object = None) -> tuple[int, list[str]]:
    """Status and the Set-Cookie headers of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.url + path, data, headers, method=method)
    try:
        with OPENER.open(request, timeout=120) as reply:
            return reply.status, reply.headers.get_all("set-cookie") or []
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get_all("set-cookie") or []


def test_the_cookie_is_the_session(serve: Callable[..., Server]) -> None:
    server = serve(config=SETTINGS)
    status, cookies = ask(server, "POST", "/api/v1/auth/login", {}, {"username": "admin", "password": PASSWORD})
    assert status == 200
    assert len(cookies) == 1
    pair, *attributes = cookies[0].split("; ")
    assert pair.startswith("auth=v2.public.")
    assert {"Path=/"} <= set(attributes)
    assert any(one.startswith("Expires=") for one in attributes)
    assert ask(server, "GET", "/api/v1/me", {"Cookie": pair})[0] == 200
    status, cookies = ask(server, "POST", "/api/v1/auth/logout", {"Cookie": pair})
    assert status == 200
    assert "1970" in cookies[0]
    assert ask(server, "GET", "/api/v1/me", {"Cookie": pair})[0] == 401


def test_a_user_s_token_is_no_task_s_token(serve: Callable[..., Server]) -> None:
    server = serve(config=SETTINGS)
    bearer = f"Bearer {server.token('admin', PASSWORD)}"
    assert ask(server, "GET", "/api/v1/me", {"Authorization": bearer})[0] == 200
    assert ask(server, "GET", "/api/v1/me", {TASK_TOKEN: bearer})[0] == 401
    assert ask(server, "GET", "/api/v1/me", {TASK_TOKEN: "Bearer x", "Authorization": bearer})[0] == 200


def test_sessions_outlive_a_killed_master(serve: Callable[..., Server]) -> None:
    server = serve(config=SETTINGS)
    token = server.token("admin", PASSWORD)
    status, made = server.call("POST", "/api/v1/users", {"user": {"username": "ann", "active": True}}, token)
    assert status == 200
    server.kill9()
    server.start()
    assert server.call("GET", "/api/v1/users/ann/by-username", None, token) == (200, made)


def test_a_refused_user_is_refused_at_once(serve: Callable[..., Server]) -> None:
    server = serve(config=SETTINGS)
    token, mine = server.token("admin", PASSWORD), server.token("determined", PASSWORD)
    assert server.call("GET", "/api/v1/me", None, mine)[0] == 200
    for active, status in ((False, 403), (True, 200)):
        assert server.call("PATCH", "/api/v1/users/2", {"active": active}, token)[0] == 200
        assert server.call("GET", "/api/v1/me", None, mine)[0] == status
    assert server.call("POST", "/api/v1/users/2/password", "new", token)[0] == 200
    assert server.call("GET", "/api/v1/me", None, mine)[0] == 401


@pytest.mark.parametrize(("host", "password", "refused"), [("0.0.0.0", "", True), ("0.0.0.0", PASSWORD, False), ("127.0.0.1", "", False)])
def test_a_blank_password_keeps_the_master_on_loopback(host: str, password: str, refused: bool, tmp_path: Path) -> None:
    config = master.load(None, {}, {"host": host, "security.initial_user_password": password})
    database = open_store(tmp_path)
    try:
        if refused:
            with pytest.raises(FailedPrecondition, match="admin and determined"):
                database.write_now(_begin, config, tmp_path, "http://127.0.0.1:1")
        else:
            assert database.write_now(_begin, config, tmp_path, "http://127.0.0.1:1").cluster_id
    finally:
        database.close()
