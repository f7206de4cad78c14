"""Experiments' rows: as they are made, as they are shown, and as the verbs need them."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from undeterred.store.db import Tx


class ShownRow(msgspec.Struct, frozen=True):
    """What people see of an experiment; `labels`, `config` (secrets masked) and `hyperparameters` are JSON, instants µs."""

    id: int
    state: str
    name: str
    description: str
    labels: str
    notes: str
    config: str
    hyperparameters: str
    job_id: str
    owner_id: int
    username: str
    display_name: str
    project_id: int
    project_name: str
    project_owner_id: int
    project_archived: int
    workspace_id: int
    workspace_name: str
    workspace_archived: int
    parent_id: int | None
    resource_pool: str
    searcher_name: str
    searcher_metric: str
    started_at: int
    ended_at: int | None
    archived: int
    unmanaged: int
    external_id: str | None
    progress: float | None
    progress_nan: int
    best_metric: float | None
    external_trial_id: str | None
    num_trials: int
    checkpoint_count: int
    checkpoint_size: int


class PlacedRow(msgspec.Struct, frozen=True):
    """What a verb needs to know before it decides."""

    id: int
    state: str
    archived: int
    unmanaged: int
    owner_id: int
    project_id: int
    job_id: str


class ConfigRow(msgspec.Struct, frozen=True):
    """What a patch changes; the configs are JSON, `config_shown` where secrets are masked."""

    id: int
    state: str
    name: str
    description: str | None
    labels: str
    notes: str
    config: str
    config_shown: str | None
    archived: int
    unmanaged: int
    job_id: str


class SearcherRow(msgspec.Struct, frozen=True):
    """What a search goes by."""

    metric: str
    smaller_is_better: int


class SourceRow(msgspec.Struct, frozen=True):
    """What a fork takes from its parent."""

    id: int
    model_definition_id: int | None
    project_id: int
    archived_place: int


FROM = " FROM experiments e JOIN projects p ON p.id = e.project_id JOIN workspaces w ON w.id = p.workspace_id JOIN users u ON u.id = e.owner_id"
_SHOWN = (
    "SELECT e.id, e.state, e.name, COALESCE(e.description, ''), e.labels, e.notes, COALESCE(e.config_shown, e.config), e.hyperparameters, e.job_id, e.owner_id,"
    " u.username, u.display_name, e.project_id, p.name, p.user_id, p.archived, w.id, w.name, w.archived, e.parent_id, e.resource_pool,"
    " e.searcher_name, e.searcher_metric, e.started_at, e.ended_at, e.archived, e.unmanaged, e.external_id, e.progress, e.progress_nan, e.best_metric,"
    " b.external_id, e.num_trials, e.checkpoint_count, e.checkpoint_size" + FROM + " LEFT JOIN trials b ON b.id = e.best_trial_id"
)
_PLACED = "SELECT id, state, archived, unmanaged, owner_id, project_id, job_id FROM experiments"


def changed(tx: Tx, *experiment_ids: int) -> None:
    """Tell who waits for these experiments, the lists' index among them; every change of a row that a list shows or filters by calls this."""
    tx.ring(*[f"experiment:{i}" for i in experiment_ids])


def insert(tx: Tx, values: dict[str, Any]) -> int:
    """A new experiment from column -> value; its id."""
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    experiment_id = int(tx.value(f"INSERT INTO experiments ({names}) VALUES ({marks}) RETURNING id", **values))
    changed(tx, experiment_id)
    return experiment_id


def update(tx: Tx, experiment_id: int, values: dict[str, Any]) -> int:
    """Set columns; how many rows that changed."""
    if not values:
        return 0
    changed(tx, experiment_id)
    return tx.run(f"UPDATE experiments SET {', '.join(f'{name} = :{name}' for name in values)} WHERE id = :id", id=experiment_id, **values)


def move(tx: Tx, experiment_id: int, before: str, after: str) -> bool:
    """Change the state if it is still `before`."""
    changed(tx, experiment_id)
    return (
        tx.run("UPDATE experiments SET state = :after WHERE id = :id AND state = :before", id=experiment_id, before=before, after=after)
        == 1
    )


def shown(tx: Tx, experiment_id: int) -> ShownRow | None:
    """One experiment as it is shown."""
    return tx.one(ShownRow, f"{_SHOWN} WHERE e.id = :id", id=experiment_id)


def shown_by_ids(tx: Tx, ids: Sequence[int]) -> list[ShownRow]:
    """Experiments as they are shown, in the order of `ids`; those that are gone are left out."""
    rows = tx.all(ShownRow, f"{_SHOWN} WHERE {tx.dialect.member('e.id', 'ids')}", ids=tx.dialect.bag(ids))
    place = {experiment_id: n for n, experiment_id in enumerate(ids)}
    return sorted(rows, key=lambda row: place[row.id])


def original_config(tx: Tx, experiment_id: int) -> str:
    """The submitted text."""
    return str(tx.value("SELECT original_config FROM experiments WHERE id = :id", id=experiment_id) or "")


def placed(tx: Tx, experiment_id: int) -> PlacedRow | None:
    """One experiment for a verb."""
    return tx.one(PlacedRow, f"{_PLACED} WHERE id = :id", id=experiment_id)


def placed_by_ids(tx: Tx, project_id: int, ids: Iterable[int]) -> dict[int, PlacedRow]:
    """Those of these experiments that are in the project, by id; project_id -1: in any."""
    where, given = ("", {}) if project_id == -1 else (" AND project_id = :project", {"project": project_id})
    sql = f"{_PLACED} WHERE {tx.dialect.member('id', 'ids')}{where}"
    return {row.id: row for row in tx.all(PlacedRow, sql, ids=tx.dialect.bag(list(ids)), **given)}


def config_of(tx: Tx, experiment_id: int) -> ConfigRow | None:
    """One experiment for a patch."""
    sql = "SELECT id, state, name, description, labels, notes, config, config_shown, archived, unmanaged, job_id FROM experiments WHERE id = :id"
    return tx.one(ConfigRow, sql, id=experiment_id)


def source(tx: Tx, experiment_id: int) -> SourceRow | None:
    """One experiment as the parent of a fork; `archived_place`: its project or workspace is archived."""
    sql = (
        "SELECT e.id, e.model_definition_id, e.project_id, CASE WHEN p.archived + w.archived > 0 THEN 1 ELSE 0 END"
        + FROM
        + " WHERE e.id = :id"
    )
    return tx.one(SourceRow, sql, id=experiment_id)


def searcher_of(tx: Tx, experiment_id: int) -> SearcherRow | None:
    """What an experiment's search goes by."""
    return tx.one(SearcherRow, "SELECT searcher_metric, smaller_is_better FROM experiments WHERE id = :id", id=experiment_id)


def id_by_external(tx: Tx, external_id: str) -> int | None:
    """The experiment that somebody else's system knows by this id."""
    found = tx.value("SELECT id FROM experiments WHERE external_id = :external", external=external_id)
    return None if found is None else int(found)


def live_states(tx: Tx, job_ids: Sequence[str]) -> dict[str, list[str]]:
    """The states of the jobs' allocations that hold something, by job."""
    if not job_ids:
        return {}
    states: dict[str, list[str]] = {}
    sql = f"SELECT job_id, state FROM allocations WHERE {tx.dialect.member('job_id', 'jobs', 'text')}"
    sql += " AND state IN ('PULLING', 'STARTING', 'RUNNING', 'WAITING', 'TERMINATING')"
    for job_id, state in tx.all(lambda job, state: (str(job), str(state)), sql, jobs=tx.dialect.bag(job_ids)):
        states.setdefault(job_id, []).append(state)
    return states


def trial_ids(tx: Tx, experiment_id: int) -> list[int]:
    """Its trials, oldest first."""
    return tx.column("SELECT id FROM trials WHERE experiment_id = :id ORDER BY id", id=experiment_id)


def labels(tx: Tx, project_id: int) -> list[str]:
    """The JSON lists of labels in use; project_id 0: everywhere."""
    sql = "SELECT DISTINCT labels FROM experiments WHERE labels <> '[]'"
    return tx.column(f"{sql} AND project_id = :project", project=project_id) if project_id else tx.column(sql)


def retain_logs(tx: Tx, experiment_id: int, days: int) -> None:
    """Keep the logs of its trials for so many days."""
    tx.run("UPDATE trials SET log_retention_days = :days WHERE experiment_id = :id", id=experiment_id, days=days)
    sql = "UPDATE tasks SET log_retention_days = :days WHERE trial_id IN (SELECT id FROM trials WHERE experiment_id = :id)"
    tx.run(sql, id=experiment_id, days=days)


def move_to_project(tx: Tx, experiment_id: int, project_id: int) -> None:
    """Put an experiment and its trials into another project, under that project's next numbers."""
    update(tx, experiment_id, {"project_id": project_id})
    count = int(tx.value("SELECT COUNT(*) FROM trials WHERE experiment_id = :id", id=experiment_id))
    if not count:
        return
    sql = "UPDATE projects SET max_local_id = max_local_id + :count WHERE id = :id RETURNING max_local_id"
    last = int(tx.value(sql, count=count, id=project_id))
    tx.run(
        "UPDATE trials SET project_id = :project, local_id = :before + n.place"
        " FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS place FROM trials WHERE experiment_id = :id) AS n WHERE n.id = trials.id",
        project=project_id,
        before=last - count,
        id=experiment_id,
    )
