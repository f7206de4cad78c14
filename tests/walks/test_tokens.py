"""Who may speak for whom: users' tokens, a task's token, a supervisor's key; real servers, real tasks."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.det import cluster_config
from tests.support.server import OPENER, Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(360)]

PASSWORD = "Long-Enough-1234"


def test_beyond_loopback_once_there_are_passwords(serve: Callable[..., Server], tmp_path: Path) -> None:
    """The command that the refusal names mends it: passwords set on loopback are enough for the next start on every address."""
    data = tmp_path / "data"
    server = serve(data=data)
    admin = server.token("admin")
    command = [sys.executable, "-m", "undeterred.cli.main", "up", "--foreground", "--host", "0.0.0.0"]
    command += ["--data", str(data), "--port", str(server.port), "--slots", "0"]
    for number, name in ((2, "determined"), (1, "admin")):
        assert server.terminate() == 0
        refused = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, stdin=subprocess.DEVNULL)
        assert refused.returncode == 1
        assert name in refused.stderr
        assert "blank password" in refused.stderr
        server.start()
        status, answer = server.call("PATCH", f"/api/v1/users/{number}", {"password": PASSWORD, "isHashed": False}, admin)
        assert status == 200, answer
    assert server.terminate() == 0
    with (tmp_path / "open.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL) as process:
        walk.until(server.answers, 20, (tmp_path / "open.log").read_text)
        assert server.call("POST", "/api/v1/auth/login", {"username": "determined", "password": ""}, None)[0] == 401
        status, _ = server.call("POST", "/api/v1/auth/login", {"username": "determined", "password": PASSWORD, "isHashed": False}, None)
        assert status == 200
        process.terminate()
        assert process.wait(20) == 0


def test_a_user_s_token_reaches_only_so_far(serve: Callable[..., Server]) -> None:
    server = serve()
    admin, plain = server.token("admin"), server.token()
    status, made = server.call("POST", "/api/v1/users", {"user": {"username": "eve", "active": True}, "password": PASSWORD}, admin)
    assert status == 200, made
    eve = server.token("eve", PASSWORD)
    number = made["user"]["id"]
    workspace = server.call("POST", "/api/v1/workspaces", {"name": "plain's"}, plain)[1]["workspace"]["id"]
    for method, path, body in (
        ("POST", "/api/v1/users", {"user": {"username": "other", "active": True}}),
        ("PATCH", "/api/v1/users/2", {"admin": True}),
        ("PATCH", f"/api/v1/users/{number}", {"admin": True}),
        ("PATCH", "/api/v1/users/1", {"displayName": "eve's"}),
        ("PATCH", f"/api/v1/workspaces/{workspace}", {"name": "eve's"}),
        ("DELETE", f"/api/v1/workspaces/{workspace}", None),
        ("POST", f"/api/v1/workspaces/{workspace}/archive", {}),
        ("GET", "/api/v1/master/config", None),
        ("POST", "/api/v1/agents/nosuch/disable", {}),
    ):
        status, answer = server.call(method, path, body, eve)
        assert status == 403, (method, path, status, answer)
    assert server.call("GET", f"/api/v1/workspaces/{workspace}", None, eve)[1]["workspace"]["name"] == "plain's"

    assert server.call("GET", "/api/v1/me", None, eve)[0] == 200
    assert server.call("PATCH", f"/api/v1/users/{number}", {"active": False}, admin)[0] == 200
    assert server.call("GET", "/api/v1/me", None, eve)[0] in (401, 403)
    status, answer = server.call("POST", "/api/v1/auth/login", {"username": "eve", "password": PASSWORD, "isHashed": False}, None)
    assert status in (401, 403), answer


@pytest.mark.realclient
def test_keys_and_tokens_of_tasks(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    """One task cannot speak for another's allocation, whatever it holds; what it holds dies with it."""
    server = serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=2)
    numbers = [walk.shell(server, "echo began; exec sleep 600") for _ in range(2)]
    for number in numbers:
        walk.until_line(server, number, "began")
    specs = sorted((json.loads((place / "spec.json").read_text()) for place in walk.containers(server)), key=allocation)
    assert [allocation(spec)[:2] for spec in specs] == ["1.", "2."]
    keys = [str(spec["key"]) for spec in specs]
    log = {"epoch": specs[1]["epoch"], "containerId": specs[1]["container_id"], "first": 0, "lines": []}
    path = f"/internal/v1/allocations/{allocation(specs[1])}/logs"
    assert post(server, path, log, keys[1]) == 200
    for wrong in (keys[0], keys[1][:-1] + ("0" if keys[1][-1] != "0" else "1"), "", server.token("admin")):
        assert post(server, path, log, wrong) in (401, 403), wrong
    assert post(server, path, {**log, "epoch": int(log["epoch"]) - 1}, keys[1]) in (200, 403, 410)

    tokens = [str(spec["env"]["DET_SESSION_TOKEN"]) for spec in specs]
    signals = [f"/api/v1/allocations/{allocation(spec)}/signals/preemption?timeoutSeconds=0" for spec in specs]
    assert server.call("GET", signals[0], None, tokens[0])[0] == 200
    assert server.call("POST", "/api/v1/users", {"user": {"username": "other", "active": True}}, tokens[0])[0] == 403
    walk.act(server, numbers[0], "kill")
    walk.until_state(server, numbers[0], "CANCELED")
    assert server.call("GET", "/api/v1/me", None, tokens[0])[0] == 401
    assert server.call("GET", signals[1], None, tokens[1])[0] == 200
    walk.act(server, numbers[1], "kill")
    walk.until_state(server, numbers[1], "CANCELED")
    walk.nothing_left(server)
    assert post(server, path, log, keys[1]) in (200, 410), "the end of a log may still come"


def allocation(spec: dict[str, Any]) -> str:
    return str(spec["allocation_id"])


def post(server: Server, path: str, body: dict[str, Any], supervisor: str) -> int:
    """A supervisor's report; the status of the answer."""
    headers = {"X-Undeterred-Supervisor": supervisor, "content-type": "application/json"}
    try:
        with OPENER.open(urllib.request.Request(server.url + path, json.dumps(body).encode(), headers), timeout=120) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
