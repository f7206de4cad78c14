"""Projects: keys, whose they are, notes, moving."""

import pytest

from undeterred.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from undeterred.services import projects, user_activity, workspaces
from undeterred.services.identity import Caller
from undeterred.store import projects as rows
from undeterred.store.db import Database
from undeterred.wire.projects import GetWorkspaceProjectsRequest, Note, PatchProject, PostProjectRequest, Project
from undeterred.wire.user_activity import ActivityType, EntityType, PostUserActivityRequest
from undeterred.wire.workspaces import PostWorkspaceRequest


@pytest.fixture
def place(db: Database, admin: Caller) -> int:
    """A workspace of the admin."""
    return db.write_now(workspaces.create, admin, PostWorkspaceRequest(name="w")).id


def make(db: Database, who: Caller, place: int, name: str, **fields: object) -> Project:
    return db.write_now(projects.create, who, PostProjectRequest(name=name, workspace_id=place, **fields))  # type: ignore[arg-type]


def test_keys(db: Database, admin: Caller, place: int) -> None:
    assert make(db, admin, place, "a", key="ab1").key == "AB1"
    generated = make(db, admin, place, "工作 b").key
    assert len(generated) == 5
    assert generated.isalnum()
    assert db.read_now(projects.get_by_key, "ab1").name == "a"
    for wrong in ("ABCDEF", "", "a-b", "ä"):
        with pytest.raises(InvalidArgument):
            make(db, admin, place, "x", key=wrong)
    with pytest.raises(AlreadyExists):
        make(db, admin, place, "x", key="Ab1")


def test_a_key_that_runs_had_stays_theirs(db: Database, admin: Caller, place: int) -> None:
    first, other = make(db, admin, place, "a", key="AAA"), make(db, admin, place, "b", key="BBB")
    db.write_now(projects.patch, admin, other.id, PatchProject(key="B2"))
    assert make(db, admin, place, "free", key="BBB").key == "BBB"  # no run ever had it
    db.write_now(rows.remember_key, "OLD", first.id)
    with pytest.raises(AlreadyExists):
        make(db, admin, place, "x", key="OLD")
    with pytest.raises(AlreadyExists):
        db.write_now(projects.patch, admin, other.id, PatchProject(key="OLD"))
    assert db.write_now(projects.patch, admin, first.id, PatchProject(key="old")).key == "OLD"


def test_who_may_change(db: Database, admin: Caller, determined: Caller, place: int) -> None:
    of_admin, own = make(db, admin, place, "a"), make(db, determined, place, "b")
    for change in (PatchProject(name="x"), PatchProject(description="x"), PatchProject(key="X")):
        with pytest.raises(PermissionDenied):
            db.write_now(projects.patch, determined, of_admin.id, change)
    with pytest.raises(PermissionDenied):
        db.write_now(projects.delete, determined, of_admin.id)
    assert db.write_now(projects.patch, determined, own.id, PatchProject(description="mine")).description == "mine"
    assert db.write_now(projects.delete, determined, own.id)
    with pytest.raises(NotFound):
        db.read_now(projects.get, own.id)


def test_archived_ones_take_notes_only(db: Database, admin: Caller, place: int) -> None:
    made = make(db, admin, place, "a")
    db.write_now(projects.archive, admin, made.id, True)
    with pytest.raises(FailedPrecondition):
        db.write_now(projects.patch, admin, made.id, PatchProject(name="x"))
    assert db.write_now(projects.add_note, made.id, Note(name="n", contents="c")) == [Note(name="n", contents="c")]
    assert db.write_now(projects.put_notes, made.id, []) == []


def test_a_project_counts_as_archived_while_its_workspace_is(db: Database, admin: Caller, place: int) -> None:
    made = make(db, admin, place, "a")
    db.write_now(workspaces.archive, admin, place, True)
    assert db.read_now(projects.get, made.id).archived
    with pytest.raises(FailedPrecondition):
        db.write_now(projects.archive, admin, made.id, False)
    db.write_now(workspaces.archive, admin, place, False)
    assert not db.read_now(projects.get, made.id).archived


def test_move(db: Database, admin: Caller, determined: Caller, place: int) -> None:
    made = make(db, admin, place, "a")
    other = db.write_now(workspaces.create, determined, PostWorkspaceRequest(name="other")).id
    with pytest.raises(PermissionDenied):
        db.write_now(projects.move, determined, made.id, other)
    for target in (1, place):
        with pytest.raises((FailedPrecondition, AlreadyExists)):
            db.write_now(projects.move, admin, made.id, target)
    db.write_now(projects.move, admin, made.id, other)
    listed = db.read_now(projects.list_projects, admin, GetWorkspaceProjectsRequest(id=other)).projects
    assert [project.id for project in listed] == [made.id]


def test_what_was_looked_at_last(db: Database, admin: Caller, determined: Caller, place: int) -> None:
    made = [make(db, admin, place, name).id for name in ("a", "b")]
    for project_id in (made[0], made[1], 999, made[0]):
        look = PostUserActivityRequest(
            activity_type=ActivityType.ACTIVITY_TYPE_GET, entity_type=EntityType.ENTITY_TYPE_PROJECT, entity_id=project_id
        )
        db.write_now(user_activity.note, admin, look)
    assert [project.id for project in db.read_now(user_activity.seen_projects, admin, 5)] == made
    assert len(db.read_now(user_activity.seen_projects, admin, 1)) == 1
    assert db.read_now(user_activity.seen_projects, determined, 5) == []
    for limit in (-1, 501):
        with pytest.raises(InvalidArgument):
            db.read_now(user_activity.seen_projects, admin, limit)
