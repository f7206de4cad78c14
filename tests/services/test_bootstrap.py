"""What every cluster has from its first start on."""

from pathlib import Path

from undeterred.config import master
from undeterred.config.master import MasterConfig
from undeterred.services import bootstrap, passwords
from undeterred.store import projects, users, workspaces
from undeterred.store.db import Database
from undeterred.store.open import open_store


def test_the_first_start_makes_two_users_a_workspace_and_a_project(db: Database) -> None:
    names = [(row.id, row.username, row.admin, row.active) for row in db.read_now(users.everybody)]
    assert names == [(1, "admin", 1, 1), (2, "determined", 0, 1)]
    workspace, project = db.read_now(workspaces.get, 1, 1), db.read_now(projects.get, 1)
    assert workspace is not None
    assert (workspace.name, workspace.immutable, workspace.num_projects) == ("Uncategorized", 1, 1)
    assert project is not None
    assert (project.name, project.immutable, project.workspace_id) == ("Uncategorized", 1, 1)
    assert project.key.startswith("UNC")
    assert len(project.key) == 5


def test_a_later_start_changes_nothing(db: Database, config: MasterConfig) -> None:
    before = db.read_now(users.everybody)
    first, second = db.write_now(bootstrap.first_start, config), db.write_now(bootstrap.first_start, config)
    assert first == second
    assert first["cluster_id"]
    assert db.read_now(users.everybody) == before


def test_the_initial_password_opens_both_users(db: Database) -> None:
    sent = passwords.as_sent("Det-Test-1234", False)
    assert [passwords.matches_now(sent, row.password_hash, True) for row in db.read_now(users.everybody)] == [True, True]
    assert db.read_now(bootstrap.blank_password_users) == []


def test_without_an_initial_password_both_are_blank(tmp_path: Path) -> None:
    database = open_store(tmp_path)
    database.write_now(bootstrap.first_start, master.load(None, {}, {}))
    assert database.read_now(bootstrap.blank_password_users) == ["admin", "determined"]
    database.close()
