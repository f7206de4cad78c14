"""The same session for an event loop: each call waits in a thread of its own, the loop goes on."""

import asyncio
from collections.abc import AsyncIterator
from typing import Self

from undeterred.client.session import Session
from undeterred.wire.base import Endpoint, Request, Response


class AsyncSession:
    """As Session, awaited."""

    def __init__(self, url: str, token: str = "", timeout_s: float = 60.0) -> None:
        self.plain = Session(url, token, timeout_s)

    @classmethod
    async def login(cls, url: str, username: str = "determined", password: str = "", timeout_s: float = 60.0) -> Self:
        """A session of this user. Raises Unauthenticated."""
        session = cls(url, timeout_s=timeout_s)
        session.plain = await asyncio.to_thread(Session.login, url, username, password, timeout_s)
        return session

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        self.plain.close()

    async def call(self, endpoint: Endpoint[Request, Response], message: Request | None = None) -> Response:
        """The answer of a call. Raises the server's own error, Unavailable when there is no server."""
        return await asyncio.to_thread(self.plain.call, endpoint, message)

    async def stream(self, endpoint: Endpoint[Request, Response], message: Request | None = None) -> AsyncIterator[Response]:
        """The answers of a streaming call as they come."""
        lines = self.plain.stream(endpoint, message)
        try:
            while (found := await asyncio.to_thread(next, lines, None)) is not None:
                yield found
        finally:
            await asyncio.to_thread(lines.close)  # type: ignore[attr-defined]  # a generator
