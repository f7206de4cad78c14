"""A walk over every endpoint: who answers it, who may call it, what it says to nobody, to nonsense and to an unknown id."""

import json
import re
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest

import undeterred.api.all  # noqa: F401 - declares every handler
from tests.support.server import OPENER, Server
from undeterred.api.serve import HANDLERS, ROUTES, Route
from undeterred.domain.access.permissions import Permission
from undeterred.errors import BY_CODE
from undeterred.wire.base import Endpoint
from undeterred.wire.registry import BY_NAME, ENDPOINTS
from undeterred.wire.supervision import INTERNAL_ENDPOINTS

PUBLIC = {"Login", "GetMaster", "GetTelemetry"}
PUBLIC_ROUTES = {
    "GET /",
    "GET /det",
    "GET /det/",
    "GET /det/customer-assets/logo",
    "GET /det/design",
    "GET /docs",
    "GET /docs/",
    "GET /docs/rest-api",
    "GET /docs/rest-api/",
    "GET /openapi.json",
    "GET /api/v1/api.swagger.json",
    "GET /info",
    "POST /login",
    "POST /task-logs",
}
PARAMETER = re.compile(r"\{[^}]+\}")
UNKNOWN = "987654"


def ids(e: Endpoint[Any, Any]) -> str:
    return e.name


def ask(server: Server, e: Endpoint[Any, Any], token: str | None, body: bytes | None = None, query: str = "") -> tuple[int, bytes]:
    """The call with an unknown id in the place of every parameter."""
    request = urllib.request.Request(server.url + PARAMETER.sub(UNKNOWN, e.path) + query, method=e.verb, data=body)
    if body is not None:
        request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with OPENER.open(request, timeout=120) as reply:
            return reply.status, reply.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def told(e: Endpoint[Any, Any], raw: bytes) -> tuple[int, str]:
    """Code and text of an error, which has its one shape; outside the gateway there is only a text, and this is a refusal."""
    if not e.path.startswith("/api/"):
        return 16, json.loads(raw)["message"]
    inner = json.loads(raw)["error"]
    if "grpcCode" in inner:
        assert e.streams
        assert set(inner) == {"grpcCode", "httpCode", "message", "httpStatus", "details"}
        return inner["grpcCode"], inner["message"]
    assert set(inner) == {"code", "reason", "error"}
    assert BY_CODE[inner["code"]].reason == inner["reason"]
    return inner["code"], inner["error"]


def test_every_handler_answers_a_declared_endpoint() -> None:
    declared = {e.name for e in (*ENDPOINTS, *INTERNAL_ENDPOINTS)}
    assert len(declared) == len(ENDPOINTS) + len(INTERNAL_ENDPOINTS), "a name is declared twice"
    assert set(HANDLERS) <= declared
    ways = [(e.verb, PARAMETER.sub("{}", e.path)) for e in ENDPOINTS]
    assert len(set(ways)) == len(ways), "two endpoints on one way"


def test_only_the_public_list_asks_for_no_token() -> None:
    assert {e.name for e in ENDPOINTS if e.public} == PUBLIC
    assert {name for name, served in HANDLERS.items() if served.needs is Permission.PUBLIC} == PUBLIC
    supervisors = {name for name, served in HANDLERS.items() if served.needs is Permission.SUPERVISOR}
    assert supervisors == {e.name for e in INTERNAL_ENDPOINTS}
    assert all(isinstance(served.needs, Permission) for served in HANDLERS.values())


def way(route: Route) -> str:
    return f"{route.verb} {route.path.partition('{')[0] if route.path.endswith('...}') else route.path}"


def test_only_the_public_list_of_old_routes_asks_for_no_token() -> None:
    assert {way(route) for route in ROUTES if route.public} == PUBLIC_ROUTES


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.public], ids=way)
def test_old_routes_refuse_nobody(server: Server, route: Route) -> None:
    request = urllib.request.Request(server.url + PARAMETER.sub(UNKNOWN, route.path), method="GET" if route.verb == "*" else route.verb)
    with pytest.raises(HTTPError) as refused:
        OPENER.open(request)
    assert refused.value.code == 401
    assert json.loads(refused.value.read()) == {"message": "Unauthorized"}


@pytest.mark.parametrize("e", [e for e in ENDPOINTS if not e.public], ids=ids)
def test_nobody_is_refused(server: Server, e: Endpoint[Any, Any]) -> None:
    status, raw = ask(server, e, None, b"{}" if e.body == "*" else None)
    assert status == 401, raw
    assert told(e, raw)[0] == 16


@pytest.mark.parametrize("e", [e for e in ENDPOINTS if e.body == "*"], ids=ids)
def test_nonsense_is_refused_before_anybody_is_asked_for(server: Server, e: Endpoint[Any, Any]) -> None:
    status, raw = ask(server, e, None, b'{"broken')
    assert status == 400, raw
    inner = json.loads(raw)["error"]
    assert (inner["code"], inner["reason"]) == (3, "InvalidArgument")


@pytest.mark.parametrize("e", [e for e in ENDPOINTS if e.name not in HANDLERS], ids=ids)
def test_what_is_not_built_says_so(server: Server, e: Endpoint[Any, Any]) -> None:
    status, raw = ask(server, e, server.token(), b"{}" if e.body == "*" else None)
    assert status == 501, raw
    assert told(e, raw) == (12, f"{e.name} is not built yet: docs/compatibility.md lists what is")


WITH_IDS = [e for e in ENDPOINTS if e.name in HANDLERS and e.verb == "GET" and "{" in e.path]
FOUND_ALL_THE_SAME = {"GetJobs": "an empty queue"}


@pytest.mark.parametrize("e", WITH_IDS, ids=ids)
def test_an_unknown_id_is_not_found(server: Server, e: Endpoint[Any, Any]) -> None:
    status, raw = ask(server, e, server.token())
    assert status < 500, raw
    if status == 200:
        assert raw == b"" or e.name in FOUND_ALL_THE_SAME or not has_content(json.loads(raw.splitlines()[0])), raw
        return
    code, text = told(e, raw)
    assert (status, code) in {(404, 5), (400, 3), (400, 9)}, raw
    assert text


@pytest.mark.parametrize("e", [e for e in ENDPOINTS if e.name in HANDLERS and e.verb != "GET" and not e.public], ids=ids)
def test_an_empty_wish_never_breaks_the_server(server: Server, e: Endpoint[Any, Any]) -> None:
    if e.name == "Logout":
        return
    status, raw = ask(server, e, server.token(), b"{}" if e.body == "*" else None)
    assert status < 500, raw
    if status != 200:
        told(e, raw)


def has_content(value: Any) -> bool:
    """Whether anything but empty values and zeros is in an answer."""
    if isinstance(value, dict):
        return any(has_content(inner) for key, inner in value.items() if key != "pagination")
    if isinstance(value, list):
        return any(has_content(inner) for inner in value)
    return bool(value) and value not in ("0", "NaN")


def test_the_registry_knows_each_by_name() -> None:
    assert {name: e.name for name, e in BY_NAME.items()} == {e.name: e.name for e in ENDPOINTS}
