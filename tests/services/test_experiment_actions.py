"""Verbs on experiments: what each does to rows, to whom it is refused, what many of them answer."""

from pathlib import Path
from typing import Any

import pytest

from tests.services.test_experiments import RANDOM, SINGLE, UNMANAGED, count, create, made_layers
from undeterred.config.master import MasterConfig
from undeterred.domain.lifecycle.experiments import Verb
from undeterred.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from undeterred.services import collecting, deletion, experiment_actions, experiment_moves
from undeterred.services.experiment_config import Layers
from undeterred.services.identity import Caller
from undeterred.store import collections
from undeterred.store.db import Database, Tx
from undeterred.wire.common import File
from undeterred.wire.experiment_actions import BulkExperimentFilters, MoveExperimentsRequest


@pytest.fixture
def layers(config: MasterConfig, tmp_path: Path) -> Layers:
    return made_layers(config, tmp_path)


def state(db: Database, experiment_id: int) -> Any:
    return db.read_now(lambda tx: tx.value("SELECT state FROM experiments WHERE id = :id", id=experiment_id))


def act(db: Database, who: Caller, verb: Verb, experiment_id: int = 1) -> None:
    db.write_now(experiment_actions.act, who, verb, experiment_id)


def test_a_life(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, RANDOM)
    act(db, admin, Verb.ACTIVATE)
    assert (state(db, 1), count(db, "allocations"), count(db, "trials", "state = 'ACTIVE'")) == ("ACTIVE", 3, 3)
    act(db, admin, Verb.PAUSE)
    assert (state(db, 1), count(db, "trials", "state = 'PAUSED'"), count(db, "allocations", "state <> 'TERMINATED'")) == ("PAUSED", 3, 0)
    with pytest.raises(FailedPrecondition, match="not in terminal state"):
        act(db, admin, Verb.ARCHIVE)
    act(db, admin, Verb.KILL)
    assert (state(db, 1), count(db, "trials", "state = 'CANCELED'"), count(db, "experiments", "ended_at IS NOT NULL")) == ("CANCELED", 3, 1)
    act(db, admin, Verb.KILL)
    with pytest.raises(NotFound):
        act(db, admin, Verb.ACTIVATE)
    act(db, admin, Verb.ARCHIVE)
    with pytest.raises(NotFound):
        act(db, admin, Verb.CANCEL)
    act(db, admin, Verb.UNARCHIVE)


def test_a_running_trial_is_asked_to_leave_before_its_experiment_ends(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, SINGLE, activate=True)
    db.write_now(lambda tx: tx.run("UPDATE allocations SET state = 'RUNNING', is_ready = 1"))
    act(db, admin, Verb.CANCEL)
    assert (state(db, 1), count(db, "allocations", "stop_kind = 'preempt'")) == ("STOPPING_CANCELED", 1)
    act(db, admin, Verb.KILL)
    assert (state(db, 1), count(db, "allocations", "stop_kind = 'kill'")) == ("STOPPING_KILLED", 1)


def test_only_the_owner_or_an_admin_deletes(db: Database, admin: Caller, determined: Caller, layers: Layers) -> None:
    create(db, admin, layers, SINGLE)
    with pytest.raises(PermissionDenied, match="non admin users may not delete"):
        act(db, determined, Verb.DELETE)
    [told] = db.write_now(experiment_actions.act_on_many, determined, Verb.DELETE, 1, [1])
    assert told.error == "rpc error: code = PermissionDenied desc = non admin users may not delete other user's experiments"
    with pytest.raises(FailedPrecondition, match="cannot delete experiment in STATE_PAUSED state"):
        act(db, admin, Verb.DELETE)


def test_nothing_is_left_of_a_deleted_one(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, RANDOM, activate=True, model_definition=[File(path="a", type=48, content=b"1")])
    create(db, admin, layers, SINGLE)
    act(db, admin, Verb.KILL)

    def report(tx: Tx) -> None:
        for n in range(30):
            tx.run("INSERT INTO metrics (trial_id, metric_group, batches, run_id, body) VALUES (1, 'training', :n, 1, '{}')", n=n)
        tx.run("INSERT INTO checkpoints (uuid, trial_id, experiment_id, state, reported_at) VALUES ('u', 1, 1, 'DELETED', 0)")

    db.write_now(report)
    assert count(db, "task_logs") > 0
    act(db, admin, Verb.DELETE)
    assert state(db, 1) == "DELETING"
    assert sweep(db) == [True]
    assert state(db, 1) is None
    left = {
        table: count(db, table) for table in ("experiments", "jobs", "searches", "trials", "tasks", "allocations", "metrics", "task_logs")
    }
    assert left == {"experiments": 1, "jobs": 1, "searches": 1, "trials": 1, "tasks": 1, "allocations": 0, "metrics": 0, "task_logs": 0}
    assert count(db, "model_definitions") == 0


def test_a_large_one_goes_in_steps(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, SINGLE)
    act(db, admin, Verb.KILL)

    def report(tx: Tx) -> None:
        tx.run("DELETE FROM task_logs")
        for n in range(25):
            tx.run("INSERT INTO metrics (trial_id, metric_group, batches, run_id, body) VALUES (1, 'training', :n, 1, '{}')", n=n)

    db.write_now(report)
    act(db, admin, Verb.DELETE)
    assert (sweep(db, 10), state(db, 1)) == ([False, False, True], None)


def sweep(db: Database, batch: int = 5000) -> list[bool]:
    """What the sweep loop does for a deletion once the files are gone; what each step said."""
    [wish] = db.read_now(collections.due)
    steps = [False]
    while not steps[-1]:
        steps.append(db.write_now(deletion.carried_out, wish, batch))
    return steps[1:]


def test_what_a_model_version_holds_is_not_deleted(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, SINGLE)
    act(db, admin, Verb.KILL)

    def register(tx: Tx) -> None:
        tx.run("INSERT INTO checkpoints (uuid, trial_id, experiment_id, state, reported_at) VALUES ('u', 1, 1, 'COMPLETED', 0)")
        tx.run("INSERT INTO models (name, created_at, updated_at, user_id, workspace_id) VALUES ('m', 0, 0, 1, 1)")
        tx.run(
            "INSERT INTO model_versions (model_id, version, checkpoint_uuid, created_at, updated_at, user_id) VALUES (1, 1, 'u', 0, 0, 1)"
        )

    db.write_now(register)
    with pytest.raises(InvalidArgument, match="checkpoints are registered as model versions"):
        act(db, admin, Verb.DELETE)
    assert state(db, 1) == "CANCELED"


def test_many_are_each_told_what_became_of_them(db: Database, admin: Caller, layers: Layers) -> None:
    for _ in range(2):
        create(db, admin, layers, SINGLE)
    create(db, admin, layers, UNMANAGED, unmanaged=True)
    told = db.write_now(experiment_actions.act_on_many, admin, Verb.ACTIVATE, 1, [1, 3, 99, 2])
    assert {each.id: each.error for each in told} == {
        1: "",
        2: "",
        3: "rpc error: code = FailedPrecondition desc = experiment in terminal state",
        99: "rpc error: code = NotFound desc = experiment '99' not found",
    }
    assert told[0].id == 99
    assert db.write_now(experiment_actions.act_on_many, admin, Verb.KILL, 7, [1])[0].error.endswith("experiment '1' not found")


@pytest.mark.parametrize(
    ("verb", "filters", "ids"),
    [
        (Verb.ACTIVATE, BulkExperimentFilters(), [2, 4]),
        (Verb.PAUSE, BulkExperimentFilters(project_id=1), [1]),
        (Verb.KILL, BulkExperimentFilters(excluded_experiment_ids=[4]), [1, 2]),
        (Verb.ARCHIVE, BulkExperimentFilters(), [3]),
        (Verb.UNARCHIVE, BulkExperimentFilters(), []),
        (Verb.DELETE, BulkExperimentFilters(name="ONE"), [3]),
        (Verb.KILL, BulkExperimentFilters(project_id=2), []),
        (Verb.KILL, BulkExperimentFilters(user_ids=[2]), []),
    ],
)
def test_a_filter_means_those_that_the_verb_can_change(
    db: Database, admin: Caller, layers: Layers, verb: Verb, filters: BulkExperimentFilters, ids: list[int]
) -> None:
    create(db, admin, layers, SINGLE, activate=True)
    create(db, admin, layers, SINGLE)
    create(db, admin, layers, SINGLE)
    create(db, admin, layers, UNMANAGED, unmanaged=True)
    act(db, admin, Verb.KILL, 3)
    assert db.read_now(experiment_actions.meant, verb, 1, [9], filters) == ids


def test_logs_are_kept_as_told_once_the_experiment_has_ended(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, SINGLE)
    with pytest.raises(FailedPrecondition, match="non terminal state 'PAUSED'"):
        db.write_now(experiment_actions.retain_logs, 1, 5)
    act(db, admin, Verb.KILL)
    for wrong in (-2, 32768):
        with pytest.raises(InvalidArgument):
            db.write_now(experiment_actions.retain_logs, 1, wrong)
    db.write_now(experiment_actions.retain_logs, 1, 5)
    assert [count(db, table, "log_retention_days = 5") for table in ("experiments", "trials", "tasks")] == [1, 1, 1]


def test_moved_runs_get_the_new_projects_numbers(db: Database, admin: Caller, layers: Layers) -> None:
    db.write_now(
        lambda tx: tx.run(
            "INSERT INTO projects (name, workspace_id, user_id, created_at, key, max_local_id) VALUES ('p', 1, 1, 0, 'PPP', 7)"
        )
    )
    create(db, admin, layers, RANDOM)
    db.write_now(experiment_moves.move, 1, 2)
    places = db.read_now(lambda tx: tx.all(lambda *row: row, "SELECT project_id, local_id FROM trials ORDER BY id"))
    assert places == [(2, 8), (2, 9), (2, 10)]
    assert db.read_now(lambda tx: tx.value("SELECT max_local_id FROM projects WHERE id = 2")) == 10
    db.write_now(lambda tx: tx.run("UPDATE projects SET archived = 1 WHERE id = 2"))
    with pytest.raises(FailedPrecondition, match="cannot have experiments moved from it"):
        db.write_now(experiment_moves.move, 1, 1)
    create(db, admin, layers, SINGLE)
    request = MoveExperimentsRequest(experiment_ids=[2, 1], destination_project_id=2, project_id=1)
    with pytest.raises(FailedPrecondition, match="cannot add new experiments"):
        db.write_now(experiment_moves.move_many, admin, request)
    request.destination_project_id = 1
    told = db.write_now(experiment_moves.move_many, admin, request)
    assert [(each.id, bool(each.error)) for each in told] == [(1, True), (2, False)]


def test_tensorboard_files_are_wished_away_and_the_experiment_stays(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, SINGLE)
    db.write_now(collecting.tensorboard_of, 1)
    [wish] = db.read_now(collections.due)
    work = db.read_now(collecting.plan, wish)
    assert work.tensorboard is not None
    assert (work.doomed, work.tensorboard[0]) == ([], 1)
    assert sweep(db) == [True]
    assert (state(db, 1), db.read_now(collections.due)) == ("PAUSED", [])
    with pytest.raises(NotFound):
        db.write_now(collecting.tensorboard_of, 9)
