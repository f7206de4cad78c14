"""Which function answers which endpoint or old route: filled by the decorators as the handlers' modules are imported."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

import msgspec

from undeterred.domain.access.permissions import Permission
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.base import Endpoint

Handler = Callable[[Context, Any, Any], Awaitable[Any]] | Callable[[Context, Any, Any], AsyncIterator[Any]]
H = TypeVar("H", bound=Callable[..., Any])


class Served(NamedTuple):
    """An endpoint with its handler, None where it is not built yet (501)."""

    endpoint: Endpoint[Any, Any]
    handler: Handler | None
    needs: Permission


class Request(msgspec.Struct):
    """A request to an old route: what HTTP said."""

    method: str
    path: str
    values: dict[str, str]
    query: dict[str, list[str]]
    headers: dict[bytes, bytes]
    body: bytes
    caller: Caller | None = None


class Answer(msgspec.Struct):
    """An old route's answer: bytes, or an iterator of bytes that is sent as it comes."""

    body: bytes | AsyncIterator[bytes] = b""
    status: int = 200
    content_type: str = "application/json"
    headers: list[tuple[bytes, bytes]] = []


class Route(NamedTuple):
    """An old (non-gateway) route. `public`: no token is asked for."""

    verb: str
    path: str
    handler: Callable[[Context, Request], Awaitable[Answer]]
    public: bool


HANDLERS: dict[str, Served] = {}
ROUTES: list[Route] = []


def serves(endpoint: Endpoint[Any, Any], needs: Permission = Permission.SIGNED_IN) -> Callable[[H], H]:
    """Declare the handler of an endpoint: `async def f(ctx, caller, request) -> response`, an async generator of messages (or of ready NDJSON
    bytes) when the endpoint streams. `caller` is a Caller, None on public endpoints, and the key's hash on a supervisor's."""

    def keep(handler: H) -> H:
        assert endpoint.name not in HANDLERS, f"{endpoint.name} has two handlers"
        assert endpoint.public == (needs in (Permission.PUBLIC, Permission.SUPERVISOR)), f"{endpoint.name}: public on one side only"
        HANDLERS[endpoint.name] = Served(endpoint, handler, needs)
        return handler

    return keep


def route(verb: str, path: str, *, public: bool = False) -> Callable[[H], H]:
    """Declare the handler of an old route: `async def f(ctx, request: Request) -> Answer`; `request.caller` is set unless it is public."""

    def keep(handler: H) -> H:
        ROUTES.append(Route(verb, path, handler, public))
        return handler

    return keep
