"""Downloads of model definitions and the preview of a policy, on the routes that are older than /api/v1."""

import base64
import gzip
import http.client
import json
from collections.abc import Callable, Iterator

import pytest

from tests.support.server import Server

CONFIG = "name: 'My  exp/1: \u00e9'\nentrypoint: python3 train.py\nsearcher: {name: single, metric: loss, max_length: 1}\nresources: {slots_per_trial: 0}\n"
Get = Callable[[str], tuple[int, dict[str, str], bytes]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("data")).start()
    files = [{"path": path, "type": 48, "content": base64.b64encode(text.encode()).decode(), "mode": 420} for path, text in FILES.items()]
    status, _ = one.call("POST", "/api/v1/experiments", {"config": CONFIG, "modelDefinition": files})
    assert status == 200
    yield one
    one.stop()
    one.complain()


FILES = {"train.py": "print(1)\n", "pkg/data.json": '{"a": 1}', "empty": "", 'a "b"\n\u00e9.html': "<html>"}


@pytest.fixture
def get(server: Server) -> Get:
    def one(path: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", path, headers={"Authorization": f"Bearer {server.token()}"})
        reply = connection.getresponse()
        raw = reply.read()
        connection.close()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, raw

    return one


def test_the_archive(get: Get) -> None:
    status, headers, raw = get("/experiments/1/model_def")
    assert (status, headers["content-type"]) == (200, "application/x-gtar")
    assert headers["content-disposition"] == 'attachment; filename="exp1_My  exp1 _model_def.tar.gz"'
    assert b"pkg/data.json" in gzip.decompress(raw)


@pytest.mark.parametrize(
    ("path", "content_type", "name"),
    [
        ("train.py", "text/plain; charset=utf-8", 'filename="exp1/train.py"'),
        ("pkg/data.json", "text/plain; charset=utf-8", 'filename="exp1/pkg/data.json"'),
        ("empty", "text/plain; charset=utf-8", 'filename="exp1/empty"'),
        (
            'a%20"b"%0A\u00e9.html',
            "text/html; charset=utf-8",
            "filename=\"exp1/a _b___.html\"; filename*=UTF-8''exp1/a%20%22b%22%0A%C3%A9.html",
        ),
    ],
)
def test_a_file(get: Get, path: str, content_type: str, name: str) -> None:
    status, headers, raw = get(f"/experiments/1/file/download?path={path}".replace("\u00e9", "%C3%A9").replace('"', "%22"))
    assert (status, headers["content-type"], headers["content-disposition"]) == (200, content_type, f"attachment; {name}")
    assert raw.decode() in FILES.values()


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("999/model_def", 404, "experiment '999' not found"),
        ("x/model_def", 400, "experiment_id: strconv.ParseInt"),
        ("1/file/download", 400, "missing parameter: path"),
        ("1/file/download?path=", 400, "missing parameter: path"),
        ("1/file/download?path=../x", 400, "outside"),
        ("1/file/download?path=/etc/passwd", 400, "outside"),
        ("1/file/download?path=missing.py", 404, "does not exist"),
        ("1/file/download?path=pkg", 404, "does not exist"),
        ("999/file/download?path=train.py", 404, "experiment '999' not found"),
        ("1/preview_gc?save_experiment_best=1", 400, "missing parameter: save_trial_best"),
        ("1/preview_gc?save_experiment_best=a&save_trial_best=1&save_trial_latest=1", 400, "save_experiment_best: strconv.ParseInt"),
        ("999/preview_gc?save_experiment_best=1&save_trial_best=1&save_trial_latest=1", 404, "experiment '999' not found"),
    ],
)
def test_what_is_not_there(get: Get, path: str, status: int, text: str) -> None:
    told, _, raw = get(f"/experiments/{path}")
    assert told == status
    assert text in json.loads(raw)["message"]


def test_the_preview_names_what_would_go(server: Server, get: Get) -> None:
    counts = "preview_gc?save_experiment_best=0&save_trial_best=0&save_trial_latest=1"
    assert json.loads(get(f"/experiments/1/{counts}")[2]) == {"checkpoints": None, "metric_name": "loss"}
    config = "name: u\nentrypoint: x\nsearcher: {name: single, metric: loss, max_length: 1}\n"
    made = server.call("POST", "/api/v1/experiments", {"config": config, "unmanaged": True})[1]["experiment"]["id"]
    trial = server.call("POST", "/api/v1/trials", {"experimentId": made, "unmanaged": True, "hparams": {}})[1]["trial"]
    for step in (1, 2):
        report = {"trialId": trial["id"], "stepsCompleted": step, "metrics": {"avgMetrics": {"loss": 1.5 * step}}}
        assert server.call("POST", f"/api/v1/trials/{trial['id']}/metrics", {"group": "validation", "metrics": report})[0] == 200
        uuid = f"22222222-2222-2222-2222-00000000000{step}"
        sent = {
            "uuid": uuid,
            "taskId": trial["taskId"],
            "resources": {"f": "7"},
            "metadata": {"steps_completed": step},
            "state": "STATE_COMPLETED",
        }
        assert server.call("POST", "/api/v1/checkpoints", sent)[0] == 200
    told = json.loads(get(f"/experiments/{made}/{counts}")[2])["checkpoints"]
    assert [{**one, "ReportTime": ""} for one in told] == [
        {
            "UUID": "22222222-2222-2222-2222-000000000001",
            "TrialID": trial["id"],
            "StepsCompleted": 1,
            "State": "COMPLETED",
            "ReportTime": "",
            "Resources": {"f": 7},
            "ValidationMetrics": {"loss": 1.5},
        }
    ]
