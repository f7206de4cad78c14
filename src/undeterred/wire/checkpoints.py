"""Checkpoints: reports, lists, metadata, removal."""

from typing import ClassVar

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Double, Endpoint, Enum, Instant, Int32, Int64, Json, Message
from undeterred.wire.common import OrderBy, Pagination
from undeterred.wire.metrics import Metrics


class CheckpointState(Enum):
    STATE_UNSPECIFIED = "STATE_UNSPECIFIED"
    STATE_ACTIVE = "STATE_ACTIVE"
    STATE_COMPLETED = "STATE_COMPLETED"
    STATE_ERROR = "STATE_ERROR"
    STATE_DELETED = "STATE_DELETED"
    STATE_PARTIALLY_DELETED = "STATE_PARTIALLY_DELETED"


class CheckpointTrainingMetadata(Message):
    """Where a checkpoint comes from: trial, experiment, hyperparameters and its validation."""

    trial_id: Int32 | UnsetType = UNSET
    experiment_id: Int32 | UnsetType = UNSET
    experiment_config: Json | None = None
    hparams: Json | None = None
    training_metrics: Metrics | None = None
    validation_metrics: Metrics | None = None
    searcher_metric: Double | UnsetType = UNSET


class Checkpoint(Message):
    """What a trial saved at one step: its files with sizes in bytes, its metadata, and how it was trained."""

    task_id: str = ""
    allocation_id: str | UnsetType = UNSET
    uuid: str = ""
    report_time: Instant | None = None
    resources: dict[str, Int64] = field(default_factory=dict)
    metadata: Json | None = None
    state: CheckpointState = CheckpointState.STATE_UNSPECIFIED
    training: CheckpointTrainingMetadata | None = None
    storage_id: Int32 | UnsetType = UNSET


class PatchCheckpointOptionalResources(Message):
    resources: dict[str, Int64] = field(default_factory=dict)


class PatchCheckpoint(Message):
    """Which files a checkpoint still has."""

    uuid: str = ""
    resources: PatchCheckpointOptionalResources | UnsetType = UNSET


class CheckpointSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED"
    SORT_BY_UUID = "SORT_BY_UUID"
    SORT_BY_TRIAL_ID = "SORT_BY_TRIAL_ID"
    SORT_BY_BATCH_NUMBER = "SORT_BY_BATCH_NUMBER"
    SORT_BY_END_TIME = "SORT_BY_END_TIME"
    SORT_BY_STATE = "SORT_BY_STATE"
    SORT_BY_SEARCHER_METRIC = "SORT_BY_SEARCHER_METRIC"


class GetExperimentCheckpointsRequest(Message):
    oneofs: ClassVar[dict[str, tuple[str, ...]]] = {"sort_by": ("sort_by_attr", "sort_by_metric")}

    id: Int32 = 0
    sort_by_attr: CheckpointSortBy | UnsetType = UNSET
    sort_by_metric: str | UnsetType = UNSET
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    states: list[CheckpointState] = field(default_factory=list)


class GetExperimentCheckpointsResponse(Message):
    checkpoints: list[Checkpoint] = field(default_factory=list)
    pagination: Pagination | None = None


get_experiment_checkpoints = Endpoint(
    "GetExperimentCheckpoints",
    "GET",
    "/api/v1/experiments/{id}/checkpoints",
    GetExperimentCheckpointsRequest,
    GetExperimentCheckpointsResponse,
    summary="List the checkpoints of all trials of an experiment",
    tags=("Experiments",),
    query=True,
)


class GetTrialCheckpointsRequest(Message):
    oneofs: ClassVar[dict[str, tuple[str, ...]]] = {"sort_by": ("sort_by_attr", "sort_by_metric")}

    id: Int32 = 0
    sort_by_attr: CheckpointSortBy | UnsetType = UNSET
    sort_by_metric: str | UnsetType = UNSET
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    states: list[CheckpointState] = field(default_factory=list)


class GetTrialCheckpointsResponse(Message):
    checkpoints: list[Checkpoint] = field(default_factory=list)
    pagination: Pagination | None = None


get_trial_checkpoints = Endpoint(
    "GetTrialCheckpoints",
    "GET",
    "/api/v1/trials/{id}/checkpoints",
    GetTrialCheckpointsRequest,
    GetTrialCheckpointsResponse,
    summary="List the checkpoints of one trial",
    tags=("Experiments",),
    query=True,
)


class ReportCheckpointRequest(Message):
    checkpoint: Checkpoint | None = None


class ReportCheckpointResponse(Message):
    pass


report_checkpoint = Endpoint(
    "ReportCheckpoint",
    "POST",
    "/api/v1/checkpoints",
    ReportCheckpointRequest,
    ReportCheckpointResponse,
    summary="Report a checkpoint that a task has saved: its files and metadata",
    tags=("Internal",),
    body="checkpoint",
)


class GetCheckpointRequest(Message):
    checkpoint_uuid: str = ""


class GetCheckpointResponse(Message):
    checkpoint: Checkpoint | None = None


get_checkpoint = Endpoint(
    "GetCheckpoint",
    "GET",
    "/api/v1/checkpoints/{checkpointUuid}",
    GetCheckpointRequest,
    GetCheckpointResponse,
    summary="Show one checkpoint: files, metadata and how it was trained",
    tags=("Checkpoints",),
)


class PostCheckpointMetadataRequest(Message):
    checkpoint: Checkpoint | None = None


class PostCheckpointMetadataResponse(Message):
    checkpoint: Checkpoint | None = None


post_checkpoint_metadata = Endpoint(
    "PostCheckpointMetadata",
    "POST",
    "/api/v1/checkpoints/{checkpoint.uuid}/metadata",
    PostCheckpointMetadataRequest,
    PostCheckpointMetadataResponse,
    summary="Replace the metadata of a checkpoint",
    tags=("Checkpoints",),
    body="*",
)


class CheckpointsRemoveFilesRequest(Message):
    checkpoint_uuids: list[str] = field(default_factory=list)
    checkpoint_globs: list[str] = field(default_factory=list)


class CheckpointsRemoveFilesResponse(Message):
    pass


checkpoints_remove_files = Endpoint(
    "CheckpointsRemoveFiles",
    "POST",
    "/api/v1/checkpoints/rm",
    CheckpointsRemoveFilesRequest,
    CheckpointsRemoveFilesResponse,
    summary="Remove the files of checkpoints that match given patterns",
    tags=("Checkpoints",),
    body="*",
)


class PatchCheckpointsRequest(Message):
    checkpoints: list[PatchCheckpoint] = field(default_factory=list)


class PatchCheckpointsResponse(Message):
    pass


patch_checkpoints = Endpoint(
    "PatchCheckpoints",
    "PATCH",
    "/api/v1/checkpoints",
    PatchCheckpointsRequest,
    PatchCheckpointsResponse,
    summary="Correct which files checkpoints still have; none left means deleted",
    tags=("Internal",),
    body="*",
)


class DeleteCheckpointsRequest(Message):
    checkpoint_uuids: list[str] = field(default_factory=list)


class DeleteCheckpointsResponse(Message):
    pass


delete_checkpoints = Endpoint(
    "DeleteCheckpoints",
    "DELETE",
    "/api/v1/checkpoints",
    DeleteCheckpointsRequest,
    DeleteCheckpointsResponse,
    summary="Delete all files of checkpoints; their records stay, as DELETED",
    tags=("Checkpoints",),
    body="*",
)
