"""Deleting projects and workspaces that hold experiments: what goes, what is killed before, what refuses, what is shown meanwhile."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.services.test_experiments import UNMANAGED, count, create, made_layers
from undeterred.config.master import MasterConfig
from undeterred.domain.lifecycle.experiments import Verb
from undeterred.domain.lifecycle.trials import Exit
from undeterred.errors import FailedPrecondition, NotFound, PermissionDenied
from undeterred.services import (
    allocations,
    checkpoints,
    collecting,
    deletion,
    experiment_actions,
    experiment_moves,
    model_versions,
    models,
    place_deletion,
    projects,
    workspaces,
)
from undeterred.services.experiment_config import Layers
from undeterred.services.identity import Caller
from undeterred.store import collections
from undeterred.store.db import Database, Tx
from undeterred.terms import ExitKind
from undeterred.wire import checkpoints as checkpoint_wire
from undeterred.wire.model_versions import PostModelVersionRequest
from undeterred.wire.models import PostModelRequest
from undeterred.wire.projects import PostProjectRequest, Project
from undeterred.wire.workspaces import PostWorkspaceRequest, Workspace, WorkspaceState

ONE = "name: one\nentrypoint: x\nsearcher: {name: single, metric: loss}\nresources: {slots_per_trial: 0}\n"
GOING, FAILED = WorkspaceState.WORKSPACE_STATE_DELETING, WorkspaceState.WORKSPACE_STATE_DELETE_FAILED


class Places:
    """A workspace `w` with the projects `a` and `b`, and the hand that turns the sweep."""

    def __init__(self, db: Database, admin: Caller, layers: Layers) -> None:
        self.db, self.admin, self.layers = db, admin, layers
        self.workspace_id = db.write_now(workspaces.create, admin, PostWorkspaceRequest(name="w")).id
        self.a, self.b = (self._project(name) for name in "ab")
        self.broken: set[int] = set()  # experiments whose files cannot be removed

    def _project(self, name: str) -> int:
        return self.db.write_now(projects.create, self.admin, PostProjectRequest(name=name, workspace_id=self.workspace_id)).id

    def experiment(self, project_id: int, text: str = ONE, state: Verb | None = Verb.KILL, **more: Any) -> int:
        made = create(self.db, self.admin, self.layers, text, project_id=project_id, **more).id
        if state is not None:
            self.db.write_now(experiment_actions.act, self.admin, state, made)
        return made

    def checkpoint(self, experiment_id: int) -> str:
        """A checkpoint of the experiment's trial; its uuid."""
        name = str(uuid.uuid4())
        task_id = self.db.read_now(lambda tx: tx.value("SELECT id FROM tasks WHERE experiment_id = :id", id=experiment_id))
        sent = checkpoint_wire.Checkpoint(
            task_id=task_id, uuid=name, resources={"x": "1"}, state=checkpoint_wire.CheckpointState.STATE_COMPLETED
        )
        self.db.write_now(checkpoints.report, self.admin, sent)
        return name

    def project(self, project_id: int) -> Project:
        return self.db.read_now(projects.get, project_id)

    def workspace(self) -> Workspace:
        return self.db.read_now(workspaces.get, self.admin, self.workspace_id)

    def sweep(self, turns: int = 1) -> None:
        """Carry out what is wished for now, whenever it is due."""
        for _ in range(turns):
            for wish in self.db.read_now(
                lambda tx: tx.all(collections.CollectionRow, "SELECT id, kind, experiment_id, wanted, tries FROM collections ORDER BY id")
            ):
                if wish.kind == "project":
                    self.db.write_now(place_deletion.advance, wish)
                elif wish.experiment_id in self.broken:
                    self.db.write_now(deletion.failed, wish, "the disk is gone", 0)
                else:
                    self._carry_out(wish)

    def _carry_out(self, wish: collections.CollectionRow) -> None:
        for doomed in self.db.read_now(collecting.plan, wish).doomed:
            self.db.write_now(collecting.removed, doomed.uuid, {})
        while not self.db.write_now(deletion.carried_out, wish):
            pass

    def delete_project(self, project_id: int, who: Caller | None = None) -> bool:
        """As the handler does it: a look, then the verb."""
        self.db.read_now(projects.check_delete, who or self.admin, project_id)
        return self.db.write_now(projects.delete, who or self.admin, project_id)

    def delete_workspace(self, who: Caller | None = None) -> bool:
        self.db.read_now(workspaces.check_delete, who or self.admin, self.workspace_id)
        return self.db.write_now(workspaces.delete, who or self.admin, self.workspace_id)


@pytest.fixture
def places(db: Database, admin: Caller, config: MasterConfig, tmp_path: Path) -> Places:
    return Places(db, admin, made_layers(config, tmp_path))


def nothing_left(db: Database, *but: str) -> None:
    tables = ("experiments", "trials", "tasks", "allocations", "checkpoints", "searches", "search_events", "jobs", "collections")
    assert {table: count(db, table) for table in tables if table not in but} == {table: 0 for table in tables if table not in but}


def test_a_project_goes_with_what_has_ended_in_it(db: Database, places: Places) -> None:
    kept = places.experiment(places.b)
    for _ in range(3):
        places.checkpoint(places.experiment(places.a))
    assert places.delete_project(places.a) is False
    shown = places.project(places.a)
    assert (shown.state, shown.error_message, shown.num_experiments) == (GOING, "", 3)
    assert places.delete_project(places.a) is False
    assert count(db, "collections", "kind = 'project'") == 1, "asked for twice, wished for once"
    places.sweep(3)
    with pytest.raises(NotFound):
        places.project(places.a)
    assert db.read_now(lambda tx: tx.column("SELECT id FROM experiments")) == [kept]
    assert (count(db, "checkpoints"), count(db, "collections"), count(db, "projects", f"id = {places.b}")) == (0, 0, 1)


def test_what_runs_is_killed_first(db: Database, places: Places) -> None:
    waiting, paused = places.experiment(places.a, activate=True, state=None), places.experiment(places.a, state=None)
    outside = places.experiment(places.a, UNMANAGED, state=None, unmanaged=True)
    db.write_now(lambda tx: tx.run("UPDATE experiments SET state = 'RUNNING' WHERE id = :id", id=outside))
    db.write_now(lambda tx: tx.run("UPDATE allocations SET state = 'RUNNING' WHERE state = 'PENDING'"))
    assert places.delete_project(places.a) is False
    places.sweep(3)
    left = db.read_now(lambda tx: tx.all(lambda *row: row, "SELECT id, state FROM experiments"))
    assert left == [(waiting, "STOPPING_KILLED")], f"{paused} and {outside} are gone, {waiting} waits for its task"
    assert db.read_now(lambda tx: tx.value("SELECT stop_kind FROM allocations")) == "kill"
    assert places.project(places.a).state == GOING

    def task_ends(tx: Tx) -> None:
        allocations.end(tx, tx.value("SELECT id FROM allocations"), Exit(ExitKind.KILLED))

    db.write_now(task_ends)
    places.sweep(3)
    nothing_left(db)
    with pytest.raises(NotFound):
        places.project(places.a)


def test_a_workspace_goes_with_the_last_of_its_projects(db: Database, places: Places) -> None:
    places.experiment(places.a)
    places.experiment(places.b)
    assert places.delete_workspace() is False
    assert (places.workspace().state, places.project(places.a).state) == (GOING, GOING)
    places.sweep(1)
    assert places.workspace().state == GOING
    places.sweep(2)
    with pytest.raises(NotFound):
        places.workspace()
    nothing_left(db)
    assert count(db, "projects") == 1


def test_empty_projects_go_at_once(db: Database, places: Places) -> None:
    places.experiment(places.a)
    assert places.delete_workspace() is False
    assert db.read_now(lambda tx: tx.column("SELECT id FROM projects WHERE id > 1")) == [places.a]


def test_a_project_that_was_on_its_way_lets_its_workspace_go_too(db: Database, places: Places) -> None:
    places.experiment(places.a)
    places.delete_project(places.a)
    places.delete_workspace()
    places.sweep(3)
    with pytest.raises(NotFound):
        places.workspace()
    nothing_left(db)


def test_nothing_new_comes_into_what_is_going(db: Database, admin: Caller, places: Places) -> None:
    places.experiment(places.a)
    elsewhere = places.experiment(places.b)
    free = db.write_now(workspaces.create, admin, PostWorkspaceRequest(name="free")).id
    moved = db.write_now(projects.create, admin, PostProjectRequest(name="m", workspace_id=free)).id
    places.delete_workspace()
    for refused in (
        lambda: places.experiment(places.a),
        lambda: places.experiment(1, ONE + "workspace: w\nproject: a\n"),
        lambda: places._project("c"),
        lambda: db.write_now(projects.move, admin, moved, places.workspace_id),
        lambda: db.write_now(projects.move, admin, places.a, free),
        lambda: db.write_now(experiment_moves.move, elsewhere, places.a),
    ):
        with pytest.raises(FailedPrecondition, match="being deleted"):
            refused()


def test_what_cannot_be_removed_is_told_and_asked_for_again(db: Database, places: Places) -> None:
    places.broken = {places.experiment(places.a)}
    places.experiment(places.b)
    places.delete_workspace()
    places.sweep(6)
    (broken,) = places.broken
    why = f"experiment {broken}: the disk is gone"
    assert (places.project(places.a).state, places.project(places.a).error_message) == (FAILED, why)
    assert (places.workspace().state, places.workspace().error_message) == (FAILED, f"project {places.a}: {why}")
    assert count(db, "experiments") == 1, "the other project went all the same"
    places.broken = set()
    assert places.delete_workspace() is False
    assert (places.workspace().state, places.workspace().error_message, places.project(places.a).error_message) == (GOING, "", "")
    places.sweep(3)
    with pytest.raises(NotFound):
        places.workspace()
    nothing_left(db)


def test_a_registered_checkpoint_keeps_its_project(db: Database, admin: Caller, places: Places) -> None:
    other, held = places.experiment(places.a), places.experiment(places.a)
    name = places.checkpoint(held)
    db.write_now(models.create, admin, PostModelRequest(name="m"))
    db.write_now(model_versions.create, admin, PostModelVersionRequest(model_name="m", checkpoint_uuid=name))
    refused: Callable[[], bool]
    for refused in (lambda: places.delete_project(places.a), places.delete_workspace):
        with pytest.raises(FailedPrecondition, match=f"experiment {held}: checkpoints are registered"):
            refused()
    places.sweep(3)
    assert count(db, "experiments", f"id IN ({other}, {held})") == 2, "nothing goes where something must stay"
    db.write_now(projects.delete, admin, places.a)  # registered between the look and the verb
    places.sweep(3)
    assert (places.project(places.a).state, count(db, "experiments", f"id = {held}")) == (FAILED, 1)
    assert "registered" in places.project(places.a).error_message
    assert count(db, "collections") == 0, "it is not tried again by itself"


def test_models_made_meanwhile_keep_their_workspace(db: Database, admin: Caller, places: Places) -> None:
    places.experiment(places.a)
    places.delete_workspace()
    db.write_now(models.create, admin, PostModelRequest(name="m", workspace_id=places.workspace_id))
    places.sweep(3)
    assert (places.workspace().state, "contains models" in places.workspace().error_message) == (FAILED, True)


def test_whose_it_is(db: Database, determined: Caller, places: Places) -> None:
    places.experiment(places.a)
    refused: Callable[[], bool]
    for refused in (lambda: places.delete_project(places.a, determined), lambda: places.delete_workspace(determined)):
        with pytest.raises(PermissionDenied):
            refused()
    assert (places.project(places.a).state, count(db, "collections")) == (WorkspaceState.WORKSPACE_STATE_UNSPECIFIED, 0)


def test_many_go_some_at_a_time(db: Database, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_deletion, "AT_ONCE", 2)
    for _ in range(5):
        places.experiment(places.a)
    places.delete_project(places.a)
    seen: list[int] = []
    going: Callable[[], int] = lambda: count(db, "experiments", "state = 'DELETING'")  # noqa: E731 - said twice
    while count(db, "experiments"):
        for wish in db.read_now(collections.due):
            if wish.kind == "project":
                db.write_now(place_deletion.advance, wish)
        seen.append(going())
        for wish in db.read_now(collections.due):
            if wish.kind == "experiment":
                places._carry_out(wish)
        db.write_now(lambda tx: tx.run("UPDATE collections SET retry_at = 0"))
    assert seen == [2, 2, 1]
    assert json.loads(db.read_now(lambda tx: tx.value("SELECT wanted FROM collections"))) == {"project": places.a}


def test_wishes_that_are_looked_at_again_and_again_keep_nobody_waiting(db: Database) -> None:
    """However many projects are on their way out: what was due before their next look has its turn first."""

    def wish(tx: Tx) -> None:
        for project_id in range(20):
            collections.add(tx, "project", None, {"project": project_id}, delay_us=-1000)
        collections.add(tx, "uuids", None, {"uuids": ["u"], "globs": ["*"]}, delay_us=-500)

    def look(tx: Tx) -> list[str]:
        found = collections.due(tx)
        for row in found:
            collections.look_again(tx, row.id, tx.now - 1)
        return [row.kind for row in found]

    db.write_now(wish)
    assert db.write_now(look) == ["project"] * 20
    assert db.write_now(look)[0] == "uuids"
