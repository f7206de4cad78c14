"""System metrics of a trial's profiler."""

from msgspec import field

from undeterred.wire.base import Endpoint, Enum, Float, Instant, Int32, Message


class TrialProfilerMetricLabelsProfilerMetricType(Enum):
    PROFILER_METRIC_TYPE_UNSPECIFIED = "PROFILER_METRIC_TYPE_UNSPECIFIED"
    PROFILER_METRIC_TYPE_SYSTEM = "PROFILER_METRIC_TYPE_SYSTEM"
    PROFILER_METRIC_TYPE_TIMING = "PROFILER_METRIC_TYPE_TIMING"
    PROFILER_METRIC_TYPE_MISC = "PROFILER_METRIC_TYPE_MISC"


class TrialProfilerMetricLabels(Message):
    """Which series of system metrics: name, machine and perhaps GPU."""

    trial_id: Int32 = 0
    name: str = ""
    agent_id: str = ""
    gpu_uuid: str = ""
    metric_type: TrialProfilerMetricLabelsProfilerMetricType = TrialProfilerMetricLabelsProfilerMetricType.PROFILER_METRIC_TYPE_UNSPECIFIED


class TrialProfilerMetricsBatch(Message):
    """Some points of a series of system metrics."""

    values: list[Float] = field(default_factory=list)
    batches: list[Int32] = field(default_factory=list)
    timestamps: list[Instant] = field(default_factory=list)
    labels: TrialProfilerMetricLabels | None = None


class GetTrialProfilerMetricsRequest(Message):
    labels: TrialProfilerMetricLabels | None = None
    follow: bool = False


class GetTrialProfilerMetricsResponse(Message):
    batch: TrialProfilerMetricsBatch | None = None


get_trial_profiler_metrics = Endpoint(
    "GetTrialProfilerMetrics",
    "GET",
    "/api/v1/trials/{labels.trialId}/profiler/metrics",
    GetTrialProfilerMetricsRequest,
    GetTrialProfilerMetricsResponse,
    summary="Stream one series of a trial's system metrics, as they come",
    tags=("Profiler",),
    query=True,
    streams=True,
)


class GetTrialProfilerAvailableSeriesRequest(Message):
    trial_id: Int32 = 0
    follow: bool = False


class GetTrialProfilerAvailableSeriesResponse(Message):
    labels: list[TrialProfilerMetricLabels] = field(default_factory=list)


get_trial_profiler_available_series = Endpoint(
    "GetTrialProfilerAvailableSeries",
    "GET",
    "/api/v1/trials/{trialId}/profiler/available_series",
    GetTrialProfilerAvailableSeriesRequest,
    GetTrialProfilerAvailableSeriesResponse,
    summary="Stream which series of system metrics a trial has",
    tags=("Profiler",),
    query=True,
    streams=True,
)


class PostTrialProfilerMetricsBatchRequest(Message):
    batches: list[TrialProfilerMetricsBatch] = field(default_factory=list)


class PostTrialProfilerMetricsBatchResponse(Message):
    pass


post_trial_profiler_metrics_batch = Endpoint(
    "PostTrialProfilerMetricsBatch",
    "POST",
    "/api/v1/trials/profiler/metrics",
    PostTrialProfilerMetricsBatchRequest,
    PostTrialProfilerMetricsBatchResponse,
    summary="Send system metrics the older way: checked, and not kept",
    tags=("Internal",),
    body="*",
)
