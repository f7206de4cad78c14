"""Shells: one interactive kind of task."""

from msgspec import field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Json, Message
from undeterred.wire.common import File, LaunchWarning, OrderBy, Pagination
from undeterred.wire.containers import Container
from undeterred.wire.tasks import TaskState


class Shell(Message):
    """A task on the cluster that is reached by SSH."""

    id: str = ""
    description: str = ""
    state: TaskState = TaskState.STATE_UNSPECIFIED
    start_time: Instant | None = None
    container: Container | None = None
    private_key: str = ""
    public_key: str = ""
    display_name: str = ""
    user_id: Int32 = 0
    username: str = ""
    resource_pool: str = ""
    exit_status: str = ""
    addresses: list[Json] = field(default_factory=list)
    agent_user_group: Json | None = None
    job_id: str = ""
    workspace_id: Int32 = 0


class GetShellsRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED", 0
    SORT_BY_ID = "SORT_BY_ID", 1
    SORT_BY_DESCRIPTION = "SORT_BY_DESCRIPTION", 2
    SORT_BY_START_TIME = "SORT_BY_START_TIME", 4
    SORT_BY_WORKSPACE_ID = "SORT_BY_WORKSPACE_ID", 5


class GetShellsRequest(Message):
    sort_by: GetShellsRequestSortBy = GetShellsRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    users: list[str] = field(default_factory=list)
    user_ids: list[Int32] = field(default_factory=list)
    workspace_id: Int32 = 0


class GetShellsResponse(Message):
    shells: list[Shell] = field(default_factory=list)
    pagination: Pagination | None = None


get_shells = Endpoint(
    "GetShells",
    "GET",
    "/api/v1/shells",
    GetShellsRequest,
    GetShellsResponse,
    summary="List the shells that wait, run or have ended",
    tags=("Shells",),
    query=True,
)


class GetShellRequest(Message):
    shell_id: str = ""


class GetShellResponse(Message):
    shell: Shell | None = None
    config: Json | None = None


get_shell = Endpoint(
    "GetShell",
    "GET",
    "/api/v1/shells/{shellId}",
    GetShellRequest,
    GetShellResponse,
    summary="Show one shell: its keys, address and configuration",
    tags=("Shells",),
)


class KillShellRequest(Message):
    shell_id: str = ""


class KillShellResponse(Message):
    shell: Shell | None = None


kill_shell = Endpoint(
    "KillShell",
    "POST",
    "/api/v1/shells/{shellId}/kill",
    KillShellRequest,
    KillShellResponse,
    summary="Stop a shell at once",
    tags=("Shells",),
)


class SetShellPriorityRequest(Message):
    shell_id: str = ""
    priority: Int32 = 0


class SetShellPriorityResponse(Message):
    shell: Shell | None = None


set_shell_priority = Endpoint(
    "SetShellPriority",
    "POST",
    "/api/v1/shells/{shellId}/set_priority",
    SetShellPriorityRequest,
    SetShellPriorityResponse,
    summary="Give a shell another priority in the job queue",
    tags=("Shells",),
    body="*",
)


class LaunchShellRequest(Message):
    config: Json | None = None
    template_name: str = ""
    files: list[File] = field(default_factory=list)
    data: bytes = b""
    workspace_id: Int32 = 0


class LaunchShellResponse(Message):
    shell: Shell | None = None
    config: Json | None = None
    warnings: list[LaunchWarning] = field(default_factory=list)


launch_shell = Endpoint(
    "LaunchShell",
    "POST",
    "/api/v1/shells",
    LaunchShellRequest,
    LaunchShellResponse,
    summary="Start a shell on the cluster, to be reached by SSH",
    tags=("Shells",),
    body="*",
)
