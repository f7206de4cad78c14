"""The way to the master: HTTP over one kept connection per user of it, patient over outages, following the master to a new URL."""

import contextlib
import http.client
import json
import ssl
import threading
from typing import Any
from urllib.parse import urlsplit

from undeterred.supervisor import folder

BACKOFF_FIRST_S, BACKOFF_MOST_S = 0.1, 2.0
GONE = 410  # the master's word for: I know nothing of this and never will, end it
OUTAGE = frozenset({408, 425, 429, 500, 502, 503, 504})
# Final only for a task that was told to stop: another server may answer at the master's address for a while.
UNKNOWN = frozenset({400, 403, 404})
dismissed = threading.Event()  # SIGTERM was received: nobody wants this task any more


class Refused(Exception):
    """The master answered, and the answer is no."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP {status}: {text}")
        self.status = status


def sentence(answer: bytes) -> str:
    """The words of an error's answer, whichever of the two shapes it has."""
    text = answer[:2000].decode("utf-8", "replace").strip()
    try:
        value = json.loads(text)
    except ValueError:
        return text[:500]
    inner = value.get("error") if isinstance(value, dict) else None
    words = inner.get("error") if isinstance(inner, dict) else value.get("message") if isinstance(value, dict) else None
    return words if isinstance(words, str) else text[:500]


def _object(answer: bytes) -> dict[str, Any] | None:
    """The JSON object of a good answer; None where it is no such thing: some other server has the master's port for a while."""
    try:
        value = json.loads(answer or b"{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


class Stopped(Exception):
    """The wait for the master was given up because the task is over."""


class Link:
    """One connection; not shared between threads."""

    def __init__(self, spec: dict[str, Any], stop: threading.Event | None = None) -> None:
        self._spec = spec
        self._url: str = spec["master_url"]
        self._connection: http.client.HTTPConnection | None = None
        self._stop = stop or threading.Event()

    def report(self, path: str, body: bytes) -> dict[str, Any]:
        """POST to the supervisor's own routes until it is answered 200. Raises Refused for 410 Gone, and for a task that was told to stop
        also when the master does not know it; Stopped when the wait is given up."""
        headers = {"X-Undeterred-Supervisor": self._spec["key"], "Content-Type": "application/json"}
        return self._repeat("POST", path, body, headers, patient=True)

    def call(self, method: str, path: str, body: bytes | None = None, timeout_s: float = 60) -> dict[str, Any]:
        """A call on the task's behalf, repeated over outages; raises Refused for any other answer than 200."""
        headers = {
            "Grpc-Metadata-x-allocation-token": f"Bearer {self._spec['env']['DET_SESSION_TOKEN']}",
            "Content-Type": "application/json",
        }
        return self._repeat(method, path, body, headers, patient=False, timeout_s=timeout_s)

    def _repeat(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], *, patient: bool, timeout_s: float = 30
    ) -> dict[str, Any]:
        wait_s = BACKOFF_FIRST_S
        while True:
            try:
                status, answer = self._once(method, path, body, headers, timeout_s)
            except (OSError, http.client.HTTPException):
                self.close()
            else:
                value = _object(answer) if status == 200 else None
                if value is not None:
                    return value
                unknown = status in UNKNOWN and dismissed.is_set()
                if status == GONE or unknown or (not patient and status not in OUTAGE and status != 200):
                    raise Refused(status, sentence(answer))
            if self.abandoned():
                raise Refused(GONE, "the task's folder was taken away")
            self._look_again()
            if self._stop.wait(wait_s):
                raise Stopped
            wait_s = min(wait_s * 2, BACKOFF_MOST_S)

    def abandoned(self) -> bool:
        """Whether somebody removed the data folder: then nobody will ever answer."""
        place = self._spec.get("place")
        return isinstance(place, str) and folder.taken_away(place)

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str], timeout_s: float) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        connection.timeout = timeout_s
        if connection.sock is not None:
            connection.sock.settimeout(timeout_s)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._url)
        if parts.scheme != "https":
            return http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80)
        context = ssl.create_default_context(cafile=self._spec.get("master_cert") or None)
        return http.client.HTTPSConnection(parts.hostname or "127.0.0.1", parts.port or 443, context=context)

    def _look_again(self) -> None:
        """The master may have moved, and another server have its port: its present URL stands in master.json."""
        there = None
        with contextlib.suppress(OSError):
            there = folder.read_json(self._spec["master_file"]) if self._spec.get("master_file") else None
        if isinstance(there, dict) and isinstance(there.get("url"), str) and there["url"] != self._url:
            self.close()
            self._url = there["url"]

    def close(self) -> None:
        """Forget the connection; the next call opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
