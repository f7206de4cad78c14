"""Joins endpoints to HTTP: finds the call, understands the request, asks who it is, runs the handler, writes the answer.

The order is the wire's: an unknown call is 501 and a malformed request 400 before anybody asks for a token; a call that is declared but not
built answers 501 after it.
"""

import logging
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qs

from undeterred.api import foreign, http, render
from undeterred.api.credentials import ALLOCATION, Token, token_of
from undeterred.api.http import ClientGone, Receive, Scope, Send
from undeterred.api.patience import Patience
from undeterred.api.routing import Router
from undeterred.api.serve import HANDLERS, ROUTES, Answer, Request, Route, Served
from undeterred.domain.access import basic
from undeterred.domain.access.permissions import Permission
from undeterred.errors import NotFound, PermissionDenied, Unauthenticated, Unimplemented, WireError
from undeterred.services import allocations, bootstrap
from undeterred.services.context import Context
from undeterred.services.identity import INVALID, NOT_ALLOWED, Caller, check_active, token_hash
from undeterred.wire.base import Endpoint, Message
from undeterred.wire.decode import decode_request
from undeterred.wire.encode import encode, encode_pretty, ndjson, prettier

log = logging.getLogger("undeterred.api")
GATEWAY = "/api/v1/"
SUPERVISOR_KEY = b"x-undeterred-supervisor"
FORM = b"application/x-www-form-urlencoded"


class App:
    """The ASGI application."""

    def __init__(self, ctx: Context, endpoints: Iterable[Endpoint[Any, Any]]) -> None:
        self.ctx = ctx
        self._patience = Patience()
        self._calls: Router[Served] = Router()
        self._routes: Router[Route] = Router()
        for endpoint in endpoints:
            served = HANDLERS.get(endpoint.name) or Served(endpoint, None, Permission.SIGNED_IN)
            self._calls.add(endpoint.verb, endpoint.path, served)
        for route in ROUTES:
            self._routes.add(route.verb, route.path, route)
        self._files = frozenset(route.path for route in ROUTES if route.path.startswith(GATEWAY))  # old routes below the gateway's prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            path, headers = scope["path"], http.headers_of(scope)
            of_gateway = path.startswith((GATEWAY, "/internal/")) and path not in self._files
            try:
                await self._check_sender(scope["method"], headers)
            except PermissionDenied as error:
                shown = (http.JSON, render.unary(error)) if of_gateway else (http.PLAIN_JSON, render.message(error.text))
                await http.answer(send, error.http, *shown)
                return
            if of_gateway:
                await self._gateway(scope, receive, send, path, headers)
            else:
                await self._old(scope, receive, send, path, headers)
        except ClientGone:
            log.debug("a client left before its request was whole: %s", scope["path"])

    def _with_patience(self, shape: http.Headers, error: WireError, scope: Scope, headers: dict[bytes, bytes]) -> http.Headers:
        """An error's headers: of trouble that passes they say when to ask again."""
        reads = scope["method"] in ("GET", "HEAD") and ALLOCATION not in headers
        return [*shape, *self._patience.headers(error, reads=reads)]

    async def _check_sender(self, verb: str, headers: dict[bytes, bytes]) -> None:
        """PermissionDenied for what a page of another site sent, and for a name that could be somebody else's while an account is open."""
        settings = self.ctx.settings
        changes = verb not in ("GET", "HEAD", "OPTIONS")  # what these answer, a browser shows no foreign page
        if changes and not settings.config.enable_cors and (origin := foreign.origin(headers)) is not None:
            raise PermissionDenied(foreign.REFUSED.format(origin=origin))
        if not settings.exposed and (host := foreign.strange_host(headers, settings.config.host)) is not None:
            users = await self.ctx.db.read(bootstrap.blank_password_users)
            if users:
                raise PermissionDenied(foreign.STRANGE.format(host=host, users=" and ".join(users[:3])))

    # -- the gateway's calls -------------------------------------------------------------------------------------------------------

    async def _gateway(self, scope: Scope, receive: Receive, send: Send, path: str, headers: dict[bytes, bytes]) -> None:
        query: bytes = scope["query_string"]
        try:
            served, values, form = self._find(scope["method"], path, headers)
            large = http.is_large(headers) and await self._may_send_much(served, values, headers)
            body = await http.read_body(receive, http.BODY_MAX_BYTES if large else http.SMALL_BYTES)
            if form:
                query, body = body + b"&" + query, b""
            request = decode_request(served.endpoint, values, query, body)
        except WireError as error:
            await http.answer(send, error.http, self._with_patience(http.JSON, error, scope, headers), render.unary(error))
            return
        pretty = b"pretty" in query and "pretty" in parse_qs(query.decode("latin-1"), keep_blank_values=True)
        pretty = pretty or headers.get(b"accept") == b"application/json+pretty"
        if served.endpoint.streams:
            await self._stream(scope, receive, send, served, request, headers, pretty)
        else:
            await self._unary(scope, send, served, request, headers, pretty)

    async def _may_send_much(self, served: Served, values: dict[str, str], headers: dict[bytes, bytes]) -> bool:
        """Whether a large body is read; who sends it must be known before, though the answers of small ones come in another order."""
        if served.needs is Permission.PUBLIC:
            return False
        caller = await self._admit(served, headers)
        if isinstance(caller, str):
            await self.ctx.db.read(allocations.check_key, caller, values["allocationId"])
        return True

    def _find(self, verb: str, path: str, headers: dict[bytes, bytes]) -> tuple[Served, dict[str, str], bool]:
        """The call for a verb and path, the path's values, and whether the body is a form that stands for the query."""
        if path.endswith("/") and path != GATEWAY:
            path = path[:-1]
        named, colon, verb_word = path.rpartition("/")[2].rpartition(":")
        if colon and named and not verb_word:  # what follows the last colon is a verb, and none has one; an empty one is none
            path, colon = path[:-1], ""
        form = verb == "POST" and headers.get(b"content-type") == FORM
        override = headers.get(b"x-http-method-override", b"").decode("latin-1").upper() if form else ""
        if not colon:
            found = self._calls.find(override or verb, path)
            if found is not None:
                return *found, False
            if form and not override and (found := self._calls.find("GET", path)) is not None:
                return *found, True
        raise Unimplemented("Not Implemented")

    async def _unary(self, scope: Scope, send: Send, served: Served, request: Message, headers: dict[bytes, bytes], pretty: bool) -> None:
        extra: http.Headers = []
        try:
            caller = await self._admit(served, headers)
            assert served.handler is not None
            result = await served.handler(self.ctx, caller, request)  # type: ignore[misc]  # streams go elsewhere
            if isinstance(result, tuple):
                result, extra = result
            body = encode_pretty(result) if pretty else encode(result)
        except Exception as problem:
            error = render.known(problem, served.endpoint.name)
            await http.answer(send, error.http, self._with_patience(http.JSON, error, scope, headers), render.unary(error))
            return
        await http.answer(send, 200, [*http.JSON, *extra] if extra else http.JSON, body, scope)

    async def _stream(
        self, scope: Scope, receive: Receive, send: Send, served: Served, request: Message, headers: dict[bytes, bytes], pretty: bool
    ) -> None:
        try:
            caller = await self._admit(served, headers)
            assert served.handler is not None
            items = served.handler(self.ctx, caller, request)
            lines = self._lines(items, served, pretty)
            first = await anext(lines, b"")
        except Exception as problem:
            error = render.known(problem, served.endpoint.name)
            await http.answer(send, error.http, self._with_patience(http.PLAIN_JSON, error, scope, headers), render.stream(error))
            return
        async with aclosing(lines):
            await http.chunks(send, 200, http.JSON, first, lines, receive)

    async def _lines(self, items: Any, served: Served, pretty: bool) -> Any:
        """A stream's messages as NDJSON; ready bytes pass through. An error after the first line becomes the last line."""
        begun = False
        try:
            async with aclosing(items):
                async for item in items:
                    lines = item if isinstance(item, bytes) else ndjson(item)
                    yield prettier(lines) if pretty else lines
                    begun = True
        except Exception as problem:
            if not begun:
                raise
            yield render.stream(render.known(problem, served.endpoint.name))

    async def _admit(self, served: Served, headers: dict[bytes, bytes]) -> Caller | str | None:
        """The caller, once he is known, active, and allowed to use this call; None on public calls, a key's hash on a supervisor's."""
        caller: Caller | str | None = None
        if served.needs is Permission.SUPERVISOR:
            caller = token_hash(headers.get(SUPERVISOR_KEY, b"").decode("latin-1"))
        elif served.needs is Permission.PUBLIC or (served.handler is None and served.endpoint.public):
            pass
        else:
            caller = known = await self._caller(token_of(headers, gateway=True))
            if not basic.allows(served.needs, known.admin):
                raise PermissionDenied(NOT_ALLOWED)
        if served.handler is None:
            raise Unimplemented(f"{served.endpoint.name} is not built yet: docs/compatibility.md lists what is")
        return caller

    async def _caller(self, token: Token) -> Caller:
        caller = await self.ctx.identify(token.text, time.time_ns() // 1000)
        if token.of_task and not caller.allocation_id:
            raise Unauthenticated(INVALID)
        check_active(caller)
        return caller

    # -- the old routes ------------------------------------------------------------------------------------------------------------

    async def _old(self, scope: Scope, receive: Receive, send: Send, path: str, headers: dict[bytes, bytes]) -> None:
        try:
            found = self._routes.find(scope["method"], path)
            caller = None
            if found is None or not found[0].public:
                caller = await self._old_caller(headers)
            if found is None:
                raise NotFound(f"api not found: {scope['method']} {path}")
            query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            known = caller is not None or (http.is_large(headers) and await self._is_known(headers))
            body = await http.read_body(receive, http.BODY_MAX_BYTES if known else http.SMALL_BYTES)
            request = Request(scope["method"], path, found[1], query, headers, body, caller)
            result = await found[0].handler(self.ctx, request)
        except Exception as problem:
            error = render.known(problem, f"{scope['method']} {path}")
            await http.answer(send, error.http, self._with_patience(http.PLAIN_JSON, error, scope, headers), render.message(error.text))
            return
        await self._send(scope, receive, send, result)

    async def _is_known(self, headers: dict[bytes, bytes]) -> bool:
        """Whether a public route is called by somebody who might call others too: the SDK ships an unmanaged trial's log with its token."""
        try:
            await self._old_caller(headers)
        except WireError:
            return False
        return True

    async def _old_caller(self, headers: dict[bytes, bytes]) -> Caller:
        try:
            caller = await self.ctx.identify(token_of(headers, gateway=False).text, time.time_ns() // 1000)
        except Unauthenticated as error:
            raise Unauthenticated("Unauthorized") from error
        if not caller.active:
            raise PermissionDenied("user not active")
        return caller

    async def _send(self, scope: Scope, receive: Receive, send: Send, result: Answer) -> None:
        headers = [*http.SAFE, (b"content-type", result.content_type.encode()), *result.headers]
        if isinstance(result.body, bytes):
            await http.answer(send, result.status, headers, result.body if scope["method"] != "HEAD" else b"", scope)
        else:
            body: AsyncIterator[bytes] = result.body
            await http.chunks(send, result.status, headers, b"", body, receive)
