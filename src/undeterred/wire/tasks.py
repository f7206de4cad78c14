"""Tasks: read, count, accelerators and context folder; the states that all kinds share."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Message
from undeterred.wire.containers import Device


class Address(Message):
    container_ip: str = ""
    container_port: Int32 = 0
    host_ip: str = ""
    host_port: Int32 = 0


class TaskState(Enum):
    STATE_UNSPECIFIED = "STATE_UNSPECIFIED", 0
    STATE_PULLING = "STATE_PULLING", 3
    STATE_STARTING = "STATE_STARTING", 4
    STATE_RUNNING = "STATE_RUNNING", 5
    STATE_TERMINATED = "STATE_TERMINATED", 6
    STATE_TERMINATING = "STATE_TERMINATING", 7
    STATE_WAITING = "STATE_WAITING", 9
    STATE_QUEUED = "STATE_QUEUED", 8


class Allocation(Message):
    """One stay of a task on the cluster: from asking for slots to the end of its processes."""

    task_id: str = ""
    state: TaskState = TaskState.STATE_UNSPECIFIED
    is_ready: bool | UnsetType = UNSET
    start_time: str | UnsetType = UNSET
    end_time: str | UnsetType = UNSET
    allocation_id: str = ""
    slots: Int32 = 0
    exit_reason: str | UnsetType = UNSET
    status_code: Int32 | UnsetType = UNSET


class ResourcesSummaryDevices(Message):
    devices: list[Device] = field(default_factory=list)


class ResourcesStarted(Message):
    addresses: list[Address] = field(default_factory=list)
    native_resources_id: str = ""


class FailureType(Enum):
    FAILURE_TYPE_UNSPECIFIED = "FAILURE_TYPE_UNSPECIFIED"
    FAILURE_TYPE_RESOURCES_FAILED = "FAILURE_TYPE_RESOURCES_FAILED"
    FAILURE_TYPE_RESOURCES_ABORTED = "FAILURE_TYPE_RESOURCES_ABORTED"
    FAILURE_TYPE_RESOURCES_MISSING = "FAILURE_TYPE_RESOURCES_MISSING"
    FAILURE_TYPE_TASK_ABORTED = "FAILURE_TYPE_TASK_ABORTED"
    FAILURE_TYPE_TASK_ERROR = "FAILURE_TYPE_TASK_ERROR"
    FAILURE_TYPE_AGENT_FAILED = "FAILURE_TYPE_AGENT_FAILED"
    FAILURE_TYPE_AGENT_ERROR = "FAILURE_TYPE_AGENT_ERROR"
    FAILURE_TYPE_RESTORE_ERROR = "FAILURE_TYPE_RESTORE_ERROR"
    FAILURE_TYPE_UNKNOWN_ERROR = "FAILURE_TYPE_UNKNOWN_ERROR"


class ResourcesFailure(Message):
    failure_type: FailureType = FailureType.FAILURE_TYPE_UNSPECIFIED
    err_msg: str = ""
    exit_code: Int32 | UnsetType = UNSET


class ResourcesStopped(Message):
    failure: ResourcesFailure | None = None


class ResourcesSummary(Message):
    """What an allocation has on one machine."""

    resources_id: str = ""
    resources_type: str = ""
    allocation_id: str = ""
    agent_devices: dict[str, ResourcesSummaryDevices] = field(default_factory=dict)
    container_id: str | UnsetType = UNSET
    started: ResourcesStarted | UnsetType = UNSET
    exited: ResourcesStopped | UnsetType = UNSET


class ProxyPortConfig(Message):
    service_id: str = ""
    port: Int32 = 0
    proxy_tcp: bool = False
    unauthenticated: bool = False


class AllocationSummary(Message):
    """What waits or runs, as a list of all work shows it."""

    task_id: str = ""
    allocation_id: str = ""
    name: str = ""
    registered_time: Instant | None = None
    resource_pool: str = ""
    slots_needed: Int32 = 0
    resources: list[ResourcesSummary] = field(default_factory=list)
    scheduler_type: str = ""
    priority: Int32 | UnsetType = UNSET
    proxy_ports: list[ProxyPortConfig] = field(default_factory=list)


class TaskType(Enum):
    TASK_TYPE_UNSPECIFIED = "TASK_TYPE_UNSPECIFIED"
    TASK_TYPE_TRIAL = "TASK_TYPE_TRIAL"
    TASK_TYPE_NOTEBOOK = "TASK_TYPE_NOTEBOOK"
    TASK_TYPE_SHELL = "TASK_TYPE_SHELL"
    TASK_TYPE_COMMAND = "TASK_TYPE_COMMAND"
    TASK_TYPE_TENSORBOARD = "TASK_TYPE_TENSORBOARD"
    TASK_TYPE_CHECKPOINT_GC = "TASK_TYPE_CHECKPOINT_GC"
    TASK_TYPE_GENERIC = "TASK_TYPE_GENERIC"


class GenericTaskState(Enum):
    GENERIC_TASK_STATE_UNSPECIFIED = "GENERIC_TASK_STATE_UNSPECIFIED"
    GENERIC_TASK_STATE_ACTIVE = "GENERIC_TASK_STATE_ACTIVE"
    GENERIC_TASK_STATE_CANCELED = "GENERIC_TASK_STATE_CANCELED"
    GENERIC_TASK_STATE_COMPLETED = "GENERIC_TASK_STATE_COMPLETED"
    GENERIC_TASK_STATE_ERROR = "GENERIC_TASK_STATE_ERROR"
    GENERIC_TASK_STATE_PAUSED = "GENERIC_TASK_STATE_PAUSED"
    GENERIC_TASK_STATE_STOPPING_PAUSED = "GENERIC_TASK_STATE_STOPPING_PAUSED"
    GENERIC_TASK_STATE_STOPPING_CANCELED = "GENERIC_TASK_STATE_STOPPING_CANCELED"
    GENERIC_TASK_STATE_STOPPING_COMPLETED = "GENERIC_TASK_STATE_STOPPING_COMPLETED"
    GENERIC_TASK_STATE_STOPPING_ERROR = "GENERIC_TASK_STATE_STOPPING_ERROR"


class Task(Message):
    """Anything that runs on the cluster, a trial too, with its allocations."""

    task_id: str = ""
    task_type: TaskType = TaskType.TASK_TYPE_UNSPECIFIED
    allocations: list[Allocation] = field(default_factory=list)
    start_time: Instant | None = None
    end_time: Instant | UnsetType = UNSET
    config: str | UnsetType = UNSET
    parent_id: str | UnsetType = UNSET
    task_state: GenericTaskState | UnsetType = UNSET
    forked_from: str | UnsetType = UNSET
    no_pause: bool | UnsetType = UNSET


class GetTaskContextDirectoryRequest(Message):
    task_id: str = ""


class GetTaskContextDirectoryResponse(Message):
    b64_tgz: str = ""


get_task_context_directory = Endpoint(
    "GetTaskContextDirectory",
    "GET",
    "/api/v1/tasks/{taskId}/context_directory",
    GetTaskContextDirectoryRequest,
    GetTaskContextDirectoryResponse,
    summary="Download the files that a task was started with (tar.gz, base64)",
    tags=("Tasks",),
)


class GetTaskAcceleratorDataRequest(Message):
    task_id: str = ""


class AcceleratorData(Message):
    """The devices that a container of an allocation has reported."""

    container_id: str = ""
    allocation_id: str = ""
    node_name: str = ""
    task_id: str = ""
    accelerator_type: str = ""
    accelerator_uuids: list[str] = field(default_factory=list)
    resource_pool: str = ""


class GetTaskAcceleratorDataResponse(Message):
    accelerator_data: list[AcceleratorData] = field(default_factory=list)


get_task_accelerator_data = Endpoint(
    "GetTaskAcceleratorData",
    "GET",
    "/api/v1/tasks/{taskId}/acceleratorData",
    GetTaskAcceleratorDataRequest,
    GetTaskAcceleratorDataResponse,
    summary="List the devices that a task's containers have reported",
    tags=("Internal",),
)


class GetActiveTasksCountRequest(Message):
    pass


class GetActiveTasksCountResponse(Message):
    commands: Int32 = 0
    notebooks: Int32 = 0
    shells: Int32 = 0
    tensorboards: Int32 = 0


get_active_tasks_count = Endpoint(
    "GetActiveTasksCount",
    "GET",
    "/api/v1/tasks/count",
    GetActiveTasksCountRequest,
    GetActiveTasksCountResponse,
    summary="Count the running commands, notebooks, shells and TensorBoards",
    tags=("Tasks",),
)


class GetTaskRequest(Message):
    task_id: str = ""


class GetTaskResponse(Message):
    task: Task | None = None


get_task = Endpoint(
    "GetTask",
    "GET",
    "/api/v1/tasks/{taskId}",
    GetTaskRequest,
    GetTaskResponse,
    summary="Show one task of any kind with its allocations",
    tags=("Tasks",),
)


class GetTasksRequest(Message):
    pass


class GetTasksResponse(Message):
    allocation_id_to_summary: dict[str, AllocationSummary] = field(default_factory=dict)


get_tasks = Endpoint(
    "GetTasks",
    "GET",
    "/api/v1/tasks",
    GetTasksRequest,
    GetTasksResponse,
    summary="List everything that waits or runs, by allocation",
    tags=("Tasks",),
)
