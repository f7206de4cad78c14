"""What the creation of an experiment looks at before it is made: its project, its template, what it starts from, what the cluster has."""

import json

import msgspec

from undeterred.store.db import Tx


class PlaceRow(msgspec.Struct, frozen=True):
    """A project with what its workspace sets for experiments; `checkpoint_storage` is JSON; `going`: one of them is being deleted."""

    project_id: int
    project_archived: int
    workspace_archived: int
    workspace_id: int
    checkpoint_storage: str | None
    default_compute_pool: str
    default_aux_pool: str
    going: int


_PLACE = (
    "SELECT p.id, p.archived, w.archived, w.id, w.checkpoint_storage, w.default_compute_pool, w.default_aux_pool,"
    " CASE WHEN p.state = 'DELETING' OR w.state = 'DELETING' THEN 1 ELSE 0 END"
    " FROM projects p JOIN workspaces w ON w.id = p.workspace_id"
)


def by_id(tx: Tx, project_id: int) -> PlaceRow | None:
    """The place that a project's id means."""
    return tx.one(PlaceRow, f"{_PLACE} WHERE p.id = :id", id=project_id)


def is_archived_workspace(tx: Tx, name: str) -> bool:
    """Whether there is such a workspace and it is archived."""
    return bool(tx.value("SELECT archived FROM workspaces WHERE name = :name", name=name))


def archived_projects(tx: Tx) -> list[int]:
    """The projects that are archived or in an archived workspace."""
    return tx.column(
        "SELECT id FROM projects WHERE archived = 1"
        " UNION SELECT p.id FROM workspaces w JOIN projects p ON p.workspace_id = w.id WHERE w.archived = 1 ORDER BY 1"
    )


def by_experiment(tx: Tx, experiment_id: int) -> PlaceRow | None:
    """The place where an experiment is."""
    return tx.one(PlaceRow, f"{_PLACE} WHERE p.id = (SELECT project_id FROM experiments WHERE id = :id)", id=experiment_id)


def by_name(tx: Tx, workspace: str, project: str) -> PlaceRow | None:
    """The place that two names mean."""
    return tx.one(PlaceRow, f"{_PLACE} WHERE w.name = :workspace AND p.name = :project", workspace=workspace, project=project)


def template(tx: Tx, name: str) -> str | None:
    """A template's configuration, JSON."""
    found = tx.value("SELECT config FROM templates WHERE name = :name", name=name)
    return None if found is None else str(found)


def slots(tx: Tx, pool: str) -> int:
    """How many slots the pool's machines have, switched off or not."""
    rows = tx.column("SELECT slots FROM nodes WHERE pool = :pool AND present = 1", pool=pool)
    return sum(len(json.loads(row)) for row in rows)


def last_checkpoint(tx: Tx, trial_id: int) -> str | None:
    """The newest whole checkpoint of a trial."""
    sql = "SELECT uuid FROM checkpoints WHERE trial_id = :id AND state = 'COMPLETED' ORDER BY batches DESC, id DESC LIMIT 1"
    found = tx.value(sql, id=trial_id)
    return None if found is None else str(found)


def has_checkpoint(tx: Tx, uuid: str) -> bool:
    """Whether there is a checkpoint of this id."""
    return tx.value("SELECT 1 FROM checkpoints WHERE uuid = :uuid", uuid=uuid) is not None
