"""The runs' table: which runs a filter finds, in which order, and what the verbs on many need to know of them."""

import msgspec

from undeterred.domain.query.filters import Filter
from undeterred.domain.query.sorts import Key
from undeterred.store.db import Tx
from undeterred.store.experiment_search import EXPERIMENT_COLUMNS, RUN_COLUMNS, tags_column
from undeterred.store.search_terms import Column, Columns, Terms
from undeterred.store.table_page import TablePage

_FROM = " FROM trials b JOIN experiments e ON e.id = b.experiment_id JOIN projects p ON p.id = b.project_id JOIN workspaces w ON w.id = p.workspace_id"
_NAN = "CASE WHEN b.searcher_metric_value IS NULL AND b.best_validation_id IS NOT NULL THEN 1.7976931348623157e308 ELSE b.searcher_metric_value END"
SORTABLE: Columns = RUN_COLUMNS | {
    "experimentProgress": Column("COALESCE(e.progress, 0)", "number"),
    "user": Column("(SELECT username FROM users WHERE users.id = e.owner_id)", "text"),
    "localId": Column("b.local_id", "number"),
    "archived": Column("(CASE WHEN b.archived + e.archived > 0 THEN 1 ELSE 0 END)", "truth"),
    "searcherMetricsVal": Column(f"({_NAN})", "number"),
}


class FlatRow(msgspec.Struct, frozen=True):
    """A run as its table shows it; labels, hparams, summary, metadata and config are JSON, instants µs."""

    id: int
    state: str
    started_at: int
    ended_at: int | None
    checkpoint_size: int
    checkpoint_count: int
    metric: float | None
    measured: int
    external_id: str | None
    hparams: str
    summary: str | None
    metadata: str | None
    log_policy_matched: str | None
    archived: int
    local_id: str
    project_id: int
    project_name: str
    workspace_id: int
    workspace_name: str
    place_archived: int
    experiment_id: int
    searcher_type: str
    searcher_metric: str
    parent_id: int | None
    experiment_external_id: str | None
    resource_pool: str
    progress: float | None
    description: str
    experiment_name: str
    unmanaged: int
    owner_id: int
    labels: str
    config: str


class CandidateRow(msgspec.Struct, frozen=True):
    """A run that a verb may be about."""

    id: int
    experiment_id: int
    state: str
    archived: int
    experiment_archived: int
    place_archived: int
    multitrial: int


_FLAT = (
    "SELECT b.id, b.state, b.started_at, b.ended_at, b.checkpoint_size, b.checkpoint_count, b.searcher_metric_value,"
    " CASE WHEN b.best_validation_id IS NULL THEN 0 ELSE 1 END, b.external_id, b.hparams, b.summary_metrics, b.metadata, b.log_policy_matched,"
    " CASE WHEN b.archived + e.archived > 0 THEN 1 ELSE 0 END, p.key || '-' || CAST(b.local_id AS TEXT), p.id, p.name, w.id, w.name,"
    " CASE WHEN p.archived + w.archived > 0 THEN 1 ELSE 0 END, e.id, e.searcher_name, e.searcher_metric, e.parent_id, e.external_id,"
    " e.resource_pool, e.progress, COALESCE(e.description, ''), e.name, e.unmanaged, e.owner_id, e.labels, COALESCE(e.config_shown, e.config)"
) + _FROM
_CANDIDATES = (
    "SELECT b.id, e.id, b.state, b.archived, e.archived, CASE WHEN p.archived + w.archived > 0 THEN 1 ELSE 0 END,"
    " CASE WHEN e.searcher_name <> 'single' THEN 1 ELSE 0 END"
) + _FROM


def find(tx: Tx, project_id: int | None, wanted: Filter | None, order: tuple[Key, ...] = ()) -> TablePage:
    """A search of the runs' table. project_id: None for everywhere."""
    tags = {"tags": tags_column(tx)}
    terms = Terms(tx.dialect, tx.now, EXPERIMENT_COLUMNS | tags, RUN_COLUMNS | tags)
    fixed = [] if project_id is None else [f"b.project_id = :{terms.given(project_id)}"]
    hidden = "b.archived = 0 AND e.archived = 0"
    touched = f"SELECT id FROM trials WHERE {tx.dialect.member('experiment_id', 'experiments')}"
    return TablePage(tx, terms, _FROM, "b.id", fixed, hidden, wanted, order, SORTABLE, "b.hparams", touched)


def flat(tx: Tx, ids: list[int]) -> list[FlatRow]:
    """Runs as the table shows them, in the order of `ids`."""
    rows = {row.id: row for row in tx.all(FlatRow, f"{_FLAT} WHERE {tx.dialect.member('b.id', 'ids')}", ids=tx.dialect.bag(ids))}
    return [rows[i] for i in ids if i in rows]


def candidates(tx: Tx, project_id: int, ids: list[int]) -> list[CandidateRow]:
    """Those of these runs that are in the project, by id."""
    sql = f"{_CANDIDATES} WHERE b.project_id = :project AND {tx.dialect.member('b.id', 'ids')} ORDER BY b.id"
    return tx.all(CandidateRow, sql, project=project_id, ids=tx.dialect.bag(ids))


def set_archived(tx: Tx, run_id: int, archived: bool) -> None:
    """Archive one run, or take it back."""
    tx.ring(f"run:{run_id}")
    tx.run("UPDATE trials SET archived = :archived WHERE id = :id", id=run_id, archived=int(archived))


def runs_of(tx: Tx, experiment_ids: list[int]) -> list[int]:
    """The runs of these experiments, by id."""
    return tx.column(
        f"SELECT id FROM trials WHERE {tx.dialect.member('experiment_id', 'ids')} ORDER BY id", ids=tx.dialect.bag(experiment_ids)
    )
