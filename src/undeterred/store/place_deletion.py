"""What deleting a project must know of the experiments in it."""

import msgspec

from undeterred.store.db import Tx


class GoingRow(msgspec.Struct, frozen=True):
    """A project with its state and its workspace's."""

    id: int
    state: str
    workspace_id: int
    workspace_state: str


class LeavingRow(msgspec.Struct, frozen=True):
    """An experiment of a project that is being deleted."""

    id: int
    state: str
    unmanaged: int


def going(tx: Tx, project_id: int) -> GoingRow | None:
    """A project as its deletion sees it."""
    sql = "SELECT p.id, p.state, w.id, w.state FROM projects p JOIN workspaces w ON w.id = p.workspace_id WHERE p.id = :id"
    return tx.one(GoingRow, sql, id=project_id)


def first(tx: Tx, project_id: int, limit: int) -> list[LeavingRow]:
    """The oldest experiments of a project."""
    sql = "SELECT id, state, unmanaged FROM experiments WHERE project_id = :id ORDER BY id LIMIT :limit"
    return tx.all(LeavingRow, sql, id=project_id, limit=limit)


def is_empty(tx: Tx, project_id: int) -> bool:
    """Whether a project holds no experiments."""
    return tx.value("SELECT 1 FROM experiments WHERE project_id = :id LIMIT 1", id=project_id) is None


def stuck(tx: Tx, project_id: int) -> list[int]:
    """The experiments of a project that could not be deleted."""
    return tx.column("SELECT id FROM experiments WHERE state = 'DELETE_FAILED' AND project_id = :id ORDER BY id", id=project_id)


def error_of(tx: Tx, experiment_id: int) -> str:
    """Why an experiment could not be deleted the last time."""
    sql = "SELECT error FROM collections WHERE experiment_id = :id AND kind = 'experiment' AND error IS NOT NULL ORDER BY id DESC LIMIT 1"
    return str(tx.value(sql, id=experiment_id) or "its files could not be removed")


def registered(tx: Tx, project_id: int) -> int | None:
    """An experiment of a project of whose checkpoints a model version holds one."""
    sql = (
        "SELECT e.id FROM model_versions v JOIN checkpoints c ON c.uuid = v.checkpoint_uuid JOIN experiments e ON e.id = c.experiment_id"
        " WHERE e.project_id = :id LIMIT 1"
    )
    found = tx.value(sql, id=project_id)
    return None if found is None else int(found)


def holds_models(tx: Tx, workspace_id: int) -> bool:
    """Whether a workspace holds models."""
    return tx.value("SELECT 1 FROM models WHERE workspace_id = :id LIMIT 1", id=workspace_id) is not None
