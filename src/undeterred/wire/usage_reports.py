"""Who used what: raw and aggregated allocation of resources."""

from msgspec import field

from undeterred.wire.base import Endpoint, Enum, Float, Instant, Int32, Message


class ResourceAllocationAggregationPeriod(Enum):
    RESOURCE_ALLOCATION_AGGREGATION_PERIOD_UNSPECIFIED = "RESOURCE_ALLOCATION_AGGREGATION_PERIOD_UNSPECIFIED"
    RESOURCE_ALLOCATION_AGGREGATION_PERIOD_DAILY = "RESOURCE_ALLOCATION_AGGREGATION_PERIOD_DAILY"
    RESOURCE_ALLOCATION_AGGREGATION_PERIOD_MONTHLY = "RESOURCE_ALLOCATION_AGGREGATION_PERIOD_MONTHLY"


class ResourceAllocationAggregatedEntry(Message):
    """Slot seconds of a day or month, by user, label, pool and machine kind."""

    period_start: str = ""
    period: ResourceAllocationAggregationPeriod = ResourceAllocationAggregationPeriod.RESOURCE_ALLOCATION_AGGREGATION_PERIOD_UNSPECIFIED
    seconds: Float = 0
    by_username: dict[str, Float] = field(default_factory=dict)
    by_experiment_label: dict[str, Float] = field(default_factory=dict)
    by_resource_pool: dict[str, Float] = field(default_factory=dict)


class ResourceAllocationRawEntry(Message):
    """What a trial did for a while: training, validation or a checkpoint, on how many slots."""

    kind: str = ""
    start_time: Instant | None = None
    end_time: Instant | None = None
    experiment_id: Int32 = 0
    username: str = ""
    user_id: Int32 = 0
    labels: list[str] = field(default_factory=list)
    seconds: Float = 0
    slots: Int32 = 0


class ResourceAllocationRawRequest(Message):
    timestamp_after: Instant | None = None
    timestamp_before: Instant | None = None


class ResourceAllocationRawResponse(Message):
    resource_entries: list[ResourceAllocationRawEntry] = field(default_factory=list)


resource_allocation_raw = Endpoint(
    "ResourceAllocationRaw",
    "GET",
    "/api/v1/resources/allocation/raw",
    ResourceAllocationRawRequest,
    ResourceAllocationRawResponse,
    summary="Report what each trial used in a span of time, entry by entry",
    tags=("Cluster",),
    query=True,
    deprecated=True,
)


class ResourceAllocationAggregatedRequest(Message):
    start_date: str = ""
    end_date: str = ""
    period: ResourceAllocationAggregationPeriod = ResourceAllocationAggregationPeriod.RESOURCE_ALLOCATION_AGGREGATION_PERIOD_UNSPECIFIED


class ResourceAllocationAggregatedResponse(Message):
    resource_entries: list[ResourceAllocationAggregatedEntry] = field(default_factory=list)


resource_allocation_aggregated = Endpoint(
    "ResourceAllocationAggregated",
    "GET",
    "/api/v1/resources/allocation/aggregated",
    ResourceAllocationAggregatedRequest,
    ResourceAllocationAggregatedResponse,
    summary="Report slot seconds per day or month, by user, label and pool",
    tags=("Cluster",),
    query=True,
)
