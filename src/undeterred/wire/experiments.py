"""Experiments: create, read, list, patch, and the verbs on a single one."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Double, Endpoint, Enum, Float, Instant, Int32, Int64, Json, JsonList, Message
from undeterred.wire.common import File, Int32FieldFilter, LaunchWarning, OrderBy, Pagination
from undeterred.wire.jobs import JobSummary


class ExperimentState(Enum):
    STATE_UNSPECIFIED = "STATE_UNSPECIFIED"
    STATE_ACTIVE = "STATE_ACTIVE"
    STATE_PAUSED = "STATE_PAUSED"
    STATE_STOPPING_COMPLETED = "STATE_STOPPING_COMPLETED"
    STATE_STOPPING_CANCELED = "STATE_STOPPING_CANCELED"
    STATE_STOPPING_ERROR = "STATE_STOPPING_ERROR"
    STATE_COMPLETED = "STATE_COMPLETED"
    STATE_CANCELED = "STATE_CANCELED"
    STATE_ERROR = "STATE_ERROR"
    STATE_DELETED = "STATE_DELETED"
    STATE_DELETING = "STATE_DELETING"
    STATE_DELETE_FAILED = "STATE_DELETE_FAILED"
    STATE_STOPPING_KILLED = "STATE_STOPPING_KILLED"
    STATE_QUEUED = "STATE_QUEUED"
    STATE_PULLING = "STATE_PULLING"
    STATE_STARTING = "STATE_STARTING"
    STATE_RUNNING = "STATE_RUNNING"


class Experiment(Message):
    """A training with one trial, or a search over the hyperparameters of many."""

    id: Int32 = 0
    description: str = ""
    labels: list[str] = field(default_factory=list)
    start_time: Instant | None = None
    end_time: Instant | None = None
    state: ExperimentState = ExperimentState.STATE_UNSPECIFIED
    archived: bool = False
    num_trials: Int32 = 0
    trial_ids: list[Int32] = field(default_factory=list)
    display_name: str = ""
    user_id: Int32 = 0
    username: str = ""
    resource_pool: str = ""
    searcher_type: str = ""
    searcher_metric: str = ""
    hyperparameters: Json | None = None
    name: str = ""
    notes: str = ""
    job_id: str = ""
    forked_from: Int32 | None = None
    progress: Double | None = None
    project_id: Int32 = 0
    project_name: str = ""
    workspace_id: Int32 = 0
    workspace_name: str = ""
    parent_archived: bool = False
    config: Json | None = None
    original_config: str = ""
    project_owner_id: Int32 = 0
    checkpoint_size: Int64 = "0"
    checkpoint_count: Int32 = 0
    best_trial_searcher_metric: Double | UnsetType = UNSET
    best_trial_id: Int32 | UnsetType = UNSET
    unmanaged: bool = False
    duration: Int32 | UnsetType = UNSET
    external_experiment_id: str | UnsetType = UNSET
    external_trial_id: str | UnsetType = UNSET
    model_definition_size: Int32 | UnsetType = UNSET
    pachyderm_integration: Json | UnsetType = UNSET


class PatchExperimentPatchResources(Message):
    max_slots: Int32 | UnsetType = UNSET
    weight: Double | UnsetType = UNSET
    priority: Int32 | UnsetType = UNSET


class PatchExperimentPatchCheckpointStorage(Message):
    save_experiment_best: Int32 = 0
    save_trial_best: Int32 = 0
    save_trial_latest: Int32 = 0


class PatchExperiment(Message):
    """What is to change of an experiment; what is left out stays."""

    id: Int32 = 0
    description: str | None = None
    labels: JsonList | None = None
    name: str | None = None
    notes: str | None = None
    resources: PatchExperimentPatchResources | UnsetType = UNSET
    checkpoint_storage: PatchExperimentPatchCheckpointStorage | UnsetType = UNSET


class ValidationHistoryEntry(Message):
    """A validation that was better than all before it."""

    trial_id: Int32 = 0
    end_time: Instant | None = None
    searcher_metric: Float = 0


class CreateExperimentRequest(Message):
    model_definition: list[File] = field(default_factory=list)
    config: str = ""
    validate_only: bool = False
    parent_id: Int32 = 0
    activate: bool = False
    project_id: Int32 = 0
    template: str | UnsetType = UNSET
    unmanaged: bool | UnsetType = UNSET


class CreateExperimentResponse(Message):
    experiment: Experiment | None = None
    config: Json | None = None
    warnings: list[LaunchWarning] = field(default_factory=list)


create_experiment = Endpoint(
    "CreateExperiment",
    "POST",
    "/api/v1/experiments",
    CreateExperimentRequest,
    CreateExperimentResponse,
    summary="Create an experiment from a configuration and code, or only check it",
    tags=("Internal",),
    body="*",
)


class PutExperimentRequest(Message):
    create_experiment_request: CreateExperimentRequest | None = None
    external_experiment_id: str = ""


class PutExperimentResponse(Message):
    experiment: Experiment | None = None
    config: Json | None = None


put_experiment = Endpoint(
    "PutExperiment",
    "PUT",
    "/api/v1/experiments/by-external-id/{externalExperimentId}",
    PutExperimentRequest,
    PutExperimentResponse,
    summary="Create or update an unmanaged experiment by your own name for it",
    tags=("Internal",),
    body="createExperimentRequest",
)


class ContinueExperimentRequest(Message):
    id: Int32 = 0
    override_config: str = ""


class ContinueExperimentResponse(Message):
    experiment: Experiment | None = None
    warnings: list[LaunchWarning] = field(default_factory=list)


continue_experiment = Endpoint(
    "ContinueExperiment",
    "POST",
    "/api/v1/experiments/continue",
    ContinueExperimentRequest,
    ContinueExperimentResponse,
    summary="Train an ended experiment further from its checkpoints",
    tags=("Internal",),
    body="*",
)


class GetExperimentRequest(Message):
    experiment_id: Int32 = 0


class GetExperimentResponse(Message):
    experiment: Experiment | None = None
    job_summary: JobSummary | None = None
    config: Json | None = None


get_experiment = Endpoint(
    "GetExperiment",
    "GET",
    "/api/v1/experiments/{experimentId}",
    GetExperimentRequest,
    GetExperimentResponse,
    summary="Show one experiment, its configuration and its job",
    tags=("Experiments",),
)


class GetExperimentsRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED", 0
    SORT_BY_ID = "SORT_BY_ID", 1
    SORT_BY_DESCRIPTION = "SORT_BY_DESCRIPTION", 2
    SORT_BY_START_TIME = "SORT_BY_START_TIME", 4
    SORT_BY_END_TIME = "SORT_BY_END_TIME", 5
    SORT_BY_STATE = "SORT_BY_STATE", 6
    SORT_BY_NUM_TRIALS = "SORT_BY_NUM_TRIALS", 8
    SORT_BY_PROGRESS = "SORT_BY_PROGRESS", 9
    SORT_BY_USER = "SORT_BY_USER", 10
    SORT_BY_NAME = "SORT_BY_NAME", 11
    SORT_BY_FORKED_FROM = "SORT_BY_FORKED_FROM", 12
    SORT_BY_RESOURCE_POOL = "SORT_BY_RESOURCE_POOL", 13
    SORT_BY_PROJECT_ID = "SORT_BY_PROJECT_ID", 14
    SORT_BY_CHECKPOINT_SIZE = "SORT_BY_CHECKPOINT_SIZE", 15
    SORT_BY_CHECKPOINT_COUNT = "SORT_BY_CHECKPOINT_COUNT", 16
    SORT_BY_SEARCHER_METRIC_VAL = "SORT_BY_SEARCHER_METRIC_VAL", 17


class GetExperimentsRequest(Message):
    sort_by: GetExperimentsRequestSortBy = GetExperimentsRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    description: str = ""
    name: str = ""
    labels: list[str] = field(default_factory=list)
    archived: bool | None = None
    states: list[ExperimentState] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    user_ids: list[Int32] = field(default_factory=list)
    project_id: Int32 = 0
    experiment_id_filter: Int32FieldFilter | None = None
    show_trial_data: bool = False


class GetExperimentsResponse(Message):
    experiments: list[Experiment] = field(default_factory=list)
    pagination: Pagination | None = None


get_experiments = Endpoint(
    "GetExperiments",
    "GET",
    "/api/v1/experiments",
    GetExperimentsRequest,
    GetExperimentsResponse,
    summary="List experiments, filtered and sorted",
    tags=("Experiments",),
    query=True,
)


class GetExperimentLabelsRequest(Message):
    project_id: Int32 = 0


class GetExperimentLabelsResponse(Message):
    labels: list[str] = field(default_factory=list)


get_experiment_labels = Endpoint(
    "GetExperimentLabels",
    "GET",
    "/api/v1/experiment/labels",
    GetExperimentLabelsRequest,
    GetExperimentLabelsResponse,
    summary="List the labels that experiments have, the most used first",
    tags=("Experiments",),
    query=True,
)


class GetExperimentValidationHistoryRequest(Message):
    experiment_id: Int32 = 0


class GetExperimentValidationHistoryResponse(Message):
    validation_history: list[ValidationHistoryEntry] = field(default_factory=list)


get_experiment_validation_history = Endpoint(
    "GetExperimentValidationHistory",
    "GET",
    "/api/v1/experiments/{experimentId}/validation-history",
    GetExperimentValidationHistoryRequest,
    GetExperimentValidationHistoryResponse,
    summary="List the validations that were the best of an experiment so far",
    tags=("Experiments",),
)


class PatchExperimentRequest(Message):
    experiment: PatchExperiment | None = None


class PatchExperimentResponse(Message):
    experiment: Experiment | None = None


patch_experiment = Endpoint(
    "PatchExperiment",
    "PATCH",
    "/api/v1/experiments/{experiment.id}",
    PatchExperimentRequest,
    PatchExperimentResponse,
    summary="Change an experiment's name, notes, labels, resources or storage rules",
    tags=("Experiments",),
    body="experiment",
)


class GetBestSearcherValidationMetricRequest(Message):
    experiment_id: Int32 = 0


class GetBestSearcherValidationMetricResponse(Message):
    metric: Float = 0


get_best_searcher_validation_metric = Endpoint(
    "GetBestSearcherValidationMetric",
    "GET",
    "/api/v1/experiments/{experimentId}/searcher/best_searcher_validation_metric",
    GetBestSearcherValidationMetricRequest,
    GetBestSearcherValidationMetricResponse,
    summary="Get the best value of the metric that a search goes by",
    tags=("Internal",),
)


class PutExperimentLabelRequest(Message):
    experiment_id: Int32 = 0
    label: str = ""


class PutExperimentLabelResponse(Message):
    labels: list[str] = field(default_factory=list)


put_experiment_label = Endpoint(
    "PutExperimentLabel",
    "PUT",
    "/api/v1/experiments/{experimentId}/labels/{label}",
    PutExperimentLabelRequest,
    PutExperimentLabelResponse,
    summary="Add a label to an experiment",
    tags=("Experiments",),
)


class DeleteExperimentLabelRequest(Message):
    experiment_id: Int32 = 0
    label: str = ""


class DeleteExperimentLabelResponse(Message):
    labels: list[str] = field(default_factory=list)


delete_experiment_label = Endpoint(
    "DeleteExperimentLabel",
    "DELETE",
    "/api/v1/experiments/{experimentId}/labels/{label}",
    DeleteExperimentLabelRequest,
    DeleteExperimentLabelResponse,
    summary="Remove a label from an experiment",
    tags=("Experiments",),
)


class DeleteTensorboardFilesRequest(Message):
    experiment_id: Int32 = 0


class DeleteTensorboardFilesResponse(Message):
    pass


delete_tensorboard_files = Endpoint(
    "DeleteTensorboardFiles",
    "DELETE",
    "/api/v1/experiments/{experimentId}/tensorboard-files",
    DeleteTensorboardFilesRequest,
    DeleteTensorboardFilesResponse,
    summary="Delete the TensorBoard files of an experiment",
    tags=("Experiments",),
)
