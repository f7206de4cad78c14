"""Runs: the flat view of trials; search, verbs on many, metadata."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Double, Endpoint, Float, Instant, Int32, Int64, Json, Message
from undeterred.wire.common import Pagination
from undeterred.wire.trials import TrialState


class FlatRunExperiment(Message):
    """What a row of the runs' table shows of the run's experiment."""

    id: Int32 = 0
    searcher_type: str = ""
    searcher_metric: str = ""
    forked_from: Int32 | UnsetType = UNSET
    external_experiment_id: str | UnsetType = UNSET
    resource_pool: str = ""
    progress: Float = 0
    description: str = ""
    name: str = ""
    unmanaged: bool = False
    is_multitrial: bool = False
    pachyderm_integration: Json | UnsetType = UNSET


class FlatRun(Message):
    """A run as a row of the runs' table, with what its experiment says."""

    id: Int32 = 0
    start_time: Instant | None = None
    end_time: Instant | None = None
    state: TrialState = TrialState.STATE_UNSPECIFIED
    labels: list[str] = field(default_factory=list)
    checkpoint_size: Int64 = "0"
    checkpoint_count: Int32 = 0
    searcher_metric_value: Double | UnsetType = UNSET
    external_run_id: str | UnsetType = UNSET
    hyperparameters: Json | UnsetType = UNSET
    summary_metrics: Json | UnsetType = UNSET
    user_id: Int32 | UnsetType = UNSET
    duration: Int32 | UnsetType = UNSET
    project_id: Int32 = 0
    project_name: str = ""
    workspace_id: Int32 = 0
    workspace_name: str = ""
    parent_archived: bool = False
    experiment: FlatRunExperiment | UnsetType = UNSET
    metadata: Json | UnsetType = UNSET
    archived: bool = False
    local_id: str = ""
    log_policy_matched: str | UnsetType = UNSET


class RunPrepareForReportingRequest(Message):
    run_id: Int32 = 0
    checkpoint_storage: Json | UnsetType = UNSET


class RunPrepareForReportingResponse(Message):
    storage_id: Int32 | UnsetType = UNSET


run_prepare_for_reporting = Endpoint(
    "RunPrepareForReporting",
    "POST",
    "/api/v1/runs/start",
    RunPrepareForReportingRequest,
    RunPrepareForReportingResponse,
    summary="Make a run ready to be reported on, with its checkpoint storage",
    tags=("Internal",),
    body="*",
)


class SearchRunsRequest(Message):
    project_id: Int32 | UnsetType = UNSET
    offset: Int32 = 0
    limit: Int32 = 0
    sort: str | UnsetType = UNSET
    filter: str | UnsetType = UNSET


class SearchRunsResponse(Message):
    runs: list[FlatRun] = field(default_factory=list)
    pagination: Pagination | None = None


search_runs = Endpoint(
    "SearchRuns",
    "POST",
    "/api/v1/runs",
    SearchRunsRequest,
    SearchRunsResponse,
    summary="Find runs (trials) by a filter document, sorted by any column",
    tags=("Internal",),
    body="*",
)


class MoveRunsRequest(Message):
    run_ids: list[Int32] = field(default_factory=list)
    source_project_id: Int32 = 0
    destination_project_id: Int32 = 0
    filter: str | UnsetType = UNSET
    skip_multitrial: bool = False


class RunActionResult(Message):
    """What became of one run of many: an error, or nothing."""

    error: str = ""
    id: Int32 = 0


class MoveRunsResponse(Message):
    results: list[RunActionResult] = field(default_factory=list)


move_runs = Endpoint(
    "MoveRuns",
    "POST",
    "/api/v1/runs/move",
    MoveRunsRequest,
    MoveRunsResponse,
    summary="Move runs to another project, each with its whole experiment",
    tags=("Internal",),
    body="*",
)


class KillRunsRequest(Message):
    run_ids: list[Int32] = field(default_factory=list)
    project_id: Int32 = 0
    filter: str | UnsetType = UNSET


class KillRunsResponse(Message):
    results: list[RunActionResult] = field(default_factory=list)


kill_runs = Endpoint(
    "KillRuns",
    "POST",
    "/api/v1/runs/kill",
    KillRunsRequest,
    KillRunsResponse,
    summary="Stop runs for good, without saving anything",
    tags=("Internal",),
    body="*",
)


class DeleteRunsRequest(Message):
    run_ids: list[Int32] = field(default_factory=list)
    project_id: Int32 = 0
    filter: str | UnsetType = UNSET


class DeleteRunsResponse(Message):
    results: list[RunActionResult] = field(default_factory=list)


delete_runs = Endpoint(
    "DeleteRuns",
    "POST",
    "/api/v1/runs/delete",
    DeleteRunsRequest,
    DeleteRunsResponse,
    summary="Delete ended runs with their metrics and logs",
    tags=("Internal",),
    body="*",
)


class ArchiveRunsRequest(Message):
    run_ids: list[Int32] = field(default_factory=list)
    project_id: Int32 = 0
    filter: str | UnsetType = UNSET


class ArchiveRunsResponse(Message):
    results: list[RunActionResult] = field(default_factory=list)


archive_runs = Endpoint(
    "ArchiveRuns",
    "POST",
    "/api/v1/runs/archive",
    ArchiveRunsRequest,
    ArchiveRunsResponse,
    summary="Put ended runs into the archive",
    tags=("Internal",),
    body="*",
)


class UnarchiveRunsRequest(Message):
    run_ids: list[Int32] = field(default_factory=list)
    project_id: Int32 = 0
    filter: str | UnsetType = UNSET


class UnarchiveRunsResponse(Message):
    results: list[RunActionResult] = field(default_factory=list)


unarchive_runs = Endpoint(
    "UnarchiveRuns",
    "POST",
    "/api/v1/runs/unarchive",
    UnarchiveRunsRequest,
    UnarchiveRunsResponse,
    summary="Take runs out of the archive",
    tags=("Internal",),
    body="*",
)


class PauseRunsRequest(Message):
    run_ids: list[Int32] = field(default_factory=list)
    project_id: Int32 = 0
    filter: str | UnsetType = UNSET


class PauseRunsResponse(Message):
    results: list[RunActionResult] = field(default_factory=list)


pause_runs = Endpoint(
    "PauseRuns",
    "POST",
    "/api/v1/runs/pause",
    PauseRunsRequest,
    PauseRunsResponse,
    summary="Pause runs that are the only one of their experiment",
    tags=("Internal",),
    body="*",
)


class ResumeRunsRequest(Message):
    run_ids: list[Int32] = field(default_factory=list)
    project_id: Int32 = 0
    filter: str | UnsetType = UNSET


class ResumeRunsResponse(Message):
    results: list[RunActionResult] = field(default_factory=list)


resume_runs = Endpoint(
    "ResumeRuns",
    "POST",
    "/api/v1/runs/resume",
    ResumeRunsRequest,
    ResumeRunsResponse,
    summary="Let paused runs go on that are the only one of their experiment",
    tags=("Internal",),
    body="*",
)


class GetRunMetadataRequest(Message):
    run_id: Int32 = 0


class GetRunMetadataResponse(Message):
    metadata: Json | None = None


get_run_metadata = Endpoint(
    "GetRunMetadata",
    "GET",
    "/api/v1/runs/{runId}/metadata",
    GetRunMetadataRequest,
    GetRunMetadataResponse,
    summary="Show the metadata that was kept with a run",
    tags=("Internal",),
)


class PostRunMetadataRequest(Message):
    run_id: Int32 = 0
    metadata: Json | None = None


class PostRunMetadataResponse(Message):
    metadata: Json | None = None


post_run_metadata = Endpoint(
    "PostRunMetadata",
    "POST",
    "/api/v1/runs/{runId}/metadata",
    PostRunMetadataRequest,
    PostRunMetadataResponse,
    summary="Replace the metadata that is kept with a run",
    tags=("Internal",),
    body="*",
)
