"""Unmanaged experiments: core_v2 of the real package in a process of its own, its calls compared with those the reference saw."""

import json
import re
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.server import OPENER, Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(360)]

SCRIPT = """
import sys
from determined.core import TensorboardMode
from determined.experimental import core_v2
begin, end, storage, fail = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], len(sys.argv) > 4
core = core_v2.init_context(
    config=core_v2.Config(name="unm", hparams={"lr": 0.1}, external_experiment_id="ext-e1", external_trial_id="ext-t1"),
    checkpoint_storage=storage,
    tensorboard_mode=TensorboardMode.MANUAL,
)
with core:
    print("hello unmanaged", flush=True)
    latest = core.info.latest_checkpoint
    if latest:
        with core.checkpoint.restore_path(latest) as path:
            assert (path / "s").read_text() == str(begin), latest
        print("restored", flush=True)
    assert bool(latest) == (begin > 0), latest
    for step in range(begin + 1, end + 1):
        core.train.report_training_metrics(steps_completed=step, metrics={"loss": 1 / step})
        core.train.report_progress(step / end)
    with core.checkpoint.store_path({"steps_completed": end}) as (path, uuid):
        (path / "s").write_text(str(end))
    core.train.report_validation_metrics(steps_completed=end, metrics={"loss": 0.3})
    if fail:
        raise ValueError("something broke")
"""


class Ear:
    """A proxy before a server that writes down each call: `POST /api/v1/trials/N/metrics 200`."""

    def __init__(self, server: Server) -> None:
        heard = self.calls = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0))) or None
                sent = urllib.request.Request(server.url + self.path, data=body, method=self.command)
                for name in ("authorization", "content-type"):
                    if name in self.headers:
                        sent.add_header(name, self.headers[name])
                try:
                    with OPENER.open(sent, timeout=120) as reply:
                        status, answer = reply.status, reply.read()
                except urllib.error.HTTPError as error:
                    with error:
                        status, answer = error.code, error.read()
                heard.append(f"{self.command} {shape(self.path)} {status}")
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_PATCH = pass_on

            def log_message(self, format: str, *args: object) -> None:
                """Keep the test's output quiet."""

        self._proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._proxy.server_port}"
        self._thread = threading.Thread(target=self._proxy.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self._proxy.shutdown()
        self._thread.join()
        self._proxy.server_close()


def shape(path: str) -> str:
    """A path without its query, numbers as N."""
    return re.sub(r"(?<=/)\d+(?=/|$)", "N", path.partition("?")[0])


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve(slots=0)


@pytest.fixture
def ear(server: Server) -> Iterator[Ear]:
    made = Ear(server)
    yield made
    made.close()


def run(python: Path, home: Path, url: str, *words: str, status: int = 0) -> None:
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(home), "XDG_DATA_HOME": str(home), "DET_MASTER": url}
    command = [str(python), "-W", "ignore", "-c", SCRIPT, words[0], words[1], str(home / "checkpoints"), *words[2:]]
    done = subprocess.run(command, env=environ, cwd=home, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == status, done.stdout + done.stderr


def test_a_script_of_its_own_is_tracked(server: Server, ear: Ear, task_python: Path, tmp_path: Path, contract: Path) -> None:
    run(task_python, tmp_path, ear.url, "0", "3")
    recorded = [json.loads(line) for line in (contract / "unmanaged_trace.jsonl").read_text().splitlines()]
    wanted = [f"{call['method']} {shape(call['path'])} {call['status']}" for call in recorded]
    wanted.remove("GET /api/v1/me 401")  # the recorded client had an old token at hand
    began = wanted.index("PATCH /api/v1/trials/N 200")
    own = [call for call in ear.calls if call != "GET /info 200"]
    assert own[: began + 1] == wanted[: began + 1]
    assert wanted[-1] in own[-2:], "the end is told; the last lines may come after it"
    uneven = {"PATCH /api/v1/trials/N 200", "POST /task-logs 200"}  # heartbeats and batches of lines go by the clock
    assert sorted(call for call in own if call not in uneven) == sorted(call for call in wanted if call not in uneven)
    assert uneven <= set(own) <= set(wanted)

    found = walk.trial(server, 1)
    assert (found["state"], found["totalBatchesProcessed"]) == ("STATE_COMPLETED", 3)
    assert walk.get(server, "/api/v1/trials/by-external-id/ext-e1/ext-t1")["trial"]["id"] == found["id"]
    assert found["summaryMetrics"]["avg_metrics"]["loss"]["count"] == 3
    assert walk.experiment(server, 1)["state"] == "STATE_COMPLETED"
    assert walk.experiment(server, 1)["unmanaged"] is True
    (kept,) = walk.get(server, "/api/v1/trials/1/checkpoints")["checkpoints"]
    assert (tmp_path / "checkpoints" / kept["uuid"] / "s").read_text() == "3"
    assert kept["state"] == "STATE_COMPLETED"
    status, lines = server.call("GET", "/api/v1/trials/1/logs?follow=true")
    assert status == 200, "the follow of an ended run's log ends"
    own_lines = [line["result"]["log"] for line in (lines if isinstance(lines, list) else [lines])]
    assert any("hello unmanaged" in line for line in own_lines), own_lines


def test_it_goes_on_under_its_external_id_and_ends_in_error(server: Server, task_python: Path, tmp_path: Path) -> None:
    run(task_python, tmp_path, server.url, "0", "3")
    run(task_python, tmp_path, server.url, "3", "5", "fail", status=1)
    assert walk.get(server, "/api/v1/experiments")["pagination"]["total"] == 1
    found = walk.trial(server, 1)
    assert (found["state"], found["totalBatchesProcessed"], found["checkpointCount"]) == ("STATE_ERROR", 5, 2)
    assert walk.experiment(server, 1)["state"] == "STATE_ERROR"
    assert found["summaryMetrics"]["avg_metrics"]["loss"]["count"] == 5
    lines = walk.log(server, 1)
    assert sum("hello unmanaged" in line for line in lines) == 2
    assert sum("restored" in line for line in lines) == 1
    assert any("something broke" in line for line in lines), lines
