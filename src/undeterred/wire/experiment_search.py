"""The experiment table's query, and what a search would run before it is created."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Endpoint, Int32, Json, Message, UInt32
from undeterred.wire.common import Pagination
from undeterred.wire.experiments import Experiment
from undeterred.wire.trials import Trial


class SearchUnit(Message):
    name: str | UnsetType = UNSET
    value: Int32 | UnsetType = UNSET
    max_length: bool = False


class TrialSummary(Message):
    count: Int32 = 0
    unit: SearchUnit | None = None


class SearchSummary(Message):
    """The trials that a search would make, by how long each of them trains."""

    config: Json | None = None
    trials: list[TrialSummary] = field(default_factory=list)


class PreviewHPSearchRequest(Message):
    config: Json | None = None
    seed: UInt32 = 0


class PreviewHPSearchResponse(Message):
    summary: SearchSummary | None = None


preview_hp_search = Endpoint(
    "PreviewHPSearch",
    "POST",
    "/api/v1/preview-hp-search",
    PreviewHPSearchRequest,
    PreviewHPSearchResponse,
    summary="Show which trials a search would make, without making any",
    tags=("Experiments",),
    body="*",
)


class SearchExperimentsRequest(Message):
    project_id: Int32 | UnsetType = UNSET
    offset: Int32 = 0
    limit: Int32 = 0
    sort: str | UnsetType = UNSET
    filter: str | UnsetType = UNSET


class SearchExperimentExperiment(Message):
    """An experiment with its best trial, as a row of the experiments' table."""

    experiment: Experiment | None = None
    best_trial: Trial | None = None


class SearchExperimentsResponse(Message):
    experiments: list[SearchExperimentExperiment] = field(default_factory=list)
    pagination: Pagination | None = None


search_experiments = Endpoint(
    "SearchExperiments",
    "POST",
    "/api/v1/experiments-search",
    SearchExperimentsRequest,
    SearchExperimentsResponse,
    summary="Find experiments by a filter document, sorted by any column",
    tags=("Experiments", "Internal"),
    body="*",
)
