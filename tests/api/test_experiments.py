"""Experiments over HTTP: a list shows at once what was answered, uploads come back, a deleted one is gone with everything."""

import base64
import io
import tarfile
import time
from collections.abc import Callable

from tests.support.conformance import fresh_server
from tests.support.server import Server

UNMANAGED = "name: n{n}\nsearcher: {{name: single, metric: loss}}\nlabels: [l{n}]\n"
MANAGED = "name: m\nentrypoint: python3 t.py\nsearcher: {name: single, metric: loss}\nresources: {slots_per_trial: 0}\n"


def test_a_list_shows_what_was_answered_before(store_url: str, serve: Callable[..., Server]) -> None:
    server = fresh_server(serve, store_url)
    token = server.token("admin", "Det-Test-1234")
    for n in range(1, 16):
        status, made = server.call("POST", "/api/v1/experiments", {"config": UNMANAGED.format(n=n), "unmanaged": True}, token)
        assert status == 200
        _, page = server.call("GET", "/api/v1/experiments?orderBy=ORDER_BY_DESC&limit=1", None, token)
        assert (page["experiments"][0]["id"], page["pagination"]["total"]) == (made["experiment"]["id"], n)
        server.call("PATCH", f"/api/v1/experiments/{made['experiment']['id']}", {"name": f"renamed {n}"}, token)
        _, page = server.call("GET", f"/api/v1/experiments?name=RENAMED%20{n}&labels=l{n}", None, token)
        assert [each["name"] for each in page["experiments"]] == [f"renamed {n}"]
    _, page = server.call("GET", "/api/v1/experiments?sortBy=SORT_BY_NAME&offset=-2", None, token)
    assert [each["name"] for each in page["experiments"]] == ["renamed 8", "renamed 9"]


def test_an_upload_comes_back_and_goes_with_its_experiment(store_url: str, serve: Callable[..., Server]) -> None:
    server = fresh_server(serve, store_url)
    token = server.token("admin", "Det-Test-1234")
    large = base64.b64encode(bytes(range(256)) * 400).decode()
    files = [
        {"path": "t.py", "type": 48, "content": "cHJpbnQoMSkK", "mode": 420},
        {"path": "d/large.bin", "type": 48, "content": large, "mode": 384},
    ]
    status, made = server.call("POST", "/api/v1/experiments", {"config": MANAGED, "modelDefinition": files, "activate": True}, token)
    assert (status, made["experiment"]["state"]) == (200, "STATE_QUEUED")
    path = f"/api/v1/experiments/{made['experiment']['id']}"
    _, archive = server.call("GET", f"{path}/model_def", None, token)
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(archive["b64Tgz"]))) as tar:
        assert [(member.name, member.size) for member in tar] == [("t.py", 9), ("d/large.bin", 102_400)]
    assert server.call("POST", f"{path}/file", {"path": "d/large.bin"}, token) == (200, {"file": large})
    for wrong in ("../t.py", "/etc/passwd"):
        refused = {"config": MANAGED, "modelDefinition": [{"path": wrong, "type": 48}]}
        assert server.call("POST", "/api/v1/experiments", refused, token)[0] == 400
    assert server.call("POST", f"{path}/kill", None, token)[0] == 200
    assert server.call("DELETE", path, None, token)[0] == 200
    deadline = time.monotonic() + 40
    while (status := server.call("GET", path, None, token)[0]) != 404 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert status == 404
    assert server.call("GET", "/api/v1/experiments", None, token)[1]["pagination"]["total"] == 0
