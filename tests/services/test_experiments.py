"""Making and changing experiments: what one commit holds, what is refused, what is shown."""

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.services.reporting import Lab
from undeterred.config.master import MasterConfig
from undeterred.errors import FailedPrecondition, InvalidArgument, NotFound, WireError
from undeterred.services import experiment_files, experiment_patch, experiment_validations, experiments, shown_experiments, uploads
from undeterred.services.experiment_config import Layers
from undeterred.services.identity import Caller
from undeterred.services.settings import Settings
from undeterred.store import experiment_files as archives
from undeterred.store.db import Database, Tx
from undeterred.wire.common import File, LaunchWarning
from undeterred.wire.experiments import (
    CreateExperimentRequest,
    Experiment,
    PatchExperiment,
    PatchExperimentPatchCheckpointStorage,
    PatchExperimentPatchResources,
)

SINGLE = "name: one\nentrypoint: python3 t.py\nsearcher: {name: single, metric: loss}\nresources: {slots_per_trial: 0}\n"
RANDOM = (
    "name: many\nentrypoint: python3 t.py\nsearcher: {name: random, metric: loss, max_trials: 5, max_concurrent_trials: 3}\n"
    "resources: {slots_per_trial: 0}\nreproducibility: {experiment_seed: 7}\nhyperparameters: {lr: {type: double, minval: 0, maxval: 1}}\n"
)
UNMANAGED = "name: un\nsearcher: {name: single, metric: loss}\n"


@pytest.fixture
def layers(config: MasterConfig, tmp_path: Path) -> Layers:
    return made_layers(config, tmp_path)


def made_layers(config: MasterConfig, data: Path) -> Layers:
    return Layers(Settings(config=config, data=data, url="", cluster_id="", master_id="", cluster_name="", epoch=1, started_at=0))


def create(db: Database, who: Caller, layers: Layers, text: str, **more: Any) -> Experiment:
    request = CreateExperimentRequest(config=text, **more)
    response = db.write_now(experiments.create, who, layers, request, uploads.pack(request.model_definition))
    assert response.experiment is not None
    return response.experiment


def count(db: Database, table: str, where: str = "1 = 1") -> int:
    return int(db.read_now(lambda tx: tx.value(f"SELECT COUNT(*) FROM {table} WHERE {where}")))


def ready(value: Any) -> bytes:
    """A message's ready JSON."""
    assert isinstance(value, msgspec.Raw)
    return bytes(value)


def read(value: Any) -> Any:
    """What a message's ready JSON says."""
    return json.loads(bytes(value)) if isinstance(value, msgspec.Raw) else value


def test_one_commit_holds_the_experiment_its_job_search_trials_and_tasks(db: Database, admin: Caller, layers: Layers) -> None:
    made = create(db, admin, layers, RANDOM)
    assert (made.state, made.num_trials, made.trial_ids) == ("STATE_PAUSED", 3, [1, 2, 3])

    def rows(tx: Tx) -> list[tuple[Any, ...]]:
        return tx.all(
            lambda *row: row,
            "SELECT t.state, t.request_id, t.local_id, k.id, k.type, k.job_id, t.hparams FROM trials t JOIN tasks k ON k.trial_id = t.id ORDER BY t.id",
        )

    found = db.read_now(rows)
    assert [(row[0], row[2], row[4], row[5]) for row in found] == [("PAUSED", n, "TRIAL", made.job_id) for n in (1, 2, 3)]
    assert [row[3] for row in found] == [f"{made.id}.{row[1]}" for row in found]
    assert all(0 <= json.loads(row[6])["lr"] <= 1 for row in found)
    assert (count(db, "jobs", "queued = 0"), count(db, "searches"), count(db, "allocations")) == (1, 1, 0)


def test_activated_it_waits_for_slots_at_once(db: Database, admin: Caller, layers: Layers) -> None:
    made = create(db, admin, layers, SINGLE, activate=True)
    assert made.state == "STATE_QUEUED"
    assert (count(db, "jobs", "queued = 1"), count(db, "allocations", "state = 'PENDING'")) == (1, 1)
    answer = db.read_now(shown_experiments.get, made.id)
    assert answer.job_summary is not None
    assert (answer.job_summary.state, answer.job_summary.jobs_ahead) == ("STATE_QUEUED", 0)


@pytest.mark.parametrize(
    ("state", "shown"), [("ASSIGNED", "QUEUED"), ("PULLING", "PULLING"), ("RUNNING", "RUNNING"), ("TERMINATED", "QUEUED")]
)
def test_an_active_one_is_shown_by_its_allocations(db: Database, admin: Caller, layers: Layers, state: str, shown: str) -> None:
    made = create(db, admin, layers, SINGLE, activate=True)
    db.write_now(lambda tx: tx.run("UPDATE allocations SET state = :state", state=state))
    answer = db.read_now(shown_experiments.get, made.id).experiment
    assert answer is not None
    assert answer.state == f"STATE_{shown}"


def test_validating_writes_nothing(db: Database, admin: Caller, layers: Layers) -> None:
    request = CreateExperimentRequest(config=SINGLE, validate_only=True, activate=True)
    response = db.read_now(experiments.create, admin, layers, request, None)
    assert response.experiment == Experiment()
    assert (count(db, "experiments"), count(db, "jobs")) == (0, 0)
    with pytest.raises(InvalidArgument, match="name: expected string"):
        db.read_now(experiments.create, admin, layers, CreateExperimentRequest(config="name: 5", validate_only=True), None)


def test_nothing_is_left_of_one_that_was_refused(db: Database, admin: Caller, layers: Layers) -> None:
    warm = SINGLE.replace("metric: loss", "metric: loss, source_trial_id: 99")
    with pytest.raises(InvalidArgument, match="no checkpoint found for source trial 99"):
        create(db, admin, layers, warm, model_definition=[File(path="a", type=48, content=b"1")])
    assert all(count(db, table) == 0 for table in ("experiments", "jobs", "trials", "tasks", "searches", "model_definitions"))


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"project_id": 99}, NotFound, "project '99' not found"),
        ({"parent_id": -1}, NotFound, "experiment '-1' not found"),
        ({"template": "nope"}, NotFound, "template 'nope' not found"),
        ({"template": ""}, NotFound, "template not found"),
        ({"config": SINGLE + "workspace: a\nproject: b\n"}, NotFound, "workspace/project 'a/b' not found"),
        (
            {"config": SINGLE.replace("slots_per_trial: 0", "resource_pool: x")},
            InvalidArgument,
            "resource pool x does not exist or is not available to workspace id 1",
        ),
        (
            {"config": SINGLE.replace("slots_per_trial: 0", "slots_per_trial: 64")},
            InvalidArgument,
            "slots requested exceeds cluster capacity",
        ),
        ({"config": UNMANAGED}, InvalidArgument, "managed experiments require entrypoint"),
        ({"config": ""}, InvalidArgument, "expected object, but got null"),
    ],
)
def test_what_is_refused(db: Database, admin: Caller, layers: Layers, change: dict[str, Any], error: type[WireError], text: str) -> None:
    with pytest.raises(error, match=text):
        create(db, admin, layers, **({"text": SINGLE} | {"text" if name == "config" else name: value for name, value in change.items()}))


def test_a_large_trial_is_only_warned_of_where_the_cluster_says_so(
    db: Database, admin: Caller, config: MasterConfig, tmp_path: Path
) -> None:
    patient = made_layers(msgspec.structs.replace(config, launch_error=False), tmp_path)
    request = CreateExperimentRequest(config=SINGLE.replace("slots_per_trial: 0", "slots_per_trial: 64"))
    response = db.write_now(experiments.create, admin, patient, request, None)
    assert response.warnings == [LaunchWarning.LAUNCH_WARNING_CURRENT_SLOTS_EXCEEDED]


def test_secrets_are_in_no_answer(db: Database, admin: Caller, layers: Layers) -> None:
    request = CreateExperimentRequest(config=UNMANAGED + "data: {secrets: {key: hush}}\n", unmanaged=True)
    response = db.write_now(experiments.create, admin, layers, request, None)
    assert b"hush" not in ready(response.config)
    again = db.read_now(shown_experiments.get, 1)
    patched = db.write_now(experiment_patch.patch, PatchExperiment(id=1, name="two"))
    for shown in (response.experiment, again.experiment, patched):
        assert shown is not None
        assert "hush" not in json.dumps([read(shown.config), shown.original_config])
    assert b"hush" not in ready(again.config)
    stored = db.read_now(lambda tx: tx.value("SELECT config FROM experiments WHERE id = 1"))
    assert json.loads(stored)["data"]["secrets"]["key"] == "hush"


def test_files_are_kept_once_and_a_fork_has_its_parents(db: Database, admin: Caller, layers: Layers) -> None:
    files = [File(path="t.py", type=48, content=b"print(1)\n"), File(path="d/u.py", type=48, content=b"")]
    first = create(db, admin, layers, SINGLE, model_definition=files)
    second = create(db, admin, layers, SINGLE, model_definition=files)
    fork = create(db, admin, layers, SINGLE, parent_id=first.id, model_definition=[File(path="own", type=48)])
    assert count(db, "model_definitions") == 1
    assert (fork.forked_from, fork.model_definition_size) == (first.id, second.model_definition_size)
    archive = db.read_now(archives.archive, fork.id)
    assert archive is not None
    tree = experiment_files.tree(archive).files
    assert [(node.path, node.is_dir, [inner.path for inner in node.files]) for node in tree] == [
        ("t.py", False, []),
        ("d", True, ["d/u.py"]),
    ]
    assert experiment_files.file(archive, "t.py").file == b"print(1)\n"
    assert uploads.unpack(base64.b64decode(experiment_files.model_def(archive).b64_tgz))[0].content == b"print(1)\n"
    for path, error in (("d", NotFound), ("../t.py", NotFound), ("", InvalidArgument)):
        with pytest.raises(error):
            experiment_files.file(archive, path)


def test_forking_out_of_an_archived_project_is_refused(db: Database, admin: Caller, layers: Layers) -> None:
    first = create(db, admin, layers, SINGLE)
    db.write_now(lambda tx: tx.run("UPDATE projects SET archived = 1"))
    with pytest.raises(FailedPrecondition, match="archived workspace/project"):
        create(db, admin, layers, SINGLE, parent_id=first.id)


def test_an_external_id_finds_the_same_experiment_again(db: Database, admin: Caller, determined: Caller, layers: Layers) -> None:
    request = CreateExperimentRequest(config=UNMANAGED, unmanaged=True)
    first = db.write_now(experiments.put, admin, layers, request, None, "ext").experiment
    other = CreateExperimentRequest(config=UNMANAGED.replace("un", "renamed") + "labels: [b]\n", unmanaged=True)
    again = db.write_now(experiments.put, determined, layers, other, None, "ext").experiment
    assert first is not None
    assert again is not None
    assert (again.id, again.name, again.username, read(again.labels)) == (first.id, "renamed", "admin", ["b"])
    assert again.original_config == UNMANAGED
    with pytest.raises(InvalidArgument, match="only unmanaged"):
        db.write_now(experiments.put, admin, layers, CreateExperimentRequest(config=SINGLE), None, "ext")


def test_a_template_and_the_workspaces_storage_stand_below_the_text(db: Database, admin: Caller, layers: Layers) -> None:
    def prepare(tx: Tx) -> None:
        tx.run('INSERT INTO templates (name, config, workspace_id) VALUES (\'t\', \'{"max_restarts": 9, "description": "d"}\', 1)')
        tx.run('UPDATE workspaces SET checkpoint_storage = \'{"type": "shared_fs", "host_path": "/w"}\'')

    db.write_now(prepare)
    made = create(db, admin, layers, SINGLE + "description: own\n", template="t")
    config = read(made.config)
    assert (config["max_restarts"], config["description"], config["checkpoint_storage"]["host_path"]) == (9, "own", "/w")
    db.write_now(lambda tx: tx.run("UPDATE templates SET config = '{\"max_restarts\": 2}'"))
    assert read(create(db, admin, layers, SINGLE, template="t").config)["max_restarts"] == 2


def test_what_was_planned_before_is_looked_at_again(db: Database, admin: Caller, layers: Layers) -> None:
    request = CreateExperimentRequest(config=SINGLE)
    early = db.read_now(experiments.prepare, layers, request)
    first = db.write_now(experiments.create, admin, layers, request, None, early)
    assert ready(first.config) == early.resolved.echo_json.encode()
    db.write_now(lambda tx: tx.run('UPDATE workspaces SET checkpoint_storage = \'{"type": "shared_fs", "host_path": "/later"}\''))
    second = db.write_now(experiments.create, admin, layers, request, None, early)
    assert read(second.config)["checkpoint_storage"]["host_path"] == "/later"


def test_a_patch_changes_what_it_says_and_shows_the_config_of_before(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, SINGLE)
    patched = db.write_now(experiment_patch.patch, PatchExperiment(id=1, name="new", labels=["b", "b", 5], notes="n"))
    assert (patched.name, read(patched.labels), patched.notes, read(patched.config)["name"]) == ("new", ["b"], "n", "one")
    shown = db.read_now(shown_experiments.get, 1)
    assert {key: read(shown.config)[key] for key in ("name", "description", "labels")} == {
        "name": "new",
        "description": "",
        "labels": ["b"],
    }
    for wrong in (PatchExperiment(id=1, name=" "), PatchExperiment(id=1, resources=PatchExperimentPatchResources(priority=0))):
        with pytest.raises(InvalidArgument):
            db.write_now(experiment_patch.patch, wrong)
    with pytest.raises(NotFound):
        db.write_now(experiment_patch.patch, PatchExperiment(id=9))


def test_a_patch_of_resources_reaches_the_queue(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, SINGLE, activate=True)
    wanted = PatchExperiment(
        id=1,
        resources=PatchExperimentPatchResources(priority=50, weight=2.5, max_slots=4),
        checkpoint_storage=PatchExperimentPatchCheckpointStorage(save_trial_best=3),
    )
    db.write_now(experiment_patch.patch, wanted)
    assert db.read_now(lambda tx: tx.one(lambda *row: row, "SELECT priority, weight FROM jobs")) == (50, 2.5)
    config = read(db.read_now(shown_experiments.get, 1).config)
    assert [config["resources"][name] for name in ("priority", "weight", "max_slots")] == [50, 2.5, 4]
    assert config["checkpoint_storage"]["save_trial_best"] == 3


def test_labels_are_a_set(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, UNMANAGED, unmanaged=True)
    assert db.write_now(experiment_patch.put_label, 1, "a") == ["a"]
    assert db.write_now(experiment_patch.put_label, 1, "a") == ["a"]
    assert db.write_now(experiment_patch.put_label, 1, "b") == ["a", "b"]
    assert db.write_now(experiment_patch.delete_label, 1, "a") == ["b"]
    assert db.write_now(experiment_patch.delete_label, 1, "never") == ["b"]
    assert read(db.read_now(shown_experiments.get, 1).config)["labels"] == ["b"]


def test_another_metric_or_direction_counts_for_what_was_reported_before(db: Database, admin: Caller, layers: Layers) -> None:
    def put(searcher: str) -> None:
        request = CreateExperimentRequest(config=f"name: un\nsearcher: {{name: single, {searcher}}}\n", unmanaged=True)
        db.write_now(experiments.put, admin, layers, request, None, "ext")

    def best() -> list[Any]:
        sql = (
            "SELECT best_metric, best_trial_id, (SELECT searcher_metric_value FROM trials WHERE id = :second) FROM experiments WHERE id = 1"
        )
        return db.read_now(lambda tx: tx.all(lambda *row: row, sql, second=trials[1]))

    put("metric: loss")
    lab = Lab(db)
    lab.experiment_id = 1
    trials = [lab.trial(), lab.trial()]
    for trial_id, loss, other in ((trials[0], 1.0, 30.0), (trials[1], 2.0, 20.0)):
        lab.report(trial_id, "validation", 1, {"loss": loss, "other": other})
        lab.report(trial_id, "validation", 2, {"loss": loss + 0.5, "text": "x"})
    assert best() == [(1.0, trials[0], 2.0)]
    put("metric: loss, smaller_is_better: false")
    assert best() == [(2.5, trials[1], 2.5)]
    assert [entry.searcher_metric for entry in db.read_now(experiment_validations.history, 1)] == [1.0, 1.5, 2.0, 2.5]
    put("metric: other")
    assert best() == [(20.0, trials[1], 20.0)]
    put("metric: text")
    assert best() == [(None, trials[1], None)]
