"""The model registry and templates."""

import pytest

from undeterred.errors import AlreadyExists, Conflict, InvalidArgument, NotFound, PermissionDenied
from undeterred.services import models, templates
from undeterred.services.identity import Caller
from undeterred.store.db import Database
from undeterred.wire.models import GetModelsRequest, Model, PatchModel, PostModelRequest
from undeterred.wire.templates import GetTemplatesRequest, Template


def make(db: Database, who: Caller, name: str, **fields: object) -> Model:
    return db.write_now(models.create, who, PostModelRequest(name=name, **fields))  # type: ignore[arg-type]


def test_names(db: Database, admin: Caller) -> None:
    make(db, admin, "net")
    make(db, admin, "NET")
    for wrong in ("", "   ", "a  b", "a/b", "a\\b", "123"):
        with pytest.raises(InvalidArgument):
            make(db, admin, wrong)
    with pytest.raises(AlreadyExists):
        make(db, admin, "net")
    with pytest.raises(NotFound):
        make(db, admin, "lost", workspace_id=99)


def test_digits_are_an_id(db: Database, admin: Caller) -> None:
    made = make(db, admin, "net")
    assert db.read_now(models.get, f"00{made.id}").name == "net"
    for unknown in ("9999", "9" * 20, "-1", "Net"):
        with pytest.raises(NotFound):
            db.read_now(models.get, unknown)


def test_labels(db: Database, admin: Caller) -> None:
    assert make(db, admin, "a", labels=["x", "y", "x"]).labels == ["x", "y", "x"]
    assert make(db, admin, "b", labels=["é", "y,z", ""]).labels == ["é", "y", "z", ""]
    assert db.read_now(models.labels, None) == ["y", "", "x", "z", "é"]
    changed = db.write_now(models.patch, "a", PatchModel(labels=["b", "c", "b", 7, None, ""]))
    assert changed.labels == ["b", "c", ""]
    listed = db.read_now(models.list_models, GetModelsRequest(labels=["c", "é"]))
    assert [model.name for model in listed.models] == ["a", "b"]


def test_equal_values_change_nothing(db: Database, admin: Caller) -> None:
    make(db, admin, "a", description="d", metadata={"k": 1})
    before = db.read_now(models.get, "a")
    assert db.write_now(models.patch, "a", PatchModel(description="d", metadata={"k": 1}, labels=[])) == before
    db.write_now(models.patch, "a", PatchModel(description=""))
    assert db.read_now(models.get, "a").description == ""


def test_archived_models_refuse_changes_but_may_be_moved(db: Database, admin: Caller, determined: Caller) -> None:
    made = make(db, admin, "a")
    db.write_now(models.archive, "a", True)
    with pytest.raises(Conflict):
        db.write_now(models.patch, "a", PatchModel())
    db.write_now(models.move, "a", made.workspace_id)
    with pytest.raises(PermissionDenied):
        db.write_now(models.delete, determined, "a")
    db.write_now(models.delete, admin, "a")
    with pytest.raises(NotFound):
        db.read_now(models.get, "a")


def test_templates(db: Database, admin: Caller) -> None:
    db.write_now(templates.create, admin, Template(name="base", config={"b": 1, "a": {"x": None}}))
    with pytest.raises(AlreadyExists):
        db.write_now(templates.create, admin, Template(name="base"))
    with pytest.raises(NotFound):
        db.write_now(templates.put, admin, Template(name="base", workspace_id=99))
    assert db.read_now(templates.config_of, "base") == {"a": {"x": None}, "b": 1}
    assert db.write_now(templates.put, admin, Template(name="fresh", config={})).workspace_id == 0
    assert db.read_now(templates.get, "fresh").workspace_id == 1
    with pytest.raises(AlreadyExists):
        db.write_now(templates.rename, "fresh", "base")
    assert db.write_now(templates.rename, "fresh", "fresh").name == "fresh"
    db.write_now(templates.rename, "fresh", "Zed")
    names = [one.name for one in db.read_now(templates.list_templates, GetTemplatesRequest()).templates]
    assert names == ["Zed", "base"]
    db.write_now(templates.delete, "Zed")
    with pytest.raises(NotFound):
        db.write_now(templates.delete, "Zed")
    for limit, offset, found, ends in ((-2, 0, 1, 0), (-3, 0, 1, -3), (1, 9, 0, 1), (-2, 1, 0, 1)):
        page = db.read_now(templates.list_templates, GetTemplatesRequest(limit=limit, offset=offset))
        assert page.pagination is not None
        assert (len(page.templates), page.pagination.end_index) == (found, ends)
