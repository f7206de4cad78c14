"""Commands: one interactive kind of task."""

from msgspec import field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Json, Message
from undeterred.wire.common import File, LaunchWarning, OrderBy, Pagination
from undeterred.wire.containers import Container
from undeterred.wire.tasks import TaskState


class Command(Message):
    """A program that runs once on the cluster."""

    id: str = ""
    description: str = ""
    state: TaskState = TaskState.STATE_UNSPECIFIED
    start_time: Instant | None = None
    container: Container | None = None
    display_name: str = ""
    user_id: Int32 = 0
    username: str = ""
    resource_pool: str = ""
    exit_status: str = ""
    job_id: str = ""
    workspace_id: Int32 = 0


class GetCommandsRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED", 0
    SORT_BY_ID = "SORT_BY_ID", 1
    SORT_BY_DESCRIPTION = "SORT_BY_DESCRIPTION", 2
    SORT_BY_START_TIME = "SORT_BY_START_TIME", 4
    SORT_BY_WORKSPACE_ID = "SORT_BY_WORKSPACE_ID", 5


class GetCommandsRequest(Message):
    sort_by: GetCommandsRequestSortBy = GetCommandsRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    users: list[str] = field(default_factory=list)
    user_ids: list[Int32] = field(default_factory=list)
    workspace_id: Int32 = 0


class GetCommandsResponse(Message):
    commands: list[Command] = field(default_factory=list)
    pagination: Pagination | None = None


get_commands = Endpoint(
    "GetCommands",
    "GET",
    "/api/v1/commands",
    GetCommandsRequest,
    GetCommandsResponse,
    summary="List the commands that wait, run or have ended",
    tags=("Commands",),
    query=True,
)


class GetCommandRequest(Message):
    command_id: str = ""


class GetCommandResponse(Message):
    command: Command | None = None
    config: Json | None = None


get_command = Endpoint(
    "GetCommand",
    "GET",
    "/api/v1/commands/{commandId}",
    GetCommandRequest,
    GetCommandResponse,
    summary="Show one command and the configuration it was started with",
    tags=("Commands",),
)


class KillCommandRequest(Message):
    command_id: str = ""


class KillCommandResponse(Message):
    command: Command | None = None


kill_command = Endpoint(
    "KillCommand",
    "POST",
    "/api/v1/commands/{commandId}/kill",
    KillCommandRequest,
    KillCommandResponse,
    summary="Stop a command at once",
    tags=("Commands",),
)


class SetCommandPriorityRequest(Message):
    command_id: str = ""
    priority: Int32 = 0


class SetCommandPriorityResponse(Message):
    command: Command | None = None


set_command_priority = Endpoint(
    "SetCommandPriority",
    "POST",
    "/api/v1/commands/{commandId}/set_priority",
    SetCommandPriorityRequest,
    SetCommandPriorityResponse,
    summary="Give a command another priority in the job queue",
    tags=("Commands",),
    body="*",
)


class LaunchCommandRequest(Message):
    config: Json | None = None
    template_name: str = ""
    files: list[File] = field(default_factory=list)
    data: bytes = b""
    workspace_id: Int32 = 0


class LaunchCommandResponse(Message):
    command: Command | None = None
    config: Json | None = None
    warnings: list[LaunchWarning] = field(default_factory=list)


launch_command = Endpoint(
    "LaunchCommand",
    "POST",
    "/api/v1/commands",
    LaunchCommandRequest,
    LaunchCommandResponse,
    summary="Start a command on the cluster, with files if wanted",
    tags=("Commands",),
    body="*",
)
