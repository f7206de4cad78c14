"""Searching the runs' table: filter document and order in, a page of runs out."""

import json
import secrets

from msgspec import Raw

from undeterred.domain.query import filters, sorts
from undeterred.errors import NotFound
from undeterred.services import search_views, shown_trials
from undeterred.services.kept_rows import KeptRows, Piece
from undeterred.services.search_views import SearchViews
from undeterred.store import experiment_places, run_search
from undeterred.store.db import Tx
from undeterred.store.run_search import FlatRow
from undeterred.store.table_page import TablePage
from undeterred.wire.base import double, instant, int64, single
from undeterred.wire.common import Pagination
from undeterred.wire.encode import encode
from undeterred.wire.runs import FlatRun, FlatRunExperiment, SearchRunsRequest, SearchRunsResponse

SECOND = 1_000_000
KEPT_MAX = 500  # a longer page is made anew, outside the turn
_MARK = f'"{secrets.token_hex(16)}"'.encode()  # what no stored text can contain


def page(tx: Tx, views: SearchViews, request: SearchRunsRequest) -> SearchRunsResponse:
    """A page of the table. Raises NotFound for an unknown project, InvalidArgument for a filter or order that means nothing."""
    with views.turn():
        search = _search(tx, request)
        found = views.window(search, request.offset, request.limit)
        if found is not None and len(found[1]) <= KEPT_MAX:
            return _page(_kept(tx, views.rows, found[1]), found[0])
    shown, ids = found or search_views.asked(search, request.offset, request.limit)
    return _page([_piece(row).at(tx.now) for row in run_search.flat(tx, ids)], shown)


def _page(runs: list[bytes], shown: Pagination) -> SearchRunsResponse:
    return SearchRunsResponse(runs=list(map(Raw, runs)), pagination=shown)  # type: ignore[arg-type]  # ready JSON


def _kept(tx: Tx, rows: KeptRows, ids: list[int]) -> list[bytes]:
    """These runs, the missing ones made now."""
    pieces = {run_id: rows.find(run_id) for run_id in ids}
    missing = [run_id for run_id, piece in pieces.items() if piece is None]
    for row in run_search.flat(tx, missing) if missing else ():
        pieces[row.id] = piece = _piece(row)
        rows.keep(row.id, row.experiment_id, piece)
    return [piece.at(tx.now) for piece in pieces.values() if piece is not None]


def _piece(row: FlatRow) -> Piece:
    whole = encode(_shown(row))
    head, mark, tail = whole.partition(_MARK)
    return Piece(head, row.started_at, tail) if mark else Piece(whole, None, b"")


def _search(tx: Tx, request: SearchRunsRequest) -> TablePage:
    project_id = request.project_id if isinstance(request.project_id, int) else None
    if project_id is not None and experiment_places.by_id(tx, project_id) is None:
        raise NotFound(f"project '{project_id}' not found")
    wanted = filters.read(request.filter) if isinstance(request.filter, str) else None
    order = sorts.read(request.sort, of_runs=True) if isinstance(request.sort, str) else ()
    return run_search.find(tx, project_id, wanted, order)


def _shown(row: FlatRow) -> FlatRun:
    """The run; for one that goes on, a mark stands where its duration belongs."""
    message = FlatRun(
        id=row.id,
        start_time=instant(row.started_at),
        end_time=None if row.ended_at is None else instant(row.ended_at),
        state=shown_trials.STATES[row.state],
        labels=Raw(row.labels.encode()),  # type: ignore[arg-type]  # ready JSON
        checkpoint_size=int64(max(row.checkpoint_size, 0)),
        checkpoint_count=row.checkpoint_count,
        hyperparameters=Raw(row.hparams.encode()),
        summary_metrics=Raw((row.summary or "{}").encode()),
        user_id=row.owner_id,
        duration=Raw(_MARK) if row.ended_at is None else (row.ended_at - row.started_at + SECOND // 2) // SECOND,  # type: ignore[arg-type]
        project_id=row.project_id,
        project_name=row.project_name,
        workspace_id=row.workspace_id,
        workspace_name=row.workspace_name,
        parent_archived=row.place_archived == 1,
        experiment=_experiment(row),
        archived=row.archived == 1,
        local_id=row.local_id,
    )
    if row.metric is not None or row.measured:
        message.searcher_metric_value = double(float("nan") if row.metric is None else row.metric)
    if row.external_id is not None:
        message.external_run_id = row.external_id
    if row.metadata is not None:
        message.metadata = Raw(row.metadata.encode())
    if row.log_policy_matched is not None:
        message.log_policy_matched = row.log_policy_matched
    return message


def _experiment(row: FlatRow) -> FlatRunExperiment:
    message = FlatRunExperiment(
        id=row.experiment_id,
        searcher_type=row.searcher_type,
        searcher_metric=row.searcher_metric,
        resource_pool=row.resource_pool,
        progress=single(row.progress or 0),
        description=row.description,
        name=row.experiment_name,
        unmanaged=row.unmanaged == 1,
        is_multitrial=row.searcher_type != "single",
    )
    if row.parent_id is not None:
        message.forked_from = row.parent_id
    if row.experiment_external_id is not None:
        message.external_experiment_id = row.experiment_external_id
    if '"pachyderm":{' in row.config:
        integrations = json.loads(row.config)["integrations"] or {}
        if integrations.get("pachyderm") is not None:
            message.pachyderm_integration = integrations["pachyderm"]
    return message
