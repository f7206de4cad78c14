"""The real `det` deletes a project and a workspace in which something runs: it waits, and all of it is gone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.support.det import Det
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(360)]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A model directory with a configuration that ends and one that does not."""
    folder = tmp_path / "work"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "train.py").write_text(walk.STEPS)
    for name, steps in (("short", 6), ("long", 100_000)):
        environment = walk.environ(STEPS=steps, PAUSE=0.05, EVERY=3)
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(walk.config(name=name, environment=environment, workspace="lab", project="p")))
    return folder


def files(tmp_path: Path) -> list[Path]:
    """What the checkpoint storage holds."""
    return [path for path in (tmp_path / "checkpoints").rglob("*") if path.is_file()]


def test_a_project_and_a_workspace(det: Det, here: Path, tmp_path: Path) -> None:
    """A project goes with what runs in it, and its checkpoints; its workspace after it, with another."""
    det("workspace", "create", "lab")
    det("project", "create", "lab", "p")
    det("experiment", "create", "short.yaml", "model", cwd=here)
    walk.until_state(det.server, 1, "COMPLETED")
    det("experiment", "create", "long.yaml", "model", cwd=here)
    walk.until(lambda: walk.get(det.server, "/api/v1/experiments/2/checkpoints")["checkpoints"], 30, "a checkpoint")
    assert files(tmp_path)
    said = det("project", "delete", "lab", "p", "--yes")
    assert "Started deletion of project p" in said
    assert "Project deleted successfully." in said
    assert det.server.call("GET", "/api/v1/experiments/2")[0] == 404
    assert walk.get(det.server, "/api/v1/experiments")["experiments"] == []
    assert files(tmp_path) == []
    walk.nothing_left(det.server)

    det("project", "create", "lab", "p")
    det("experiment", "create", "long.yaml", "model", "--paused", cwd=here)
    said = det("workspace", "delete", "lab", "--yes")
    assert "Started deletion of workspace lab" in said
    assert "Workspace deleted successfully." in said
    assert "lab" not in det("workspace", "list")


def test_a_deletion_outlives_the_master(serve: Callable[..., Server]) -> None:
    """The master is killed as soon as it has answered: the next one goes on, and again."""
    server = serve(slots=0)
    status, made = server.call("POST", "/api/v1/workspaces", {"name": "w"})
    assert status == 200
    place = f"/api/v1/workspaces/{made['workspace']['id']}"
    project = server.call("POST", f"{place}/projects", {"name": "p"})[1]["project"]["id"]
    config = json.dumps(
        {"name": "x", "entrypoint": "true", "searcher": {"name": "single", "metric": "loss"}, "resources": {"slots_per_trial": 0}}
    )
    for n in range(60):
        status, answer = server.call("POST", "/api/v1/experiments", {"config": config, "projectId": project, "activate": n % 2 == 0})
        assert status == 200, answer
    assert server.call("DELETE", place) == (200, {"completed": False})
    for _ in range(3):
        server.kill9()
        server.restart()
    walk.until(lambda: server.call("GET", place)[0] == 404, 60, lambda: server.call("GET", place))
    assert walk.get(server, "/api/v1/experiments")["experiments"] == []
    assert server.call("GET", f"/api/v1/projects/{project}")[0] == 404
