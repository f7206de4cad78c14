"""Calls from pages of other origins, where `enable_cors` of the master's configuration lets them in: any origin, with its cookies."""

from collections.abc import Awaitable, Callable
from typing import Any

from undeterred.api.http import SAFE, Headers, Receive, Scope, Send, headers_of

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

METHODS = b"GET,HEAD,PUT,PATCH,POST,DELETE"


class Cors:
    """Around the application: answers a browser's question beforehand, and names the asking origin on every answer."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = headers_of(scope)
        origin = asked.get(b"origin")
        allowed: Headers = [(b"vary", b"Origin")]
        if origin is not None:
            allowed += [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true")]
        if scope["method"] == "OPTIONS":
            await _preflight(asked, allowed, send)
            return

        async def marked(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *allowed]}
            await send(message)

        await self._app(scope, receive, marked)


async def _preflight(asked: dict[bytes, bytes], allowed: Headers, send: Send) -> None:
    headers: Headers = [*allowed, (b"vary", b"Access-Control-Request-Method"), (b"vary", b"Access-Control-Request-Headers")]
    headers.append((b"access-control-allow-methods", METHODS))
    if wanted := asked.get(b"access-control-request-headers"):
        headers.append((b"access-control-allow-headers", wanted))
    await send({"type": "http.response.start", "status": 204, "headers": [*SAFE, *headers]})
    await send({"type": "http.response.body", "body": b""})
