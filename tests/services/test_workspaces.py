"""Workspaces: whose they are, what they hold back, what goes with them."""

import pytest

from undeterred.config.master import MasterConfig
from undeterred.errors import AlreadyExists, Conflict, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, WireError
from undeterred.services import models, projects, templates, workspaces
from undeterred.services.identity import Caller
from undeterred.store.db import Database
from undeterred.wire.models import PostModelRequest
from undeterred.wire.projects import PostProjectRequest
from undeterred.wire.templates import Template
from undeterred.wire.users import AgentUserGroup
from undeterred.wire.workspaces import GetWorkspacesRequest, PatchWorkspace, PostWorkspaceRequest, Workspace

S3 = {"type": "s3", "bucket": "b", "access_key": "A", "secret_key": "S"}


def make(db: Database, who: Caller, name: str, **fields: object) -> Workspace:
    return db.write_now(workspaces.create, who, PostWorkspaceRequest(name=name, **fields))  # type: ignore[arg-type]


def test_secrets_of_the_storage_are_never_shown(db: Database, admin: Caller) -> None:
    made = make(db, admin, "w", checkpoint_storage_config=S3)
    for shown in (made, db.read_now(workspaces.get, admin, made.id)):
        assert isinstance(shown.checkpoint_storage_config, dict)
        assert {shown.checkpoint_storage_config[key] for key in ("access_key", "secret_key")} == {"********"}
    kept = db.read_now(lambda tx: tx.value("SELECT checkpoint_storage FROM workspaces WHERE id = :id", id=made.id))
    assert '"secret_key":"S"' in kept


@pytest.mark.parametrize(
    "storage", [{"type": "nope"}, {"type": "shared_fs"}, {"type": "shared_fs", "host_path": "/x", "foo": 1}, {"foo": 1}]
)
def test_a_wrong_storage_is_refused(db: Database, admin: Caller, storage: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument):
        make(db, admin, "w", checkpoint_storage_config=storage)


def test_names(db: Database, admin: Caller) -> None:
    assert make(db, admin, "ü" * 40).name == "ü" * 40
    assert make(db, admin, "alpha").id != make(db, admin, "ALPHA").id
    for wrong in ("", " \t", "x" * 81, "ü" * 41):
        with pytest.raises(InvalidArgument):
            make(db, admin, wrong)
    with pytest.raises(AlreadyExists):
        make(db, admin, "alpha")


def test_what_belongs_to_the_owner(db: Database, admin: Caller, determined: Caller, config: MasterConfig) -> None:
    made = make(db, admin, "w")
    group = AgentUserGroup(agent_uid=1, agent_gid=1, agent_user="u", agent_group="g")
    for change in (PatchWorkspace(name="mine"), PatchWorkspace(checkpoint_storage_config=S3), PatchWorkspace(agent_user_group=group)):
        with pytest.raises(PermissionDenied):
            db.write_now(workspaces.patch, determined, made.id, change, config)
    for verb in (
        lambda: db.write_now(workspaces.archive, determined, made.id, True),
        lambda: db.write_now(workspaces.delete, determined, made.id),
    ):
        with pytest.raises(PermissionDenied):
            verb()
    changed = db.write_now(workspaces.patch, determined, made.id, PatchWorkspace(default_compute_resource_pool="default"), config)
    assert changed.default_compute_pool == "default"
    with pytest.raises(FailedPrecondition):
        db.write_now(workspaces.patch, admin, made.id, PatchWorkspace(default_aux_resource_pool="nope"), config)


def test_the_immutable_one_stays_as_it_is(db: Database, admin: Caller, config: MasterConfig) -> None:
    before = db.read_now(workspaces.get, admin, 1)
    for verb in (
        lambda: db.write_now(workspaces.patch, admin, 1, PatchWorkspace(name="x"), config),
        lambda: db.write_now(workspaces.archive, admin, 1, True),
        lambda: db.write_now(workspaces.delete, admin, 1),
        lambda: db.write_now(projects.create, admin, PostProjectRequest(name="x", workspace_id=1)),
    ):
        with pytest.raises(WireError) as refused:
            verb()
        assert refused.value.http == 400
    assert db.read_now(workspaces.get, admin, 1) == before


def test_pins_are_of_the_one_who_pins(db: Database, admin: Caller, determined: Caller) -> None:
    made = make(db, admin, "w")
    with pytest.raises(Conflict):
        db.write_now(workspaces.pin, admin, made.id, True)
    db.write_now(workspaces.pin, determined, made.id, True)
    db.write_now(workspaces.pin, admin, made.id, False)
    with pytest.raises(NotFound):
        db.write_now(workspaces.pin, admin, made.id, False)
    seen = {who.username: db.read_now(workspaces.get, who, made.id).pinned for who in (admin, determined)}
    assert seen == {"admin": False, "determined": True}


def test_delete_takes_projects_templates_and_pins_along(db: Database, admin: Caller) -> None:
    made = make(db, admin, "w")
    project = db.write_now(projects.create, admin, PostProjectRequest(name="p", workspace_id=made.id))
    db.write_now(templates.create, admin, Template(name="t", config={"a": 1}, workspace_id=made.id))
    model = db.write_now(models.create, admin, PostModelRequest(name="m", workspace_id=made.id))
    with pytest.raises(FailedPrecondition, match="models"):
        db.write_now(workspaces.delete, admin, made.id)
    db.write_now(models.delete, admin, model.name)
    assert db.write_now(workspaces.delete, admin, made.id) is False
    for gone in (
        lambda: db.read_now(workspaces.get, admin, made.id),
        lambda: db.read_now(projects.get, project.id),
        lambda: db.read_now(templates.get, "t"),
    ):
        with pytest.raises(NotFound):
            gone()
    assert db.write_now(workspaces.delete, admin, make(db, admin, "empty").id) is True


def test_lists(db: Database, admin: Caller, determined: Caller) -> None:
    for who, name in ((admin, "alpha"), (determined, "beta"), (admin, "Alpha")):
        make(db, who, name)
    back = make(db, admin, "back\\", default_aux_pool="a'b%s")
    assert names_of(db, admin, name="BACK\\") == names_of(db, admin, name="back\\\\") == ["back\\"]
    db.write_now(workspaces.delete, admin, back.id)

    def names(**wanted: object) -> list[str]:
        return names_of(db, admin, **wanted)

    assert names() == ["Uncategorized", "alpha", "beta", "Alpha"]
    assert names(name="ALPHA") == ["alpha", "Alpha"]
    assert names(name="lph") == []
    assert names(name_case_sensitive="alpha") == ["alpha"]
    assert names(pinned=False) == ["Uncategorized", "beta"]
    assert names(users=["determined"], user_ids=[1]) == []
    assert names(user_ids=[2]) == ["beta"]
    assert names(limit=2, offset=-3) == ["alpha", "beta"]


def names_of(db: Database, who: Caller, **wanted: object) -> list[str]:
    answer = db.read_now(workspaces.list_workspaces, who, GetWorkspacesRequest(**wanted))  # type: ignore[arg-type]
    return [one.name for one in answer.workspaces]
