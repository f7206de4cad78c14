"""The little of HTTP that bind.py needs: read a request, write an answer, watch for a client that leaves."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from undeterred.errors import ResourceExhausted

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

BODY_MAX_BYTES = 96 * 1024 * 1024
SMALL_BYTES = 1024 * 1024  # what is read of anybody's
GZIP_FROM_BYTES = 4096
SAFE: Headers = [
    (b"x-xss-protection", b"1; mode=block"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
]
JSON: Headers = [*SAFE, (b"content-type", b"application/json"), (b"grpc-metadata-content-type", b"application/grpc")]
PLAIN_JSON: Headers = [*SAFE, (b"content-type", b"application/json")]


class ClientGone(Exception):
    """The client closed the connection before its request was whole."""


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The headers by lower-case name: the first of a repeated one counts, but cookies are one list."""
    given: list[tuple[bytes, bytes]] = scope["headers"]
    headers = dict(reversed(given))
    if b"cookie" in headers:
        headers[b"cookie"] = b"; ".join(value for name, value in given if name == b"cookie")
    return headers


def is_large(headers: dict[bytes, bytes]) -> bool:
    """Whether a body is, or may be, larger than what is read of anybody's."""
    return int(headers.get(b"content-length", b"0")) > SMALL_BYTES or b"transfer-encoding" in headers


async def read_body(receive: Receive, most: int = BODY_MAX_BYTES) -> bytes:
    """The whole body; ResourceExhausted beyond `most` bytes, without reading on."""
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if not message.get("more_body") and len(body) <= most:
        return body
    chunks, size = [body], len(body)
    while True:
        if size > most:
            raise ResourceExhausted(f"the request is larger than {most // 1024 // 1024} MiB: send less, e.g. a smaller model directory")
        if not message.get("more_body"):
            break
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    return b"".join(chunks)


async def answer(send: Send, status: int, headers: Headers, body: bytes, scope: Scope | None = None) -> None:
    """One whole answer; compressed when it is worth it (not on loopback, where it only costs)."""
    if len(body) >= GZIP_FROM_BYTES and scope is not None and _wants_gzip(scope):
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        body = packer.compress(body) + packer.flush()
        headers = [*headers, (b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def chunks(send: Send, status: int, headers: Headers, first: bytes, rest: AsyncIterator[bytes], receive: Receive) -> None:
    """An answer that comes in pieces; ends early when the client leaves. `first` is sent at once."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if first:
        await send({"type": "http.response.body", "body": first, "more_body": True})
    gone = asyncio.ensure_future(_left(receive))
    try:
        while True:
            piece = asyncio.ensure_future(anext(rest, None))
            await asyncio.wait({piece, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not piece.done():
                piece.cancel()
                await asyncio.gather(piece, return_exceptions=True)
                return
            chunk = piece.result()
            if chunk is None:
                break
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _wants_gzip(scope: Scope) -> bool:
    client = scope.get("client")
    if client is None or client[0].startswith("127.") or client[0] == "::1":
        return False
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
