"""The job queue: its lists, counts and the moves within it."""

from typing import ClassVar

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Double, Endpoint, Enum, Float, Instant, Int32, Message
from undeterred.wire.common import OrderBy, Pagination


class AggregateQueueStats(Message):
    period_start: str = ""
    seconds: Float = 0


class JobState(Enum):
    STATE_UNSPECIFIED = "STATE_UNSPECIFIED"
    STATE_QUEUED = "STATE_QUEUED"
    STATE_SCHEDULED = "STATE_SCHEDULED"
    STATE_SCHEDULED_BACKFILLED = "STATE_SCHEDULED_BACKFILLED"


class JobSummary(Message):
    """Where a job stands: its state, and how many jobs are ahead of it."""

    state: JobState = JobState.STATE_UNSPECIFIED
    jobs_ahead: Int32 = 0


class JobType(Enum):
    TYPE_UNSPECIFIED = "TYPE_UNSPECIFIED"
    TYPE_EXPERIMENT = "TYPE_EXPERIMENT"
    TYPE_NOTEBOOK = "TYPE_NOTEBOOK"
    TYPE_TENSORBOARD = "TYPE_TENSORBOARD"
    TYPE_SHELL = "TYPE_SHELL"
    TYPE_COMMAND = "TYPE_COMMAND"
    TYPE_CHECKPOINT_GC = "TYPE_CHECKPOINT_GC"
    TYPE_EXTERNAL = "TYPE_EXTERNAL"
    TYPE_GENERIC = "TYPE_GENERIC"


class Job(Message):
    """What waits or runs in a resource pool's queue: an experiment or another task, with its slots and priority."""

    summary: JobSummary | None = None
    type: JobType = JobType.TYPE_UNSPECIFIED
    submission_time: Instant | None = None
    username: str = ""
    user_id: Int32 = 0
    resource_pool: str = ""
    is_preemptible: bool = False
    priority: Int32 = 0
    weight: Double = 0
    entity_id: str = ""
    job_id: str = ""
    requested_slots: Int32 = 0
    allocated_slots: Int32 = 0
    name: str = ""
    progress: Float = 0
    workspace_id: Int32 = 0


class LimitedJob(Message):
    """A job of which you may see only this much."""

    summary: JobSummary | None = None
    type: JobType = JobType.TYPE_UNSPECIFIED
    resource_pool: str = ""
    is_preemptible: bool = False
    priority: Int32 = 0
    weight: Double = 0
    job_id: str = ""
    requested_slots: Int32 = 0
    allocated_slots: Int32 = 0
    progress: Float = 0
    workspace_id: Int32 = 0


class QueueControl(Message):
    """A wish about one job of the queue."""

    oneofs: ClassVar[dict[str, tuple[str, ...]]] = {"action": ("ahead_of", "behind_of", "resource_pool", "priority", "weight")}

    job_id: str = ""
    ahead_of: str | UnsetType = UNSET
    behind_of: str | UnsetType = UNSET
    resource_pool: str | UnsetType = UNSET
    priority: Int32 | UnsetType = UNSET
    weight: Float | UnsetType = UNSET


class QueueStats(Message):
    """How many jobs of a resource pool wait, and how many run."""

    queued_count: Int32 = 0
    scheduled_count: Int32 = 0


class RBACJob(Message):
    oneofs: ClassVar[dict[str, tuple[str, ...]]] = {"job": ("full", "limited")}

    full: Job | UnsetType = UNSET
    limited: LimitedJob | UnsetType = UNSET


class GetJobsRequest(Message):
    offset: Int32 = 0
    limit: Int32 = 0
    resource_pool: str = ""
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    states: list[JobState] = field(default_factory=list)


class GetJobsResponse(Message):
    pagination: Pagination | None = None
    jobs: list[Job] = field(default_factory=list)


get_jobs = Endpoint(
    "GetJobs",
    "GET",
    "/api/v1/job-queues",
    GetJobsRequest,
    GetJobsResponse,
    summary="List the jobs of the queue in the order they will run",
    tags=("Internal",),
    query=True,
)


class GetJobsV2Request(Message):
    offset: Int32 = 0
    limit: Int32 = 0
    resource_pool: str = ""
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    states: list[JobState] = field(default_factory=list)


class GetJobsV2Response(Message):
    pagination: Pagination | None = None
    jobs: list[RBACJob] = field(default_factory=list)


get_jobs_v2 = Endpoint(
    "GetJobsV2",
    "GET",
    "/api/v1/job-queues-v2",
    GetJobsV2Request,
    GetJobsV2Response,
    summary="List the jobs of the queue; those you may not see lack details",
    tags=("Internal",),
    query=True,
)


class GetJobQueueStatsRequest(Message):
    resource_pools: list[str] = field(default_factory=list)


class RPQueueStat(Message):
    stats: QueueStats | None = None
    resource_pool: str = ""
    aggregates: list[AggregateQueueStats] = field(default_factory=list)


class GetJobQueueStatsResponse(Message):
    results: list[RPQueueStat] = field(default_factory=list)


get_job_queue_stats = Endpoint(
    "GetJobQueueStats",
    "GET",
    "/api/v1/job-queues/stats",
    GetJobQueueStatsRequest,
    GetJobQueueStatsResponse,
    summary="Count the waiting and running jobs of each resource pool",
    tags=("Internal",),
    query=True,
)


class UpdateJobQueueRequest(Message):
    updates: list[QueueControl] = field(default_factory=list)


class UpdateJobQueueResponse(Message):
    pass


update_job_queue = Endpoint(
    "UpdateJobQueue",
    "POST",
    "/api/v1/job-queues",
    UpdateJobQueueRequest,
    UpdateJobQueueResponse,
    summary="Change the priority, weight or resource pool of queued jobs",
    tags=("Internal",),
    body="*",
)
