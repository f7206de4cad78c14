"""The gateway and the old routes, as no recording shows them: where a token may stand, verbs, forms, other origins, the page of a browser."""

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.server import Server

PASSWORD = "Det-Test-1234"
Ask = Callable[..., tuple[int, dict[str, str], Any]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    config = {"security": {"initial_user_password": PASSWORD}, "enable_cors": True}
    one = Server(tmp_path_factory.mktemp("data"), config).start()
    yield one
    one.stop()
    one.complain()


@pytest.fixture
def ask(server: Server) -> Ask:
    """`ask(verb, path, headers, body)`: status, headers, and the parsed answer."""

    def one(verb: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> tuple[int, dict[str, str], Any]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        try:
            connection.request(verb, path, body, headers or {})
            reply = connection.getresponse()
            raw = reply.read()
        finally:
            connection.close()
        shown = {name.lower(): value for name, value in reply.getheaders()}
        return reply.status, shown, json.loads(raw) if raw and "json" in shown.get("content-type", "") else raw.decode()

    return one


@pytest.fixture
def token(server: Server) -> str:
    return server.token("admin", PASSWORD)


def test_a_cookie_stands_before_a_task_s_token(ask: Ask, token: str) -> None:
    task, cookie = {"Grpc-Metadata-x-allocation-token": "Bearer x"}, {"Cookie": f"auth={token}"}
    assert ask("GET", "/api/v1/me", task)[0] == 401
    assert ask("GET", "/api/v1/me", {**task, **cookie})[0] == 200
    assert ask("GET", "/api/v1/me", {"Grpc-Metadata-x-user-token": "Bearer x", **cookie})[0] == 401
    assert ask("GET", "/api/v1/me", {"Authorization": "", **cookie})[0] == 200
    assert ask("GET", "/api/v1/me", {"Authorization": "Bearer x", **cookie})[0] == 401


@pytest.mark.parametrize(
    ("path", "status"),
    [("master:", 200), ("master:/", 200), ("master:x", 501), (":", 501), (":master", 501), ("master::", 501), ("a:b:", 501)],
)
def test_what_follows_a_colon_is_a_verb(ask: Ask, path: str, status: int) -> None:
    assert ask("GET", f"/api/v1/{path}")[0] == status


def test_a_name_may_hold_colons_before_an_empty_verb(ask: Ask, token: str) -> None:
    told = ask("GET", "/api/v1/models/a:b:", {"Authorization": f"Bearer {token}"})
    assert (told[0], told[2]["error"]["error"]) == (404, 'model "a:b" not found')


def test_a_form_stands_for_the_query(ask: Ask, token: str) -> None:
    form = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-www-form-urlencoded"}
    assert ask("POST", "/api/v1/resource-pools", form, b"limit=1")[2]["pagination"]["limit"] == 1
    assert ask("POST", "/api/v1/resource-pools?limit=3", form, b"limit=1")[2]["pagination"]["limit"] == 1, "the body goes before the query"
    assert ask("POST", "/api/v1/resource-pools?limit=3", form)[2]["pagination"]["limit"] == 3
    charset = {**form, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert ask("POST", "/api/v1/resource-pools", charset, b"limit=1")[0] == 501
    override = {**form, "X-HTTP-Method-Override": "get"}
    assert ask("POST", "/api/v1/resource-pools?limit=3", override, b"limit=1")[2]["pagination"]["limit"] == 3
    assert ask("POST", "/api/v1/resource-pools", {**form, "X-HTTP-Method-Override": "PUT"})[0] == 501


def test_health_speaks_as_the_old_routes_do(ask: Ask, token: str) -> None:
    assert ask("GET", "/health")[0::2] == (401, {"message": "Unauthorized"})
    assert ask("GET", "/health", {"Grpc-Metadata-x-user-token": f"Bearer {token}"})[0] == 401
    status, headers, told = ask("GET", "/health", {"Cookie": f"auth={token}"})
    assert (status, told["resource_managers"]) == (200, [{"cluster_name": "default", "status": "up"}])
    assert "grpc-metadata-content-type" not in headers


def test_a_page_of_another_origin_may_call(ask: Ask) -> None:
    origin = {"Origin": "https://app.example:8443"}
    status, headers, _ = ask(
        "OPTIONS", "/api/v1/me", {**origin, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "x-a"}
    )
    assert status == 204
    assert headers["access-control-allow-origin"] == origin["Origin"]
    assert headers["access-control-allow-methods"] == "GET,HEAD,PUT,PATCH,POST,DELETE"
    assert headers["access-control-allow-headers"] == "x-a"
    for path, status in (("/api/v1/me", 401), ("/info", 200), ("/api/v1/experiments/1/trials?limit=x", 400)):
        told, headers, _ = ask("GET", path, origin)
        assert (told, headers["access-control-allow-origin"], headers["access-control-allow-credentials"]) == (
            status,
            origin["Origin"],
            "true",
        )
    assert "access-control-allow-origin" not in ask("GET", "/info")[1]


def test_a_page_of_another_origin_may_not_call_by_default(serve: Callable[..., Server]) -> None:
    closed = serve()
    connection = http.client.HTTPConnection("127.0.0.1", closed.port, timeout=60)
    for verb in ("OPTIONS", "GET"):
        connection.request(verb, "/api/v1/me", headers={"Origin": "https://app.example"})
        reply = connection.getresponse()
        reply.read()
        assert reply.status >= 400
        assert not [name for name, _ in reply.getheaders() if name.lower().startswith("access-control")]
    connection.close()


@pytest.mark.parametrize(("path", "place"), [("/", "/det"), ("/det", "/det/"), ("/det/design", "/det/design/")])
def test_a_browser_is_led_to_the_page(ask: Ask, path: str, place: str) -> None:
    status, headers, _ = ask("GET", path)
    assert (status, headers["location"]) == (301, place)


@pytest.mark.parametrize("path", ["/det/", "/det/experiments/1", "/det/a/b?c=d"])
def test_the_page_needs_nothing_from_elsewhere(ask: Ask, server: Server, path: str) -> None:
    status, headers, page = ask("GET", path)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "not built yet" in page
    assert 'href="/docs/rest-api/"' in page
    assert f"DET_MASTER={server.url}" in page
    assert all(place.startswith("/") for place in re.findall(r"(?:src|href)=\"(.*?)\"", page))
    assert "src=" not in page
    assert ask("GET", path, {"If-None-Match": headers["etag"]})[0] == 304
    assert "<b>" not in ask("GET", path, {"Host": "x<b>y"})[2]


def test_a_logo_is_not_configured(ask: Ask) -> None:
    assert ask("GET", "/det/customer-assets/logo")[0::2] == (404, {"message": "Not Found"})


def test_a_pretty_stream_is_indented_whole(server: Server, ask: Ask) -> None:
    config = "name: f\nentrypoint: x\nsearcher: {name: single, metric: loss, max_length: 1}\nresources: {slots_per_trial: 0}\n"
    token = server.token("determined", PASSWORD)
    made = server.call("POST", "/api/v1/experiments", {"config": config, "unmanaged": True}, token)[1]["experiment"]["id"]
    trial = server.call("POST", "/api/v1/trials", {"experimentId": made, "unmanaged": True, "hparams": {}}, token)[1]["trial"]
    line = {"taskId": trial["taskId"], "log": "a line\n", "timestamp": "2026-01-02T03:04:05Z"}
    assert server.call("POST", "/api/v1/task/logs", {"logs": [line]}, token)[0] == 200
    for path in (f"/api/v1/tasks/{trial['taskId']}/logs", f"/api/v1/tasks/{trial['taskId']}/logs/fields"):
        told = ask("GET", f"{path}?pretty", {"Authorization": f"Bearer {token}"})[2]
        assert set(told) == {"result"}, "one message in several lines"


def test_the_master_opens_as_many_files_as_it_may() -> None:
    say = "import resource, undeterred.master as m; resource.setrlimit(7, (256, 2000)); m._open_many(); print(resource.getrlimit(7))"
    told = subprocess.run([sys.executable, "-c", say], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "(2000, 2000)"


def test_a_known_sender_ships_a_large_log(server: Server, token: str) -> None:
    lines = [{"task_id": "nobody's", "log": "x" * 1000} for _ in range(2000)]
    assert server.call("POST", "/task-logs", lines, token)[0] == 200
    assert server.call("POST", "/task-logs", lines, None)[0] == 429
