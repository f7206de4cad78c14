"""Logs of trials and tasks: streams, fields to filter by, posts, retention."""

from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType, field

from undeterred.wire.base import SHIPPED_INSTANT, Endpoint, Enum, Instant, Int32, Int64, Message
from undeterred.wire.common import OrderBy
from undeterred.wire.experiment_actions import BulkExperimentFilters, ExperimentActionResult

ShippedInstant = Annotated[str, Meta(pattern=SHIPPED_INSTANT)]


class LogLevel(Enum):
    LOG_LEVEL_UNSPECIFIED = "LOG_LEVEL_UNSPECIFIED"
    LOG_LEVEL_TRACE = "LOG_LEVEL_TRACE"
    LOG_LEVEL_DEBUG = "LOG_LEVEL_DEBUG"
    LOG_LEVEL_INFO = "LOG_LEVEL_INFO"
    LOG_LEVEL_WARNING = "LOG_LEVEL_WARNING"
    LOG_LEVEL_ERROR = "LOG_LEVEL_ERROR"
    LOG_LEVEL_CRITICAL = "LOG_LEVEL_CRITICAL"


class TaskLog(Message):
    """A line of a task's log: text, time, level, and where it comes from."""

    id: Int32 | UnsetType = UNSET
    task_id: str = ""
    allocation_id: str | UnsetType = UNSET
    agent_id: str | UnsetType = UNSET
    container_id: str | UnsetType = UNSET
    rank_id: Int32 | UnsetType = UNSET
    timestamp: Instant | UnsetType = UNSET
    level: LogLevel | UnsetType = UNSET
    log: str = ""
    source: str | UnsetType = UNSET
    stdtype: str | UnsetType = UNSET


class PutExperimentRetainLogsRequest(Message):
    experiment_id: Int32 = 0
    num_days: Int32 = 0


class PutExperimentRetainLogsResponse(Message):
    pass


put_experiment_retain_logs = Endpoint(
    "PutExperimentRetainLogs",
    "PUT",
    "/api/v1/experiments/{experimentId}/retain_logs",
    PutExperimentRetainLogsRequest,
    PutExperimentRetainLogsResponse,
    summary="Set for how many days an ended experiment's logs are kept",
    tags=("Experiments",),
    body="*",
)


class PutExperimentsRetainLogsRequest(Message):
    experiment_ids: list[Int32] = field(default_factory=list)
    num_days: Int32 = 0
    filters: BulkExperimentFilters | None = None
    project_id: Int32 = 0


class PutExperimentsRetainLogsResponse(Message):
    results: list[ExperimentActionResult] = field(default_factory=list)


put_experiments_retain_logs = Endpoint(
    "PutExperimentsRetainLogs",
    "PUT",
    "/api/v1/projects/{projectId}/experiments/retain_logs",
    PutExperimentsRetainLogsRequest,
    PutExperimentsRetainLogsResponse,
    summary="Set for how many days the logs of ended experiments are kept",
    tags=("Experiments",),
    body="*",
)


class PutTrialRetainLogsRequest(Message):
    trial_id: Int32 = 0
    num_days: Int32 = 0


class PutTrialRetainLogsResponse(Message):
    pass


put_trial_retain_logs = Endpoint(
    "PutTrialRetainLogs",
    "PUT",
    "/api/v1/trials/{trialId}/retain_logs",
    PutTrialRetainLogsRequest,
    PutTrialRetainLogsResponse,
    summary="Set for how many days a trial's logs are kept after its end",
    tags=("Trials",),
    body="*",
)


class TrialLogsRequest(Message):
    trial_id: Int32 = 0
    limit: Int32 = 0
    follow: bool = False
    agent_ids: list[str] = field(default_factory=list)
    container_ids: list[str] = field(default_factory=list)
    rank_ids: list[Int32] = field(default_factory=list)
    levels: list[LogLevel] = field(default_factory=list)
    stdtypes: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    timestamp_before: Instant | None = None
    timestamp_after: Instant | None = None
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    search_text: str = ""
    enable_regex: bool = False


class TrialLogsResponse(Message):
    id: str = ""
    timestamp: Instant | None = None
    message: str = ""
    level: LogLevel = LogLevel.LOG_LEVEL_UNSPECIFIED
    trial_id: Int32 = 0
    agent_id: str | UnsetType = UNSET
    container_id: str | UnsetType = UNSET
    rank_id: Int32 | UnsetType = UNSET
    log: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    stdtype: str | UnsetType = UNSET


trial_logs = Endpoint(
    "TrialLogs",
    "GET",
    "/api/v1/trials/{trialId}/logs",
    TrialLogsRequest,
    TrialLogsResponse,
    summary="Stream the log lines of a trial over all its runs, or follow them",
    tags=("Experiments", "Trials"),
    query=True,
    streams=True,
    deprecated=True,
)


class TrialLogsFieldsRequest(Message):
    trial_id: Int32 = 0
    follow: bool = False


class TrialLogsFieldsResponse(Message):
    agent_ids: list[str] = field(default_factory=list)
    container_ids: list[str] = field(default_factory=list)
    rank_ids: list[Int32] = field(default_factory=list)
    stdtypes: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


trial_logs_fields = Endpoint(
    "TrialLogsFields",
    "GET",
    "/api/v1/trials/{trialId}/logs/fields",
    TrialLogsFieldsRequest,
    TrialLogsFieldsResponse,
    summary="Stream the values that a trial's log lines can be filtered by",
    tags=("Experiments", "Trials"),
    query=True,
    streams=True,
    deprecated=True,
)


class ShippedLog(Struct, forbid_unknown_fields=True, eq=False):  # noqa: PLW1641 - like every message it has no hash
    """A TaskLog as the log shipper of a task spells it; its times may have an offset."""

    task_id: str = ""
    allocation_id: str | UnsetType = UNSET
    agent_id: str | UnsetType = UNSET
    container_id: str | UnsetType = UNSET
    rank_id: Int32 | UnsetType = UNSET
    timestamp: ShippedInstant | UnsetType = UNSET
    level: LogLevel | UnsetType = UNSET
    log: str = ""
    source: str | UnsetType = UNSET
    stdtype: str | UnsetType = UNSET
    id: ClassVar[UnsetType] = UNSET

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TaskLog | ShippedLog) and all(getattr(self, n) == getattr(other, n) for n in TaskLog.__struct_fields__)


class ShippedLogs(Struct, forbid_unknown_fields=True):
    logs: list[ShippedLog] = field(default_factory=list)


class PostTaskLogsRequest(Message):
    any_text: ClassVar[bool] = True
    twin: ClassVar[type[Struct]] = ShippedLogs

    logs: list[TaskLog] = field(default_factory=list)


class PostTaskLogsResponse(Message):
    pass


post_task_logs = Endpoint(
    "PostTaskLogs",
    "POST",
    "/api/v1/task/logs",
    PostTaskLogsRequest,
    PostTaskLogsResponse,
    summary="Add lines to the log of a task",
    tags=("Internal",),
    body="*",
)


class TaskLogsRequest(Message):
    task_id: str = ""
    limit: Int32 = 0
    follow: bool = False
    allocation_ids: list[str] = field(default_factory=list)
    agent_ids: list[str] = field(default_factory=list)
    container_ids: list[str] = field(default_factory=list)
    rank_ids: list[Int32] = field(default_factory=list)
    levels: list[LogLevel] = field(default_factory=list)
    stdtypes: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    timestamp_before: Instant | None = None
    timestamp_after: Instant | None = None
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    search_text: str = ""
    enable_regex: bool = False


class TaskLogsResponse(Message):
    id: str = ""
    timestamp: Instant | None = None
    message: str = ""
    level: LogLevel = LogLevel.LOG_LEVEL_UNSPECIFIED
    task_id: str = ""
    allocation_id: str | UnsetType = UNSET
    agent_id: str | UnsetType = UNSET
    container_id: str | UnsetType = UNSET
    rank_id: Int32 | UnsetType = UNSET
    log: str = ""
    source: str | UnsetType = UNSET
    stdtype: str | UnsetType = UNSET


task_logs = Endpoint(
    "TaskLogs",
    "GET",
    "/api/v1/tasks/{taskId}/logs",
    TaskLogsRequest,
    TaskLogsResponse,
    summary="Stream the log lines of a task, filtered, or follow them",
    tags=("Jobs", "Tasks"),
    query=True,
    streams=True,
)


class TaskLogsFieldsRequest(Message):
    task_id: str = ""
    follow: bool = False


class TaskLogsFieldsResponse(Message):
    allocation_ids: list[str] = field(default_factory=list)
    agent_ids: list[str] = field(default_factory=list)
    container_ids: list[str] = field(default_factory=list)
    rank_ids: list[Int32] = field(default_factory=list)
    stdtypes: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


task_logs_fields = Endpoint(
    "TaskLogsFields",
    "GET",
    "/api/v1/tasks/{taskId}/logs/fields",
    TaskLogsFieldsRequest,
    TaskLogsFieldsResponse,
    summary="Stream the values that a task's log lines can be filtered by",
    tags=("Jobs", "Tasks"),
    query=True,
    streams=True,
)


class CleanupLogsRequest(Message):
    pass


class CleanupLogsResponse(Message):
    removed_count: Int64 = "0"


cleanup_logs = Endpoint(
    "CleanupLogs",
    "POST",
    "/api/v1/cleanup_logs",
    CleanupLogsRequest,
    CleanupLogsResponse,
    summary="Remove all logs that need not be kept any longer, and count them",
    tags=("Internal",),
)
