"""The real SDK (`determined.experimental.client` 0.38.1) in a process of its own, against a real server."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.det import Det
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(360)]

BEGIN = """
import itertools, pathlib
from determined.experimental import client
client.login(user="determined", password="")
def raises(call, *args):
    try: call(*args)
    except Exception as error: return str(error)
    raise AssertionError(f"{call} was not refused")
"""

RUN = """
made = client.create_experiment("short.yaml", "model", includes=["extra"])
trial = made.await_first_trial()
following = trial.logs(follow=True)
assert "Scheduling Trial 1" in next(following)
assert made.wait(interval=0.2) == client.ExperimentState.COMPLETED
assert any("the note: hello" in line for line in following), "includes travel, and the follow ends"
assert [e.id for e in client.list_experiments()] == [made.id] == [1]
found = client.get_experiment(1)
assert (found.name, found.config["searcher"]["metric"], found.state) == ("walk", "accuracy", client.ExperimentState.COMPLETED)
assert [t.id for t in found.list_trials()] == [trial.id]
trial.reload()
assert trial.state == client.TrialState.COMPLETED
assert trial.summary_metrics["avg_metrics"]["loss"]["count"] == 6
assert "terminated" in list(trial.logs(tail=1))[0] and len(list(trial.logs(head=3))) == 3

steps = [(m.steps_completed, m.metrics) for m in trial.iter_metrics("training")]
assert steps == [(n, {"loss": 1 / n}) for n in range(1, 7)], steps
assert [(m.steps_completed, m.metrics) for m in trial.iter_metrics("validation")] == [(3, {"accuracy": 0.5}), (6, {"accuracy": 1})]
assert list(trial.iter_metrics("nothing")) == []
assert [m.steps_completed for m in client.stream_trials_metrics([1], "training")] == list(range(1, 7))
assert [m.steps_completed for m in client.stream_trials_training_metrics([1])] == list(range(1, 7))
assert [m.steps_completed for m in client.stream_trials_validation_metrics([1])] == [3, 6]
assert "99" in raises(lambda: list(client.stream_trials_metrics([99], "training")))

best = made.top_checkpoint()
assert best.metadata == {"steps_completed": 6} and best.training.validation_metrics["avgMetrics"] == {"accuracy": 1}
assert best.uuid == made.list_checkpoints(max_results=1)[0].uuid == trial.select_checkpoint(latest=True).uuid
assert {c.metadata["steps_completed"] for c in trial.list_checkpoints()} == {3, 6}
direct, master = best.download(path="direct"), best.download(path="master", mode=client.DownloadMode.MASTER)
for place in (direct, master):
    assert (pathlib.Path(place) / "step").read_text() == "6"
best.add_metadata({"tags": {"kept": 1}, "by": "hand"})
best.remove_metadata(["by"])
assert client.get_checkpoint(best.uuid).metadata == {"steps_completed": 6, "tags": {"kept": 1}}

made.set_name("another"); made.set_description("words"); made.set_labels({"one"}); made.add_label("two"); made.remove_label("one")
made.archive(); made.reload()
assert (made.name, made.description, made.labels, made.archived) == ("another", "words", {"two"}, True)
made.unarchive(); made.reload()
assert made.archived is False
assert pathlib.Path(made.download_code(output_dir=".")).stat().st_size > 100
"""

REGISTRY = """
best = client.create_experiment("short.yaml", "model", includes=["extra"])
assert best.wait(interval=0.2) == client.ExperimentState.COMPLETED
best = best.top_checkpoint()
model = client.create_model("net", "a network", {"x": 1})
version = model.register_version(best.uuid)
assert version.model_version == 1
version.set_name("v-one"); version.set_notes("noted")
assert (model.get_version().name, model.get_version(1).notes, model.get_version(1).checkpoint.uuid) == ("v-one", "noted", best.uuid)
model.add_metadata({"y": 2}); model.remove_metadata(["x"]); model.set_labels(["z"]); model.set_description("d"); model.archive(); model.unarchive()
again = client.get_model("net")
assert (again.metadata, again.labels, again.description, again.archived) == ({"y": 2}, ["z"], "d", False)
assert ([m.name for m in client.list_models()], client.get_model_labels()) == (["net"], ["z"])
said = raises(client.create_model, "net"); assert "avoid names equal to other models" in said, said
raises(best.delete)

place = client.get_workspace("Uncategorized")
assert [p.name for p in place.list_projects()] == ["Uncategorized"] and place.get_project("Uncategorized").id == 1
place = client.create_workspace("lab")
project = place.create_project("digits", "numbers")
assert [w.name for w in client.list_workspaces()] == ["Uncategorized", "lab"]
there = {"name": "there", "entrypoint": "true", "searcher": {"name": "single", "metric": "x"}, "workspace": "lab", "project": "digits"}
made = client.create_experiment(there, None)
assert made.project_id == project.id
made.wait(interval=0.2); made.delete()
while [e.id for e in client.list_experiments()] != [1]: pass
place.delete_project("digits")
client.delete_workspace("lab")
assert (client.whoami().username, [u.username for u in client.list_users()]) == ("determined", ["admin", "determined"])

waits = {"name": "waits", "entrypoint": "sleep 1000", "searcher": {"name": "single", "metric": "x"}, "max_restarts": 0}
made = client.create_experiment(waits, None)
made.pause(); made.reload()
assert made.state == client.ExperimentState.PAUSED
made.activate(); made.reload()
assert made.state != client.ExperimentState.PAUSED
made.kill()
assert made.wait(interval=0.2) == client.ExperimentState.CANCELED
for refused in (there | {"searcher": {"name": "nosuch", "metric": "x"}}, there | {"max_restarts": -1}, there | {"nosuch": 1}):
    said = raises(client.create_experiment, refused, None)
    assert "Traceback" not in said and "invalid" in said, said
assert "not found" in raises(client.get_experiment, 99) and "not found" in raises(client.get_trial, 99)
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a model, its configuration and a file outside the model that travels with it."""
    folder = tmp_path / "work"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "train.py").write_text('print("the note:", open("extra/note.txt").read(), flush=True)\n' + walk.STEPS)
    (folder / "extra").mkdir()
    (folder / "extra" / "note.txt").write_text("hello")
    storage = {"save_experiment_best": 0, "save_trial_best": 2, "save_trial_latest": 1}
    short = walk.config(environment=walk.environ(STEPS=6, PAUSE=0.02, EVERY=3), checkpoint_storage=storage)
    (folder / "short.yaml").write_text(yaml.safe_dump(short))
    return folder


@pytest.mark.parametrize("script", [RUN, REGISTRY], ids=["run", "registry"])
def test_the_sdk(det: Det, here: Path, task_python: Path, script: str) -> None:
    sdk(det, task_python, here, BEGIN + script)


def sdk(det: Det, task_python: Path, here: Path, script: str) -> str:
    """Run a script of the SDK's user; what it printed. A failed assertion of its own fails the test with its words."""
    done = subprocess.run(
        [str(task_python), "-W", "ignore", "-c", script],
        cwd=here,
        env=det.environ(),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr + det.server.tail()
    return done.stdout
