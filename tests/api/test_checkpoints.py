"""Over HTTP, with a master that is killed in between: reports that were answered are there, repeated ones are counted once; a checkpoint's
files come as an archive."""

import io
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.server import OPENER, Server

UUID = "22222222-2222-2222-2222-000000000001"
AT = "2026-01-02T03:04:05.5Z"


def unmanaged(server: Server, storage: Path) -> tuple[int, str]:
    """A started trial of an unmanaged experiment: its id and task."""
    config = f"name: u\nsearcher: {{name: single, metric: loss}}\ncheckpoint_storage: {{type: directory, container_path: {storage}}}\n"
    status, answer = server.call("POST", "/api/v1/experiments", {"config": config, "unmanaged": True})
    assert status == 200, answer
    request = {"experimentId": answer["experiment"]["id"], "hparams": {}, "unmanaged": True}
    trial = server.call("POST", "/api/v1/trials", request)[1]["trial"]
    assert server.call("POST", f"/api/v1/trials/{trial['id']}/start", {"resume": True})[0] == 200
    return trial["id"], trial["taskId"]


def fetch(server: Server, path: str, accept: str | None = None) -> tuple[int, str, bytes]:
    headers = {"Authorization": f"Bearer {server.token()}"} | ({"Accept": accept} if accept else {})
    try:
        with OPENER.open(urllib.request.Request(server.url + path, headers=headers), timeout=120) as reply:
            return reply.status, reply.headers["content-type"], reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["content-type"], error.read()


def test_a_checkpoint_comes_as_an_archive(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve()
    trial, task = unmanaged(server, tmp_path)
    (tmp_path / UUID / "sub").mkdir(parents=True)
    (tmp_path / UUID / "sub" / "w.bin").write_bytes(b"w" * 100_000)
    sent: dict[str, Any] = {
        "uuid": UUID,
        "taskId": task,
        "resources": {"sub/": "0", "sub/w.bin": "100000"},
        "metadata": {"steps_completed": 3},
    }
    assert server.call("POST", "/api/v1/checkpoints", sent)[0] == 200
    status, kind, body = fetch(server, f"/checkpoints/{UUID}")
    assert (status, kind) == (200, "application/x-tar")
    with tarfile.open(fileobj=io.BytesIO(body)) as bundle:
        assert [(m.name, m.size) for m in bundle] == [("sub", 0), ("sub/w.bin", 100_000)]
    assert fetch(server, f"/checkpoints/{UUID}", "application/zip")[1] == "application/zip"
    assert fetch(server, f"/checkpoints/{UUID}", "text/html")[0] == 415
    assert fetch(server, "/checkpoints/x")[0] == 400
    (tmp_path / UUID / "sub" / "w.bin").unlink()
    assert fetch(server, f"/checkpoints/{UUID}")[0] == 404
    assert server.call("GET", f"/api/v1/trials/{trial}")[1]["trial"]["totalCheckpointSize"] == "100000"


def test_what_was_answered_survives_a_kill_and_a_retry_is_counted_once(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve()
    trial, task = unmanaged(server, tmp_path)
    report = {
        "group": "validation",
        "metrics": {"trialRunId": 1, "stepsCompleted": 1, "reportTime": AT, "metrics": {"avgMetrics": {"loss": 2}}},
    }
    checkpoint = {"uuid": UUID, "taskId": task, "resources": {"a": "7"}, "metadata": {"steps_completed": 1}, "reportTime": AT}
    for _ in range(2):
        assert server.call("POST", f"/api/v1/trials/{trial}/metrics", report)[0] == 200
        assert server.call("POST", "/api/v1/checkpoints", checkpoint)[0] == 200
        server.kill9()
        server.restart()
    shown = server.call("GET", f"/api/v1/trials/{trial}")[1]["trial"]
    assert shown["summaryMetrics"]["validation_metrics"]["loss"]["count"] == 1
    assert (shown["checkpointCount"], shown["totalCheckpointSize"], shown["bestCheckpoint"]["uuid"]) == (1, "7", UUID)
