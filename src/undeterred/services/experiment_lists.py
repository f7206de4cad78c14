"""Lists of experiments: what a request wants, the window on it, and the page."""

from collections import Counter

from undeterred.errors import NotFound
from undeterred.services import paging, shown_experiments
from undeterred.services.experiment_actions import labels_asked, stored_states
from undeterred.services.experiment_index import ExperimentIndex
from undeterred.store import experiment_list, experiment_places, experiments
from undeterred.store.db import Tx
from undeterred.store.experiment_list import Filter, Sort
from undeterred.wire.common import Int32FieldFilter, OrderBy, Pagination
from undeterred.wire.experiments import (
    GetExperimentLabelsRequest,
    GetExperimentLabelsResponse,
    GetExperimentsRequest,
    GetExperimentsRequestSortBy,
    GetExperimentsResponse,
)

_By = GetExperimentsRequestSortBy
_COLUMNS = {
    _By.SORT_BY_UNSPECIFIED: "id",
    _By.SORT_BY_ID: "id",
    _By.SORT_BY_DESCRIPTION: "description",
    _By.SORT_BY_START_TIME: "started_at",
    _By.SORT_BY_END_TIME: "ended_at",
    _By.SORT_BY_STATE: "state",
    _By.SORT_BY_NUM_TRIALS: "num_trials",
    _By.SORT_BY_PROGRESS: "progress",
    _By.SORT_BY_USER: "user",
    _By.SORT_BY_NAME: "name",
    _By.SORT_BY_FORKED_FROM: "parent_id",
    _By.SORT_BY_RESOURCE_POOL: "resource_pool",
    _By.SORT_BY_PROJECT_ID: "project_id",
    _By.SORT_BY_CHECKPOINT_SIZE: "checkpoint_size",
    _By.SORT_BY_CHECKPOINT_COUNT: "checkpoint_count",
    _By.SORT_BY_SEARCHER_METRIC_VAL: "best_metric",
}


def page(tx: Tx, index: ExperimentIndex, request: GetExperimentsRequest) -> GetExperimentsResponse:
    """A page of experiments. Raises InvalidArgument, NotFound for an unknown project."""
    index.refresh(tx)
    wanted = _filter(tx, request)
    sort = Sort(_COLUMNS[request.sort_by], request.order_by == OrderBy.ORDER_BY_DESC)
    total, ids = index.window(tx, wanted, sort, request.offset, request.limit, window)
    rows = experiments.shown_by_ids(tx, ids)
    return GetExperimentsResponse(
        experiments=shown_experiments.listed(tx, rows, request.show_trial_data), pagination=window(request.offset, request.limit, total)
    )


def window(offset: int, limit: int, total: int) -> Pagination:
    """The window of a list. A limit below -2 is all, with an end that says the limit again, as the reference's does."""
    if limit >= -2:
        return paging.paged(offset, limit, total)
    shown = paging.paged(offset, -1, total)
    shown.limit, shown.end_index = limit, shown.start_index + limit
    return shown


def labels(tx: Tx, index: ExperimentIndex, request: GetExperimentLabelsRequest) -> GetExperimentLabelsResponse:
    """Every label in use: what stands in most of the different lists of labels first, then by name."""
    index.refresh(tx)
    if request.project_id:
        _check_project(tx, request.project_id)
    uses = Counter(label for row in index.labels(tx, request.project_id) for label in shown_experiments.labels_of(row))
    return GetExperimentLabelsResponse(labels=sorted(uses, key=lambda label: (-uses[label], label)))


def _filter(tx: Tx, request: GetExperimentsRequest) -> Filter:
    if request.project_id:
        _check_project(tx, request.project_id)
    owners: set[int] | None = None
    if request.users:
        owners = set(experiment_list.user_ids(tx, request.users))
    if request.user_ids:
        owners = set(request.user_ids) if owners is None else owners & set(request.user_ids)
    ids = request.experiment_id_filter or Int32FieldFilter()
    # Who asks everywhere for what is not archived wants nothing out of archived places either.
    hidden = tuple(experiment_places.archived_projects(tx)) if request.archived is False and not request.project_id else ()
    return Filter(
        name=request.name,
        description=request.description,
        labels=labels_asked(request.labels),
        archived=request.archived,
        states=stored_states(request.states),
        owner_ids=None if owners is None else tuple(sorted(owners)),
        project_id=request.project_id,
        not_in_projects=hidden,
        at_least=_largest(ids.gte, ids.gt, 1),
        at_most=_smallest(ids.lte, ids.lt, 1),
        incl=tuple(ids.incl),
        not_in=tuple(ids.not_in),
    )


def _largest(inclusive: object, exclusive: object, step: int) -> int | None:
    bounds = [inclusive] if isinstance(inclusive, int) else []
    bounds += [exclusive + step] if isinstance(exclusive, int) else []
    return max(bounds, default=None)


def _smallest(inclusive: object, exclusive: object, step: int) -> int | None:
    bounds = [inclusive] if isinstance(inclusive, int) else []
    bounds += [exclusive - step] if isinstance(exclusive, int) else []
    return min(bounds, default=None)


def _check_project(tx: Tx, project_id: int) -> None:
    if experiment_places.by_id(tx, project_id) is None:
        raise NotFound(f"project '{project_id}' not found")
