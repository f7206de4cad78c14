"""Searching the experiments' table: filter document and order in, a page of experiments with their best trials out."""

from undeterred.domain.query import filters, sorts
from undeterred.errors import NotFound
from undeterred.services import shown_experiments, shown_trials
from undeterred.services.experiment_lists import window
from undeterred.store import experiment_places, experiment_search, experiments, trials
from undeterred.store.db import Tx
from undeterred.store.experiment_search import BestRow
from undeterred.store.trials import TrialRow
from undeterred.wire.experiment_search import SearchExperimentExperiment, SearchExperimentsRequest, SearchExperimentsResponse
from undeterred.wire.experiments import Experiment
from undeterred.wire.metrics import Metrics
from undeterred.wire.trials import MetricsWorkload, Trial


def page(tx: Tx, request: SearchExperimentsRequest) -> SearchExperimentsResponse:
    """A page of the table. Raises NotFound for an unknown project, InvalidArgument for a filter or order that means nothing."""
    project_id = request.project_id if isinstance(request.project_id, int) else None
    if project_id is not None and experiment_places.by_id(tx, project_id) is None:
        raise NotFound(f"project '{project_id}' not found")
    wanted = filters.read(request.filter) if isinstance(request.filter, str) else None
    order = sorts.read(request.sort) if isinstance(request.sort, str) else ()
    search = experiment_search.find(tx, project_id, wanted, order)
    shown = window(request.offset, request.limit, search.count())
    size = shown.end_index - shown.start_index
    ids = search.ids(shown.start_index, size) if size else []
    return SearchExperimentsResponse(experiments=_found(tx, ids), pagination=shown)


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
