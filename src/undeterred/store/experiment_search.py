"""The experiments' table: which experiments a filter finds, in which order."""

import msgspec

from undeterred.domain.query.filters import Filter
from undeterred.domain.query.sorts import Key
from undeterred.store.db import Tx
from undeterred.store.search_terms import Column, Columns, Terms
from undeterred.store.table_page import TablePage

_FROM = (
    " FROM experiments e LEFT JOIN trials b ON b.id = e.best_trial_id LEFT JOIN projects p ON p.id = e.project_id"
    " LEFT JOIN workspaces w ON w.id = p.workspace_id"
)
_PERCENT = Column("CAST(ROUND(COALESCE(e.progress, 0) * 100) AS INTEGER)", "number")
_SHARED: Columns = {
    "searcherType": Column("e.searcher_name", "text"),
    "searcherMetric": Column("e.searcher_metric", "text"),
    "user": Column("e.owner_id", "number"),
    "forkedFrom": Column("e.parent_id", "number"),
    "resourcePool": Column("e.resource_pool", "text"),
    "externalExperimentId": Column("e.external_id", "text"),
}
RUN_COLUMNS: Columns = _SHARED | {
    "id": Column("b.id", "number"),
    "experimentDescription": Column("e.description", "text"),
    "experimentName": Column("e.name", "text"),
    "startTime": Column("b.started_at", "time"),
    "endTime": Column("b.ended_at", "time"),
    "duration": Column("((COALESCE(b.ended_at, :now) - b.started_at) / 1000000.0)", "number"),
    "state": Column("b.state", "state"),
    "experimentProgress": _PERCENT,
    "projectId": Column("b.project_id", "number"),
    "checkpointSize": Column("b.checkpoint_size", "number"),
    "checkpointCount": Column("b.checkpoint_count", "number"),
    "searcherMetricsVal": Column("b.searcher_metric_value", "number"),
    "externalRunId": Column("b.external_id", "text"),
    "experimentId": Column("e.id", "number"),
    "localId": Column("(p.key || '-' || CAST(b.local_id AS TEXT))", "text"),
    "isExpMultitrial": Column("(CASE WHEN e.searcher_name <> 'single' THEN 1 ELSE 0 END)", "truth"),
    "parentArchived": Column("(CASE WHEN p.archived + w.archived > 0 THEN 1 ELSE 0 END)", "truth"),
}
EXPERIMENT_COLUMNS: Columns = _SHARED | {
    "id": Column("e.id", "number"),
    "description": Column("e.description", "text"),
    "name": Column("e.name", "text"),
    "startTime": Column("e.started_at", "time"),
    "endTime": Column("e.ended_at", "time"),
    "duration": Column("((COALESCE(e.ended_at, :now) - e.started_at) / 1000000.0)", "number"),
    "state": Column("e.state", "state"),
    "numTrials": Column("e.num_trials", "number"),
    "progress": _PERCENT,
    "projectId": Column("e.project_id", "number"),
    "checkpointSize": Column("e.checkpoint_size", "number"),
    "checkpointCount": Column("e.checkpoint_count", "number"),
    "searcherMetricsVal": Column("e.best_metric", "number"),
    "externalTrialId": Column("b.external_id", "text"),
}
_USER = Column("(SELECT COALESCE(NULLIF(display_name, ''), username) FROM users WHERE users.id = e.owner_id)", "text")
SORTABLE: Columns = EXPERIMENT_COLUMNS | {
    "user": _USER,
    "progress": Column("COALESCE(e.progress, 0)", "number"),
}


class BestRow(msgspec.Struct, frozen=True):
    """The best trial of an experiment."""

    experiment_id: int
    trial_id: int
    metric: float | None


def find(tx: Tx, project_id: int | None, wanted: Filter | None, order: tuple[Key, ...]) -> TablePage:
    """A search of the experiments' table. project_id: None for everywhere."""
    tags = {"tags": tags_column(tx)}
    terms = Terms(tx.dialect, tx.now, EXPERIMENT_COLUMNS | tags, RUN_COLUMNS | tags)
    fixed = ["e.state <> 'DELETING'"]
    if project_id is not None:
        fixed.append(f"e.project_id = :{terms.given(project_id)}")
    touched = f"SELECT experiment_id FROM trials WHERE {tx.dialect.member('id', 'runs')}"
    return TablePage(tx, terms, _FROM, "e.id", fixed, "e.archived = 0", wanted, order, SORTABLE, "e.hyperparameters", touched)


def tags_column(tx: Tx) -> Column:
    """The labels as one text; nothing where the configuration says nothing of them."""
    none = tx.dialect.json_text("e.config", "labels")
    return Column(f"""(CASE WHEN e.labels = '[]' THEN {none} ELSE REPLACE(e.labels, '","', '", "') END)""", "text")


def best_trials(tx: Tx, experiment_ids: list[int]) -> dict[int, BestRow]:
    """The best trials of these experiments, by experiment."""
    sql = (
        "SELECT e.id, t.id, t.searcher_metric_value FROM experiments e JOIN trials t ON t.id = e.best_trial_id"
        f" WHERE {tx.dialect.member('e.id', 'ids')}"
    )
    return {row.experiment_id: row for row in tx.all(BestRow, sql, ids=tx.dialect.bag(experiment_ids))}
