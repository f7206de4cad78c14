"""Metrics: reports of a trial, and streams that read them back."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Json, Message


class Metrics(Message):
    """Reported values by name: averages over batches, and perhaps those of single batches."""

    avg_metrics: Json | None = None
    batch_metrics: list[Json] = field(default_factory=list)


class MetricsReport(Message):
    """What a trial reported at one step, in one metric group."""

    trial_id: Int32 = 0
    end_time: Instant | None = None
    metrics: Json | None = None
    total_batches: Int32 = 0
    archived: bool = False
    id: Int32 = 0
    trial_run_id: Int32 = 0
    group: str = ""


class TrialMetrics(Message):
    """A report of metrics by a trial, at one step of one run."""

    trial_id: Int32 = 0
    trial_run_id: Int32 = 0
    steps_completed: Int32 | UnsetType = UNSET
    report_time: Instant | UnsetType = UNSET
    metrics: Metrics | None = None


class TrialSourceInfoType(Enum):
    TRIAL_SOURCE_INFO_TYPE_UNSPECIFIED = "TRIAL_SOURCE_INFO_TYPE_UNSPECIFIED"
    TRIAL_SOURCE_INFO_TYPE_INFERENCE = "TRIAL_SOURCE_INFO_TYPE_INFERENCE"
    TRIAL_SOURCE_INFO_TYPE_FINE_TUNING = "TRIAL_SOURCE_INFO_TYPE_FINE_TUNING"


class TrialSourceInfo(Message):
    """Which checkpoint a trial uses, and for what."""

    trial_id: Int32 = 0
    checkpoint_uuid: str = ""
    model_id: Int32 | UnsetType = UNSET
    model_version: Int32 | UnsetType = UNSET
    trial_source_info_type: TrialSourceInfoType = TrialSourceInfoType.TRIAL_SOURCE_INFO_TYPE_UNSPECIFIED


class ReportTrialSourceInfoRequest(Message):
    trial_source_info: TrialSourceInfo | None = None


class ReportTrialSourceInfoResponse(Message):
    trial_id: Int32 = 0
    checkpoint_uuid: str = ""


report_trial_source_info = Endpoint(
    "ReportTrialSourceInfo",
    "POST",
    "/api/v1/trial-source-info",
    ReportTrialSourceInfoRequest,
    ReportTrialSourceInfoResponse,
    summary="Say which checkpoint a trial fine-tunes or does inference with",
    tags=("Internal",),
    body="*",
)


class GetMetricsRequest(Message):
    trial_ids: list[Int32] = field(default_factory=list)
    group: str = ""


class GetMetricsResponse(Message):
    metrics: list[MetricsReport] = field(default_factory=list)


get_metrics = Endpoint(
    "GetMetrics",
    "GET",
    "/api/v1/trials/metrics/trial_metrics",
    GetMetricsRequest,
    GetMetricsResponse,
    summary="Stream the reported metrics of trials, for one metric group",
    tags=("Trials",),
    query=True,
    streams=True,
)


class GetTrainingMetricsRequest(Message):
    trial_ids: list[Int32] = field(default_factory=list)


class GetTrainingMetricsResponse(Message):
    metrics: list[MetricsReport] = field(default_factory=list)


get_training_metrics = Endpoint(
    "GetTrainingMetrics",
    "GET",
    "/api/v1/trials/metrics/training_metrics",
    GetTrainingMetricsRequest,
    GetTrainingMetricsResponse,
    summary="Stream the reported training metrics of trials",
    tags=("Trials",),
    query=True,
    streams=True,
)


class GetValidationMetricsRequest(Message):
    trial_ids: list[Int32] = field(default_factory=list)


class GetValidationMetricsResponse(Message):
    metrics: list[MetricsReport] = field(default_factory=list)


get_validation_metrics = Endpoint(
    "GetValidationMetrics",
    "GET",
    "/api/v1/trials/metrics/validation_metrics",
    GetValidationMetricsRequest,
    GetValidationMetricsResponse,
    summary="Stream the reported validation metrics of trials",
    tags=("Trials",),
    query=True,
    streams=True,
)


class ReportTrialMetricsRequest(Message):
    metrics: TrialMetrics | None = None
    group: str = ""


class ReportTrialMetricsResponse(Message):
    pass


report_trial_metrics = Endpoint(
    "ReportTrialMetrics",
    "POST",
    "/api/v1/trials/{metrics.trialId}/metrics",
    ReportTrialMetricsRequest,
    ReportTrialMetricsResponse,
    summary="Report metrics of a trial at one step, in any metric group",
    tags=("Internal",),
    body="*",
)


class ReportTrialTrainingMetricsRequest(Message):
    training_metrics: TrialMetrics | None = None


class ReportTrialTrainingMetricsResponse(Message):
    pass


report_trial_training_metrics = Endpoint(
    "ReportTrialTrainingMetrics",
    "POST",
    "/api/v1/trials/{trainingMetrics.trialId}/training_metrics",
    ReportTrialTrainingMetricsRequest,
    ReportTrialTrainingMetricsResponse,
    summary="Report training metrics of a trial (older form)",
    tags=("Internal",),
    body="trainingMetrics",
    deprecated=True,
)


class ReportTrialValidationMetricsRequest(Message):
    validation_metrics: TrialMetrics | None = None


class ReportTrialValidationMetricsResponse(Message):
    pass


report_trial_validation_metrics = Endpoint(
    "ReportTrialValidationMetrics",
    "POST",
    "/api/v1/trials/{validationMetrics.trialId}/validation_metrics",
    ReportTrialValidationMetricsRequest,
    ReportTrialValidationMetricsResponse,
    summary="Report validation metrics of a trial (older form)",
    tags=("Internal",),
    body="validationMetrics",
    deprecated=True,
)


class GetTrialMetricsByModelVersionRequest(Message):
    model_name: str = ""
    model_version_num: Int32 = 0
    trial_source_info_type: TrialSourceInfoType | UnsetType = UNSET
    metric_group: str | UnsetType = UNSET


class GetTrialMetricsByModelVersionResponse(Message):
    metrics: list[MetricsReport] = field(default_factory=list)


get_trial_metrics_by_model_version = Endpoint(
    "GetTrialMetricsByModelVersion",
    "GET",
    "/api/v1/models/{modelName}/versions/{modelVersionNum}/metrics",
    GetTrialMetricsByModelVersionRequest,
    GetTrialMetricsByModelVersionResponse,
    summary="List the metrics of all trials that used a model version",
    tags=("Internal",),
    query=True,
)


class GetTrialMetricsByCheckpointRequest(Message):
    checkpoint_uuid: str = ""
    trial_source_info_type: TrialSourceInfoType | UnsetType = UNSET
    metric_group: str | UnsetType = UNSET


class GetTrialMetricsByCheckpointResponse(Message):
    metrics: list[MetricsReport] = field(default_factory=list)


get_trial_metrics_by_checkpoint = Endpoint(
    "GetTrialMetricsByCheckpoint",
    "GET",
    "/api/v1/checkpoints/{checkpointUuid}/metrics",
    GetTrialMetricsByCheckpointRequest,
    GetTrialMetricsByCheckpointResponse,
    summary="List the metrics of all trials that used a checkpoint",
    tags=("Internal",),
    query=True,
)
