"""One user at one master, in plain calls."""

import http.client
from collections import deque
from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import urlsplit

from undeterred.client import answer
from undeterred.client.request import prepare
from undeterred.errors import Unavailable
from undeterred.wire.auth import LoginRequest, login
from undeterred.wire.base import Endpoint, Request, Response

IDLE_MAX = 8


class Session:
    """Calls with a token; connections are kept and shared, so several threads may use one session. Use it as a context, or `close` it."""

    def __init__(self, url: str, token: str = "", timeout_s: float = 60.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no URL of a master, such as http://127.0.0.1:8080")
        self.url, self.token, self.timeout_s = url.rstrip("/"), token, timeout_s
        self._parts = parts
        self._idle: deque[http.client.HTTPConnection] = deque()

    @classmethod
    def login(cls, url: str, username: str = "determined", password: str = "", timeout_s: float = 60.0) -> Self:
        """A session of this user. Raises Unauthenticated."""
        session = cls(url, timeout_s=timeout_s)
        try:
            session.token = session.call(login, LoginRequest(username=username, password=password)).token
        except BaseException:
            session.close()
            raise
        return session

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        while self._idle:
            self._idle.pop().close()

    def call(self, endpoint: Endpoint[Request, Response], message: Request | None = None) -> Response:
        """The answer of a call. Raises the server's own error, Unavailable when there is no server."""
        assert not endpoint.streams, f"{endpoint.name} streams: use stream()"
        connection, reply = self._send(endpoint, message)
        with_body = self._read(connection, reply)
        if reply.status != 200:
            raise answer.error_of(reply.status, with_body)
        return answer.message_of(endpoint.response, with_body)

    def stream(self, endpoint: Endpoint[Request, Response], message: Request | None = None) -> Iterator[Response]:
        """The answers of a streaming call as they come. Raises as `call`, also in the middle."""
        assert endpoint.streams, f"{endpoint.name} has one answer: use call()"
        connection, reply = self._send(endpoint, message)
        if reply.status != 200:
            raise answer.error_of(reply.status, self._read(connection, reply))
        try:
            for line in reply:
                if line.strip():
                    yield answer.line_of(endpoint.response, line)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"the connection to {self.url} broke: ask again", repr(error)) from error
        finally:
            connection.close()

    def _send(self, endpoint: Endpoint[Any, Any], message: Any) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Send it on a connection that is open already, else on a new one; an idle one may have been closed by the server meanwhile."""
        verb, target, body = prepare(endpoint, message if message is not None else endpoint.request())
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        while True:
            kept = self._idle.pop() if self._idle else None
            connection = kept or self._connection()
            try:
                connection.request(verb, self._parts.path.rstrip("/") + target, body, headers)
                return connection, connection.getresponse()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
                connection.close()
                if kept is None:
                    raise Unavailable(f"{self.url} closed the connection without an answer", repr(error)) from error
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                raise Unavailable(f"{self.url} does not answer: is the master up? (`undeterred status`)", repr(error)) from error

    def _read(self, connection: http.client.HTTPConnection, reply: http.client.HTTPResponse) -> bytes:
        try:
            body = reply.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Unavailable(f"the connection to {self.url} broke: ask again", repr(error)) from error
        if reply.will_close or len(self._idle) >= IDLE_MAX:
            connection.close()
        else:
            self._idle.append(connection)
        return body

    def _connection(self) -> http.client.HTTPConnection:
        made = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        return made(self._parts.hostname or "", self._parts.port, timeout=self.timeout_s)
