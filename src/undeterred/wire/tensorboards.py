"""Tensorboards: one interactive kind of task."""

from msgspec import field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Json, Message
from undeterred.wire.common import File, LaunchWarning, OrderBy, Pagination
from undeterred.wire.containers import Container
from undeterred.wire.experiment_actions import BulkExperimentFilters
from undeterred.wire.tasks import TaskState


class Tensorboard(Message):
    """A TensorBoard server on the cluster."""

    id: str = ""
    description: str = ""
    state: TaskState = TaskState.STATE_UNSPECIFIED
    start_time: Instant | None = None
    container: Container | None = None
    experiment_ids: list[Int32] = field(default_factory=list)
    trial_ids: list[Int32] = field(default_factory=list)
    display_name: str = ""
    user_id: Int32 = 0
    username: str = ""
    service_address: str = ""
    resource_pool: str = ""
    exit_status: str = ""
    job_id: str = ""
    workspace_id: Int32 = 0


class GetTensorboardsRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED", 0
    SORT_BY_ID = "SORT_BY_ID", 1
    SORT_BY_DESCRIPTION = "SORT_BY_DESCRIPTION", 2
    SORT_BY_START_TIME = "SORT_BY_START_TIME", 4
    SORT_BY_WORKSPACE_ID = "SORT_BY_WORKSPACE_ID", 5


class GetTensorboardsRequest(Message):
    sort_by: GetTensorboardsRequestSortBy = GetTensorboardsRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    users: list[str] = field(default_factory=list)
    user_ids: list[Int32] = field(default_factory=list)
    workspace_id: Int32 = 0


class GetTensorboardsResponse(Message):
    tensorboards: list[Tensorboard] = field(default_factory=list)
    pagination: Pagination | None = None


get_tensorboards = Endpoint(
    "GetTensorboards",
    "GET",
    "/api/v1/tensorboards",
    GetTensorboardsRequest,
    GetTensorboardsResponse,
    summary="List the TensorBoards that wait, run or have ended",
    tags=("Tensorboards",),
    query=True,
)


class GetTensorboardRequest(Message):
    tensorboard_id: str = ""


class GetTensorboardResponse(Message):
    tensorboard: Tensorboard | None = None
    config: Json | None = None


get_tensorboard = Endpoint(
    "GetTensorboard",
    "GET",
    "/api/v1/tensorboards/{tensorboardId}",
    GetTensorboardRequest,
    GetTensorboardResponse,
    summary="Show one TensorBoard and what it displays",
    tags=("Tensorboards",),
)


class KillTensorboardRequest(Message):
    tensorboard_id: str = ""


class KillTensorboardResponse(Message):
    tensorboard: Tensorboard | None = None


kill_tensorboard = Endpoint(
    "KillTensorboard",
    "POST",
    "/api/v1/tensorboards/{tensorboardId}/kill",
    KillTensorboardRequest,
    KillTensorboardResponse,
    summary="Stop a TensorBoard at once",
    tags=("Tensorboards",),
)


class SetTensorboardPriorityRequest(Message):
    tensorboard_id: str = ""
    priority: Int32 = 0


class SetTensorboardPriorityResponse(Message):
    tensorboard: Tensorboard | None = None


set_tensorboard_priority = Endpoint(
    "SetTensorboardPriority",
    "POST",
    "/api/v1/tensorboards/{tensorboardId}/set_priority",
    SetTensorboardPriorityRequest,
    SetTensorboardPriorityResponse,
    summary="Give a TensorBoard another priority in the job queue",
    tags=("Tensorboards",),
    body="*",
)


class LaunchTensorboardRequest(Message):
    experiment_ids: list[Int32] = field(default_factory=list)
    trial_ids: list[Int32] = field(default_factory=list)
    config: Json | None = None
    template_name: str = ""
    files: list[File] = field(default_factory=list)
    workspace_id: Int32 = 0
    filters: BulkExperimentFilters | None = None


class LaunchTensorboardResponse(Message):
    tensorboard: Tensorboard | None = None
    config: Json | None = None
    warnings: list[LaunchWarning] = field(default_factory=list)


launch_tensorboard = Endpoint(
    "LaunchTensorboard",
    "POST",
    "/api/v1/tensorboards",
    LaunchTensorboardRequest,
    LaunchTensorboardResponse,
    summary="Start a TensorBoard over experiments or trials",
    tags=("Tensorboards",),
    body="*",
)
