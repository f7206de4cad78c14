"""What the charts of an experiment ask for: series of several trials, samples and snapshots, names of metrics."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Double, Endpoint, Instant, Int32, Json, Message
from undeterred.wire.common import Int32FieldFilter, MetricType
from undeterred.wire.trials import Trial


class DoubleFieldFilter(Message):
    """A range of numbers; all that is given must hold."""

    lt: Double | UnsetType = UNSET
    lte: Double | UnsetType = UNSET
    gt: Double | UnsetType = UNSET
    gte: Double | UnsetType = UNSET


class TimestampFieldFilter(Message):
    """A range of times; all that is given must hold."""

    lt: Instant | UnsetType = UNSET
    lte: Instant | UnsetType = UNSET
    gt: Instant | UnsetType = UNSET
    gte: Instant | UnsetType = UNSET


class PolymorphicFilter(Message):
    """What the points of a curve must be like: a range of steps, times or values."""

    name: str | UnsetType = UNSET
    double_range: DoubleFieldFilter | UnsetType = UNSET
    integer_range: Int32FieldFilter | UnsetType = UNSET
    time_range: TimestampFieldFilter | UnsetType = UNSET


class MetricIdentifier(Message):
    """A metric by its group and name."""

    group: str = ""
    name: str = ""


class CompareTrialsRequest(Message):
    trial_ids: list[Int32] = field(default_factory=list)
    max_datapoints: Int32 = 0
    metric_names: list[str] = field(default_factory=list)
    start_batches: Int32 = 0
    end_batches: Int32 = 0
    metric_type: MetricType = MetricType.METRIC_TYPE_UNSPECIFIED
    group: str = ""
    metric_ids: list[str] = field(default_factory=list)
    time_series_filter: PolymorphicFilter | None = None


class DataPoint(Message):
    """The values of some metrics at one step of a trial."""

    batches: Int32 = 0
    values: Json | None = None
    time: Instant | None = None
    epoch: Double | UnsetType = UNSET


class DownsampledMetrics(Message):
    """The curve of one metric group of a trial, with a bounded number of points."""

    data: list[DataPoint] = field(default_factory=list)
    type: MetricType = MetricType.METRIC_TYPE_UNSPECIFIED
    group: str = ""


class ComparableTrial(Message):
    """A trial with its curves, for a chart of several."""

    trial: Trial | None = None
    metrics: list[DownsampledMetrics] = field(default_factory=list)


class CompareTrialsResponse(Message):
    trials: list[ComparableTrial] = field(default_factory=list)


compare_trials = Endpoint(
    "CompareTrials",
    "GET",
    "/api/v1/trials/time-series",
    CompareTrialsRequest,
    CompareTrialsResponse,
    summary="Get the metric curves of some trials, thinned for a chart",
    tags=("Experiments",),
    query=True,
)


class ExpMetricNamesRequest(Message):
    ids: list[Int32] = field(default_factory=list)
    period_seconds: Int32 = 0


class ExpMetricNamesResponse(Message):
    searcher_metrics: list[str] = field(default_factory=list)
    training_metrics: list[str] = field(default_factory=list)
    validation_metrics: list[str] = field(default_factory=list)
    metric_names: list[MetricIdentifier] = field(default_factory=list)


exp_metric_names = Endpoint(
    "ExpMetricNames",
    "GET",
    "/api/v1/experiments/metrics-stream/metric-names",
    ExpMetricNamesRequest,
    ExpMetricNamesResponse,
    summary="Stream the names of all metrics that experiments report, as they come",
    tags=("Internal",),
    query=True,
    streams=True,
)


class MetricBatchesRequest(Message):
    experiment_id: Int32 = 0
    metric_name: str = ""
    metric_type: MetricType = MetricType.METRIC_TYPE_UNSPECIFIED
    group: str = ""
    period_seconds: Int32 = 0


class MetricBatchesResponse(Message):
    batches: list[Int32] = field(default_factory=list)


metric_batches = Endpoint(
    "MetricBatches",
    "GET",
    "/api/v1/experiments/{experimentId}/metrics-stream/batches",
    MetricBatchesRequest,
    MetricBatchesResponse,
    summary="Stream the steps (batches) at which an experiment reported a metric",
    tags=("Internal",),
    query=True,
    streams=True,
)


class TrialsSnapshotRequest(Message):
    experiment_id: Int32 = 0
    metric_name: str = ""
    metric_type: MetricType = MetricType.METRIC_TYPE_UNSPECIFIED
    group: str = ""
    batches_processed: Int32 = 0
    batches_margin: Int32 = 0
    period_seconds: Int32 = 0


class TrialsSnapshotResponseTrial(Message):
    """The metric of one trial near a step, with its hyperparameters."""

    trial_id: Int32 = 0
    hparams: Json | None = None
    metric: Double = 0
    batches_processed: Int32 = 0


class TrialsSnapshotResponse(Message):
    trials: list[TrialsSnapshotResponseTrial] = field(default_factory=list)


trials_snapshot = Endpoint(
    "TrialsSnapshot",
    "GET",
    "/api/v1/experiments/{experimentId}/metrics-stream/trials-snapshot",
    TrialsSnapshotRequest,
    TrialsSnapshotResponse,
    summary="Stream one metric of all trials near one step, with hyperparameters",
    tags=("Internal",),
    query=True,
    streams=True,
)


class TrialsSampleRequest(Message):
    experiment_id: Int32 = 0
    metric_name: str = ""
    metric_type: MetricType = MetricType.METRIC_TYPE_UNSPECIFIED
    group: str = ""
    max_trials: Int32 = 0
    max_datapoints: Int32 = 0
    start_batches: Int32 = 0
    end_batches: Int32 = 0
    period_seconds: Int32 = 0


class TrialsSampleResponseTrial(Message):
    """The curve of one trial of a sample."""

    trial_id: Int32 = 0
    hparams: Json | None = None
    data: list[DataPoint] = field(default_factory=list)


class TrialsSampleResponse(Message):
    trials: list[TrialsSampleResponseTrial] = field(default_factory=list)
    promoted_trials: list[Int32] = field(default_factory=list)
    demoted_trials: list[Int32] = field(default_factory=list)


trials_sample = Endpoint(
    "TrialsSample",
    "GET",
    "/api/v1/experiments/{experimentId}/metrics-stream/trials-sample",
    TrialsSampleRequest,
    TrialsSampleResponse,
    summary="Stream the curves of an experiment's best trials as they train",
    tags=("Internal",),
    query=True,
    streams=True,
)
