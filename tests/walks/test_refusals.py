"""What a master refuses to do, in words; and a clean stop that leaves its tasks running."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.det import cluster_config
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(360)]


def refused(data: Path, *words: str, config: str = "") -> str:
    """What a start that must fail says."""
    file = data.parent / "refused.yaml"
    file.write_text(config)
    command = [sys.executable, "-m", "undeterred.cli.main", "up", "--foreground", "--data", str(data), "--config", str(file), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_an_open_network_wants_passwords(tmp_path: Path) -> None:
    said = refused(tmp_path / "data", "--host", "0.0.0.0", "--port", "0", "--slots", "0")
    assert "admin and determined have a blank password" in said
    assert "det user change-password" in said
    assert "security.initial_user_password" in said


def test_one_folder_one_master(serve: Callable[..., Server]) -> None:
    server = serve()
    said = refused(server.data, "--port", "0", "--slots", "0")
    assert f"already has a master (process {server.pid})" in said
    assert "undeterred down" in said


def test_a_port_that_is_taken(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve()
    assert "choose another port with --port" in refused(tmp_path / "other", "--port", str(server.port), "--slots", "0")


def test_an_unknown_word_is_named_with_its_neighbour(tmp_path: Path) -> None:
    said = refused(tmp_path / "data", "--port", "0", config="resource_pool: []\n")
    assert "resource_pool" in said
    assert "resource_pools" in said


def test_sigterm_leaves_tasks_and_the_next_start_takes_them_up(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    server = serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    number = walk.shell(server, "for i in $(seq 1 50); do echo line $i; sleep 0.1; done")
    walk.until_line(server, number, "line 3")
    assert server.terminate() == 0
    assert server.leftovers(), "the task goes on"
    server.start()
    walk.until_state(server, number, "COMPLETED")
    assert [line for line in walk.log(server, number) if line.startswith("line ")] == [f"line {i}" for i in range(1, 51)]
    assert not any(".2)" in line for line in walk.log(server, number)), "it is the same run"


def test_tokens_that_are_no_good(serve: Callable[..., Server]) -> None:
    server = serve()
    own = server.token()

    def me(token: str | None) -> tuple[int, str]:
        status, answer = server.call("GET", "/api/v1/me", None, token)
        return status, answer["error"]["error"] if status != 200 else answer["user"]["username"]

    assert me(own) == (200, "determined")
    assert me(None) == (401, "token missing")
    assert me(own[:-1] + ("A" if own[-1] != "A" else "B")) == (401, "invalid credentials")
    assert server.call("POST", "/api/v1/auth/logout", {}, own)[0] == 200
    assert me(own) == (401, "invalid credentials")
    status, answer = server.call("POST", "/api/v1/auth/login", {"username": "determined"}, None)
    assert status == 200
    server.terminate()
    with sqlite3.connect(server.data / "undeterred.db") as raw:
        raw.execute("UPDATE sessions SET expires_at = 1")
    raw.close()
    server.start()
    assert me(answer["token"]) == (401, "invalid credentials")


def test_others_things_and_a_task_s_token(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    server = serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    admin = server.token("admin")
    status, made = server.call(
        "POST", "/api/v1/experiments", {"config": "name: a\nsearcher: {name: single, metric: l}\n", "unmanaged": True}, admin
    )
    assert status == 200
    assert server.call("DELETE", f"/api/v1/experiments/{made['experiment']['id']}", None)[0] in (403, 400)
    assert server.call("GET", "/api/v1/master/config", None)[0] == 403
    number = walk.shell(server, "echo token $DET_SESSION_TOKEN; sleep 600")

    def told() -> str | None:
        return next((line.split()[1] for line in walk.log(server, number) if line.startswith("token ")), None)

    token = walk.until(told, 20)
    assert server.call("GET", "/api/v1/me", None, token)[1]["user"]["username"] == "determined"
    walk.act(server, number, "kill")
    walk.until_state(server, number, "CANCELED")
    assert server.call("GET", "/api/v1/me", None, token)[0] == 401
