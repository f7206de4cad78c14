"""The master's log and its level over HTTP: what one asks for, what comes while one follows, who may change what."""

import json
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

from tests.support.server import OPENER, Server

LINES = "/api/v1/master/logs"


def entries(server: Server, query: str = "") -> list[dict[str, Any]]:
    status, answer = server.call("GET", LINES + query)
    assert status == 200, answer
    found = [] if answer is None else answer if isinstance(answer, list) else [answer]
    return [line["result"]["logEntry"] for line in found]


def note(server: Server) -> None:
    """Have the master log a line."""
    status, answer = server.call(
        "PATCH",
        "/api/v1/master/config",
        {"config": {"log": {"level": "LOG_LEVEL_DEBUG"}}, "fieldMask": {"paths": ["log.level"]}},
        server.token("admin"),
    )
    assert status == 200, answer


def test_the_first_lines_say_what_runs(serve: Callable[..., Server]) -> None:
    server = serve(slots=0)
    first = entries(server)
    assert [entry["id"] for entry in first] == list(range(len(first)))
    assert "speaks the API of Determined 0.38.1" in first[0]["message"]
    assert any("SQLite" in entry["message"] for entry in first)
    assert entries(server, "?limit=2&offset=1") == first[1:3]
    assert entries(server, "?offset=100000") == []


def test_following_gets_what_comes(serve: Callable[..., Server]) -> None:
    server = serve(slots=0)
    request = urllib.request.Request(server.url + LINES + "?follow=true&offset=-1", headers={"Authorization": f"Bearer {server.token()}"})
    got: list[str] = []
    begun, noted = threading.Event(), threading.Event()

    def follow() -> None:
        with OPENER.open(request, timeout=300) as stream:
            for line in stream:
                got.append(json.loads(line)["result"]["logEntry"]["message"])
                begun.set()
                if "log level" in got[-1]:
                    noted.set()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    assert begun.wait(300), "the last line so far comes at once"
    note(server)
    assert noted.wait(300), got
    assert server.terminate() == 0
    thread.join(300)
    assert not thread.is_alive(), "a stream ends with its master"
