"""The unmodified `det` 0.38.1 as people use it, command by command, against a real cluster of one slot."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.det import Det, cluster_config
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(240)]
STEPS_ONLY = {"STEPS": 6, "PAUSE": 0.01, "EVERY": 3}


@pytest.fixture
def det(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> Det:
    home = tmp_path / "home"
    home.mkdir()
    return Det(task_python, serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1), home)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model directory with a configuration beside it."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "train.py").write_text(walk.STEPS)
    (tmp_path / "config.json").write_text(json.dumps(walk.config(environment=walk.environ(**STEPS_ONLY), labels=["first"])))
    return folder


def created(said: str) -> int:
    return int(re.findall(r"Created experiment (\d+)", said)[0])


def test_from_create_to_download(det: Det, model: Path, tmp_path: Path) -> None:
    said = det("experiment", "create", "-f", str(tmp_path / "config.json"), str(model))
    assert created(said) == 1
    for line in ("Scheduling Trial 1 (Experiment 1)", "line 6", "done", "exited successfully with a zero exit code"):
        assert line in said
    walk.until_state(det.server, 1, "COMPLETED")
    assert re.search(r"1 \| determined\s+\| walk .*COMPLETED\s+\| 100.0%", det("experiment", "list"))
    (described,) = json.loads(det("experiment", "describe", "1", "--json"))
    shown = described["experiment"]
    assert (shown["id"], shown["state"], shown["labels"]) == (1, "STATE_COMPLETED", ["first"])
    assert "line 1" in det("experiment", "logs", "1")
    assert "line 1" not in det("trial", "logs", "1", "--tail", "2")
    assert "Scheduling" in det("trial", "logs", "1", "--head", "1")
    assert "line 6" in det("trial", "logs", "-f", "1")
    assert "COMPLETED" in det("trial", "describe", "1")
    kept = walk.get(det.server, "/api/v1/experiments/1/checkpoints?states=STATE_COMPLETED")["checkpoints"][0]
    for mode in ("direct", "master"):
        place = tmp_path / mode
        det("checkpoint", "download", kept["uuid"], "-o", str(place), "--mode", mode)
        assert (place / "step").read_text() == str(kept["metadata"]["steps_completed"])
    det("experiment", "download-model-def", "1", "--output-dir", str(tmp_path))
    assert list(tmp_path.glob("*.tgz"))


def test_verbs(det: Det, model: Path, tmp_path: Path) -> None:
    number = str(created(det("experiment", "create", "--paused", str(tmp_path / "config.json"), str(model))))
    assert "PAUSED" in det("experiment", "list")
    det("experiment", "activate", number)
    det("experiment", "wait", number)
    det("experiment", "archive", number)
    assert "walk" not in det("experiment", "list")
    assert "walk" in det("experiment", "list", "--all")
    det("experiment", "unarchive", number)
    det("experiment", "set", "name", number, "renamed")
    det("experiment", "set", "description", number, "described")
    det("experiment", "label", "add", number, "second")
    found = walk.experiment(det.server, int(number))
    assert (found["name"], found["description"], sorted(found["labels"])) == ("renamed", "described", ["first", "second"])
    long = walk.shell(det.server, "exec sleep 600")
    walk.until_state(det.server, long, "RUNNING")
    det("experiment", "pause", str(long))
    assert walk.experiment(det.server, long)["state"] == "STATE_PAUSED"
    det("experiment", "kill", str(long))
    walk.until_state(det.server, long, "CANCELED")
    det("experiment", "cancel", str(long))
    det("experiment", "delete", str(long), "--yes")
    walk.until(lambda: det.server.call("GET", f"/api/v1/experiments/{long}")[0] == 404, 20)
    assert "not found" in det("experiment", "kill", "4711", status=1)


def test_cluster_commands(det: Det) -> None:
    assert "branding: determined" in det("master", "info")
    assert "default" in det("agent", "list")
    assert "FREE" in det("slot", "list")
    assert "determined" in det("user", "whoami")
    assert "Uncategorized" in det("workspace", "list")
    assert "0.38.1" in det("version")
    for words in (("cmd", "run", "echo hi"), ("shell", "list"), ("tensorboard", "list")):
        said = det(*words, status=1)
        assert "is not built yet: docs/compatibility.md lists what is" in said
        assert "Traceback" not in said
