"""Trials: create, read, list, the life of a trial as its own process reports it."""

from typing import ClassVar

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Double, Endpoint, Enum, Instant, Int32, Int64, Json, Message, UInt64
from undeterred.wire.checkpoints import CheckpointState
from undeterred.wire.common import MetricType, OrderBy, Pagination
from undeterred.wire.experiments import ExperimentState
from undeterred.wire.metrics import Metrics


class CheckpointWorkload(Message):
    """A checkpoint as an entry of what a trial did."""

    uuid: str = ""
    end_time: Instant | None = None
    state: CheckpointState = CheckpointState.STATE_UNSPECIFIED
    resources: dict[str, Int64] = field(default_factory=dict)
    total_batches: Int32 = 0
    metadata: Json | None = None


class MetricsWorkload(Message):
    """A report of metrics as an entry of what a trial did."""

    end_time: Instant | None = None
    metrics: Metrics | None = None
    num_inputs: Int32 = 0
    total_batches: Int32 = 0


class TrialState(Enum):
    STATE_UNSPECIFIED = "STATE_UNSPECIFIED"
    STATE_ACTIVE = "STATE_ACTIVE"
    STATE_PAUSED = "STATE_PAUSED"
    STATE_STOPPING_CANCELED = "STATE_STOPPING_CANCELED"
    STATE_STOPPING_KILLED = "STATE_STOPPING_KILLED"
    STATE_STOPPING_COMPLETED = "STATE_STOPPING_COMPLETED"
    STATE_STOPPING_ERROR = "STATE_STOPPING_ERROR"
    STATE_CANCELED = "STATE_CANCELED"
    STATE_COMPLETED = "STATE_COMPLETED"
    STATE_ERROR = "STATE_ERROR"
    STATE_QUEUED = "STATE_QUEUED"
    STATE_PULLING = "STATE_PULLING"
    STATE_STARTING = "STATE_STARTING"
    STATE_RUNNING = "STATE_RUNNING"


class Trial(Message):
    """One training with one set of hyperparameters, with its best and latest results."""

    id: Int32 = 0
    experiment_id: Int32 = 0
    start_time: Instant | None = None
    end_time: Instant | None = None
    state: TrialState = TrialState.STATE_UNSPECIFIED
    restarts: Int32 = 0
    hparams: Json | None = None
    total_batches_processed: Int32 = 0
    best_validation: MetricsWorkload | None = None
    latest_validation: MetricsWorkload | None = None
    best_checkpoint: CheckpointWorkload | None = None
    runner_state: str = ""
    wall_clock_time: Double = 0
    warm_start_checkpoint_uuid: str = ""
    task_id: str = ""
    total_checkpoint_size: UInt64 = "0"
    checkpoint_count: Int32 = 0
    summary_metrics: Json | None = None
    task_ids: list[str] = field(default_factory=list)
    searcher_metric_value: Double = 0
    log_retention_days: Int32 | UnsetType = UNSET
    metadata: Json | UnsetType = UNSET
    log_policy_matched: str | UnsetType = UNSET


class TrialEarlyExitExitedReason(Enum):
    EXITED_REASON_UNSPECIFIED = "EXITED_REASON_UNSPECIFIED", 0
    EXITED_REASON_INVALID_HP = "EXITED_REASON_INVALID_HP", 1
    EXITED_REASON_INIT_INVALID_HP = "EXITED_REASON_INIT_INVALID_HP", 3


class TrialEarlyExit(Message):
    """Why a trial wants to end before its time."""

    reason: TrialEarlyExitExitedReason = TrialEarlyExitExitedReason.EXITED_REASON_UNSPECIFIED


class TrialRunnerMetadata(Message):
    """What a trial's process is doing, in its own words."""

    state: str = ""


class GetExperimentTrialsRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED", 0
    SORT_BY_ID = "SORT_BY_ID", 1
    SORT_BY_START_TIME = "SORT_BY_START_TIME", 4
    SORT_BY_END_TIME = "SORT_BY_END_TIME", 5
    SORT_BY_STATE = "SORT_BY_STATE", 6
    SORT_BY_BEST_VALIDATION_METRIC = "SORT_BY_BEST_VALIDATION_METRIC", 7
    SORT_BY_LATEST_VALIDATION_METRIC = "SORT_BY_LATEST_VALIDATION_METRIC", 8
    SORT_BY_BATCHES_PROCESSED = "SORT_BY_BATCHES_PROCESSED", 9
    SORT_BY_DURATION = "SORT_BY_DURATION", 10
    SORT_BY_RESTARTS = "SORT_BY_RESTARTS", 11
    SORT_BY_CHECKPOINT_SIZE = "SORT_BY_CHECKPOINT_SIZE", 12
    SORT_BY_LOG_RETENTION_DAYS = "SORT_BY_LOG_RETENTION_DAYS", 13


class GetExperimentTrialsRequest(Message):
    sort_by: GetExperimentTrialsRequestSortBy = GetExperimentTrialsRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    states: list[ExperimentState] = field(default_factory=list)
    experiment_id: Int32 = 0


class GetExperimentTrialsResponse(Message):
    trials: list[Trial] = field(default_factory=list)
    pagination: Pagination | None = None


get_experiment_trials = Endpoint(
    "GetExperimentTrials",
    "GET",
    "/api/v1/experiments/{experimentId}/trials",
    GetExperimentTrialsRequest,
    GetExperimentTrialsResponse,
    summary="List the trials of an experiment, filtered and sorted",
    tags=("Trials", "Experiments"),
    query=True,
)


class GetTrialRemainingLogRetentionDaysRequest(Message):
    id: Int32 = 0


class GetTrialRemainingLogRetentionDaysResponse(Message):
    remaining_days: Int32 | UnsetType = UNSET


get_trial_remaining_log_retention_days = Endpoint(
    "GetTrialRemainingLogRetentionDays",
    "GET",
    "/api/v1/trials/{id}/remaining_log_retention_days",
    GetTrialRemainingLogRetentionDaysRequest,
    GetTrialRemainingLogRetentionDaysResponse,
    summary="Tell for how many more days a trial's logs are kept",
    tags=("Internal",),
)


class CreateTrialRequest(Message):
    experiment_id: Int32 = 0
    hparams: Json | None = None
    unmanaged: bool = False


class CreateTrialResponse(Message):
    trial: Trial | None = None


create_trial = Endpoint(
    "CreateTrial",
    "POST",
    "/api/v1/trials",
    CreateTrialRequest,
    CreateTrialResponse,
    summary="Make a trial of an unmanaged experiment, trained by your own code",
    tags=("Internal",),
    body="*",
)


class PutTrialRequest(Message):
    create_trial_request: CreateTrialRequest | None = None
    external_trial_id: str = ""


class PutTrialResponse(Message):
    trial: Trial | None = None


put_trial = Endpoint(
    "PutTrial",
    "PUT",
    "/api/v1/trials",
    PutTrialRequest,
    PutTrialResponse,
    summary="Create or update an unmanaged trial by your own name for it",
    tags=("Internal",),
    body="*",
)


class PatchTrialRequest(Message):
    trial_id: Int32 = 0
    state: TrialState | UnsetType = UNSET


class PatchTrialResponse(Message):
    trial: Trial | None = None


patch_trial = Endpoint(
    "PatchTrial",
    "PATCH",
    "/api/v1/trials/{trialId}",
    PatchTrialRequest,
    PatchTrialResponse,
    summary="Report the state of an unmanaged trial, and that it is alive",
    tags=("Internal",),
    body="*",
)


class StartTrialRequest(Message):
    trial_id: Int32 = 0
    resume: bool = False


class StartTrialResponse(Message):
    trial_run_id: Int32 = 0
    latest_checkpoint: str | UnsetType = UNSET
    steps_completed: Int32 = 0


start_trial = Endpoint(
    "StartTrial",
    "POST",
    "/api/v1/trials/{trialId}/start",
    StartTrialRequest,
    StartTrialResponse,
    summary="Begin the next run of an unmanaged trial, and learn where to go on",
    tags=("Internal",),
    body="*",
)


class GetTrialRequest(Message):
    trial_id: Int32 = 0


class GetTrialResponse(Message):
    trial: Trial | None = None


get_trial = Endpoint(
    "GetTrial",
    "GET",
    "/api/v1/trials/{trialId}",
    GetTrialRequest,
    GetTrialResponse,
    summary="Show one trial: state, hyperparameters, best and latest results",
    tags=("Trials", "Experiments"),
)


class GetTrialByExternalIDRequest(Message):
    external_experiment_id: str = ""
    external_trial_id: str = ""


class GetTrialByExternalIDResponse(Message):
    trial: Trial | None = None


get_trial_by_external_id = Endpoint(
    "GetTrialByExternalID",
    "GET",
    "/api/v1/trials/by-external-id/{externalExperimentId}/{externalTrialId}",
    GetTrialByExternalIDRequest,
    GetTrialByExternalIDResponse,
    summary="Show one unmanaged trial by the names that you gave",
    tags=("Internal",),
)


class GetTrialWorkloadsRequestFilterOption(Enum):
    FILTER_OPTION_UNSPECIFIED = "FILTER_OPTION_UNSPECIFIED"
    FILTER_OPTION_CHECKPOINT = "FILTER_OPTION_CHECKPOINT"
    FILTER_OPTION_VALIDATION = "FILTER_OPTION_VALIDATION"
    FILTER_OPTION_CHECKPOINT_OR_VALIDATION = "FILTER_OPTION_CHECKPOINT_OR_VALIDATION"


class GetTrialWorkloadsRequest(Message):
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    trial_id: Int32 = 0
    sort_key: str = ""
    filter: GetTrialWorkloadsRequestFilterOption = GetTrialWorkloadsRequestFilterOption.FILTER_OPTION_UNSPECIFIED
    include_batch_metrics: bool = False
    metric_type: MetricType = MetricType.METRIC_TYPE_UNSPECIFIED
    group: str = ""
    remove_deleted_checkpoints: bool = False


class WorkloadContainer(Message):
    """One entry of what a trial did: training, a validation or a checkpoint."""

    oneofs: ClassVar[dict[str, tuple[str, ...]]] = {"workload": ("training", "validation", "checkpoint")}

    training: MetricsWorkload | UnsetType = UNSET
    validation: MetricsWorkload | UnsetType = UNSET
    checkpoint: CheckpointWorkload | UnsetType = UNSET


class GetTrialWorkloadsResponse(Message):
    workloads: list[WorkloadContainer] = field(default_factory=list)
    pagination: Pagination | None = None


get_trial_workloads = Endpoint(
    "GetTrialWorkloads",
    "GET",
    "/api/v1/trials/{trialId}/workloads",
    GetTrialWorkloadsRequest,
    GetTrialWorkloadsResponse,
    summary="List what a trial did: training, validations and checkpoints",
    tags=("Trials", "Internal"),
    query=True,
)


class KillTrialRequest(Message):
    id: Int32 = 0


class KillTrialResponse(Message):
    pass


kill_trial = Endpoint(
    "KillTrial",
    "POST",
    "/api/v1/trials/{id}/kill",
    KillTrialRequest,
    KillTrialResponse,
    summary="Stop one trial for good, without saving anything",
    tags=("Experiments", "Trials"),
)


class ReportTrialSearcherEarlyExitRequest(Message):
    trial_id: Int32 = 0
    early_exit: TrialEarlyExit | None = None


class ReportTrialSearcherEarlyExitResponse(Message):
    pass


report_trial_searcher_early_exit = Endpoint(
    "ReportTrialSearcherEarlyExit",
    "POST",
    "/api/v1/trials/{trialId}/early_exit",
    ReportTrialSearcherEarlyExitRequest,
    ReportTrialSearcherEarlyExitResponse,
    summary="Say that a trial's hyperparameters are no good, so it ends early",
    tags=("Internal",),
    body="earlyExit",
)


class ReportTrialProgressRequest(Message):
    trial_id: Int32 = 0
    progress: Double = 0
    is_raw: bool = False


class ReportTrialProgressResponse(Message):
    pass


report_trial_progress = Endpoint(
    "ReportTrialProgress",
    "POST",
    "/api/v1/trials/{trialId}/progress",
    ReportTrialProgressRequest,
    ReportTrialProgressResponse,
    summary="Report how far a trial is",
    tags=("Internal",),
    body="*",
)


class PostTrialRunnerMetadataRequest(Message):
    trial_id: Int32 = 0
    metadata: TrialRunnerMetadata | None = None


class PostTrialRunnerMetadataResponse(Message):
    pass


post_trial_runner_metadata = Endpoint(
    "PostTrialRunnerMetadata",
    "POST",
    "/api/v1/trials/{trialId}/runner/metadata",
    PostTrialRunnerMetadataRequest,
    PostTrialRunnerMetadataResponse,
    summary="Say in a few words what a trial's process is doing",
    tags=("Internal",),
    body="metadata",
)
