"""An experiment's trials: filtered, sorted, one page."""

from undeterred.domain.lifecycle import unmanaged
from undeterred.errors import InvalidArgument, NotFound
from undeterred.services import shown_trials
from undeterred.services.paging import paged
from undeterred.store import trial_lists, trials
from undeterred.store.db import Tx
from undeterred.terms import TrialState
from undeterred.wire.common import OrderBy
from undeterred.wire.experiments import ExperimentState
from undeterred.wire.trials import GetExperimentTrialsRequest, GetExperimentTrialsResponse
from undeterred.wire.trials import GetExperimentTrialsRequestSortBy as Sort

_ORDERS = {
    Sort.SORT_BY_UNSPECIFIED: "id",
    Sort.SORT_BY_ID: "id",
    Sort.SORT_BY_START_TIME: "start",
    Sort.SORT_BY_END_TIME: "end",
    Sort.SORT_BY_STATE: "state",
    Sort.SORT_BY_BEST_VALIDATION_METRIC: "best",
    Sort.SORT_BY_LATEST_VALIDATION_METRIC: "latest",
    Sort.SORT_BY_BATCHES_PROCESSED: "batches",
    Sort.SORT_BY_DURATION: "duration",
    Sort.SORT_BY_RESTARTS: "restarts",
    Sort.SORT_BY_CHECKPOINT_SIZE: "checkpoint_size",
    Sort.SORT_BY_LOG_RETENTION_DAYS: "retention",
}


def of_experiment(tx: Tx, request: GetExperimentTrialsRequest) -> GetExperimentTrialsResponse:
    """One page of an experiment's trials. Raises NotFound, InvalidArgument (a limit below -2, a state that is only shown)."""
    if request.limit < -2:
        raise InvalidArgument(f"limit must be -2 (numbers only), -1 (all), 0 (100) or more, not {request.limit}")
    states = [_stored(state) for state in request.states]
    if trials.parent(tx, request.experiment_id) is None:
        raise NotFound(f"experiment '{request.experiment_id}' not found")
    window = paged(request.offset, request.limit, trial_lists.count(tx, request.experiment_id, states))
    size = window.end_index - window.start_index
    if size == 0:
        return GetExperimentTrialsResponse(pagination=window)
    descending = request.order_by is OrderBy.ORDER_BY_DESC
    ids = trial_lists.page(tx, request.experiment_id, states, _ORDERS[request.sort_by], descending, window.start_index, size)
    by_id = {trial.id: trial for trial in shown_trials.show(tx, trials.many(tx, ids))}
    return GetExperimentTrialsResponse(trials=[by_id[i] for i in ids], pagination=window)


def _stored(state: ExperimentState) -> str:
    name = state.value.removeprefix("STATE_")
    if name not in TrialState.__members__ or not unmanaged.reportable(TrialState(name)):
        raise InvalidArgument(f"{state.value} is no state that trials are kept in: ask for STATE_ACTIVE to find those that wait or run")
    return name
