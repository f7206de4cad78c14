"""Searching the experiments' table: filter document and order in, a page of experiments with their best trials out."""

from undeterred.domain.query import filters, sorts
from undeterred.domain.query.sorts import Key
from undeterred.errors import NotFound
from undeterred.services import search_views, shown_experiments, shown_trials
from undeterred.services.experiment_index import ExperimentIndex
from undeterred.services.experiment_lists import window
from undeterred.services.search_views import SearchViews
from undeterred.store import experiment_places, experiment_search, experiments, trials
from undeterred.store.db import Tx
from undeterred.store.experiment_list import STATE_ORDER, Filter, Sort
from undeterred.store.experiment_search import BestRow
from undeterred.store.trials import TrialRow
from undeterred.wire.experiment_search import SearchExperimentExperiment, SearchExperimentsRequest, SearchExperimentsResponse
from undeterred.wire.experiments import Experiment
from undeterred.wire.metrics import Metrics
from undeterred.wire.trials import MetricsWorkload, Trial

_SEEN = tuple(state for state in STATE_ORDER if state != "DELETING")
_INDEXED = {
    "id": "id",
    "name": "name",
    "description": "description",
    "startTime": "started_at",
    "endTime": "ended_at",
    "state": "state",
    "numTrials": "num_trials",
    "progress": "progress",
    "user": "user",
    "forkedFrom": "parent_id",
    "resourcePool": "resource_pool",
    "projectId": "project_id",
    "checkpointSize": "checkpoint_size",
    "checkpointCount": "checkpoint_count",
    "searcherMetricsVal": "best_metric",
}
"""Columns that the index of the lists is ordered by, as it calls them."""


def page(tx: Tx, views: SearchViews, index: ExperimentIndex, request: SearchExperimentsRequest) -> SearchExperimentsResponse:
    """A page of the table. Raises NotFound for an unknown project, InvalidArgument for a filter or order that means nothing."""
    with views.turn():
        index.refresh(tx)
        project_id = request.project_id if isinstance(request.project_id, int) else None
        if project_id is not None and experiment_places.by_id(tx, project_id) is None:
            raise NotFound(f"project '{project_id}' not found")
        wanted = filters.read(request.filter) if isinstance(request.filter, str) else None
        order = sorts.read(request.sort) if isinstance(request.sort, str) else ()
        search = experiment_search.find(tx, project_id, wanted, order)
        sort = _indexed(order) if wanted is None or wanted.where == filters.EVERYTHING else None
        found = views.window(search, request.offset, request.limit) if sort is None else None
    if sort is not None:
        everything = Filter(states=_SEEN, project_id=project_id or 0, archived=None if wanted is None or wanted.show_archived else False)
        total, ids = index.window(tx, everything, sort, request.offset, request.limit, window)
        found = window(request.offset, request.limit, total), ids
    shown, ids = found or search_views.asked(search, request.offset, request.limit)
    return SearchExperimentsResponse(experiments=_found(tx, ids), pagination=shown)


def _indexed(order: tuple[Key, ...]) -> Sort | None:
    """The same order as the index has it, where it does: there, equal ones are in the direction of the column."""
    if not order:
        return Sort()
    key = order[0]
    column = _INDEXED.get(key.path[0]) if key.kind == "column" and len(order) == 1 else None
    return None if column is None or (key.descending and column != "id") else Sort(column, key.descending)


def _found(tx: Tx, ids: list[int]) -> list[SearchExperimentExperiment]:
    best = experiment_search.best_trials(tx, ids)
    rows = {row.id: row for row in trials.many(tx, [each.trial_id for each in best.values()])}
    shown = {trial.id: trial for trial in shown_trials.show(tx, list(rows.values()))}
    found = []
    for message in shown_experiments.listed(tx, experiments.shown_by_ids(tx, ids), trial_data=False):
        row = best.get(message.id)
        found.append(SearchExperimentExperiment(message, None) if row is None else _with_best(message, row, rows, shown))
    return found


def _with_best(message: Experiment, best: BestRow, rows: dict[int, TrialRow], shown: dict[int, Trial]) -> SearchExperimentExperiment:
    """The table's own view of the trial: its stored state, no checkpoint, a best validation even where there was none yet."""
    message.best_trial_id = best.trial_id
    trial = shown[best.trial_id]
    trial.state = shown_trials.STATES[rows[best.trial_id].state]
    trial.best_checkpoint = None
    trial.searcher_metric_value = best.metric or 0
    trial.best_validation = trial.best_validation or MetricsWorkload(metrics=Metrics())
    return SearchExperimentExperiment(message, trial)
