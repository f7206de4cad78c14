"""Notebooks: one interactive kind of task."""

from msgspec import field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Json, Message
from undeterred.wire.common import File, LaunchWarning, OrderBy, Pagination
from undeterred.wire.containers import Container
from undeterred.wire.tasks import TaskState


class Notebook(Message):
    """A JupyterLab server on the cluster."""

    id: str = ""
    description: str = ""
    state: TaskState = TaskState.STATE_UNSPECIFIED
    start_time: Instant | None = None
    container: Container | None = None
    display_name: str = ""
    user_id: Int32 = 0
    username: str = ""
    service_address: str = ""
    resource_pool: str = ""
    exit_status: str = ""
    job_id: str = ""
    workspace_id: Int32 = 0


class GetNotebooksRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED", 0
    SORT_BY_ID = "SORT_BY_ID", 1
    SORT_BY_DESCRIPTION = "SORT_BY_DESCRIPTION", 2
    SORT_BY_START_TIME = "SORT_BY_START_TIME", 4
    SORT_BY_WORKSPACE_ID = "SORT_BY_WORKSPACE_ID", 5


class GetNotebooksRequest(Message):
    sort_by: GetNotebooksRequestSortBy = GetNotebooksRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    users: list[str] = field(default_factory=list)
    user_ids: list[Int32] = field(default_factory=list)
    workspace_id: Int32 = 0


class GetNotebooksResponse(Message):
    notebooks: list[Notebook] = field(default_factory=list)
    pagination: Pagination | None = None


get_notebooks = Endpoint(
    "GetNotebooks",
    "GET",
    "/api/v1/notebooks",
    GetNotebooksRequest,
    GetNotebooksResponse,
    summary="List the notebooks that wait, run or have ended",
    tags=("Notebooks",),
    query=True,
)


class GetNotebookRequest(Message):
    notebook_id: str = ""


class GetNotebookResponse(Message):
    notebook: Notebook | None = None
    config: Json | None = None


get_notebook = Endpoint(
    "GetNotebook",
    "GET",
    "/api/v1/notebooks/{notebookId}",
    GetNotebookRequest,
    GetNotebookResponse,
    summary="Show one notebook and the configuration it was started with",
    tags=("Notebooks",),
)


class IdleNotebookRequest(Message):
    notebook_id: str = ""
    idle: bool = False


class IdleNotebookResponse(Message):
    pass


idle_notebook = Endpoint(
    "IdleNotebook",
    "PUT",
    "/api/v1/notebooks/{notebookId}/report_idle",
    IdleNotebookRequest,
    IdleNotebookResponse,
    summary="Report whether a notebook is idle, so that it may be ended",
    tags=("Internal",),
    body="*",
)


class KillNotebookRequest(Message):
    notebook_id: str = ""


class KillNotebookResponse(Message):
    notebook: Notebook | None = None


kill_notebook = Endpoint(
    "KillNotebook",
    "POST",
    "/api/v1/notebooks/{notebookId}/kill",
    KillNotebookRequest,
    KillNotebookResponse,
    summary="Stop a notebook at once",
    tags=("Notebooks",),
)


class SetNotebookPriorityRequest(Message):
    notebook_id: str = ""
    priority: Int32 = 0


class SetNotebookPriorityResponse(Message):
    notebook: Notebook | None = None


set_notebook_priority = Endpoint(
    "SetNotebookPriority",
    "POST",
    "/api/v1/notebooks/{notebookId}/set_priority",
    SetNotebookPriorityRequest,
    SetNotebookPriorityResponse,
    summary="Give a notebook another priority in the job queue",
    tags=("Notebooks",),
    body="*",
)


class LaunchNotebookRequest(Message):
    config: Json | None = None
    template_name: str = ""
    files: list[File] = field(default_factory=list)
    preview: bool = False
    workspace_id: Int32 = 0


class LaunchNotebookResponse(Message):
    notebook: Notebook | None = None
    config: Json | None = None
    warnings: list[LaunchWarning] = field(default_factory=list)


launch_notebook = Endpoint(
    "LaunchNotebook",
    "POST",
    "/api/v1/notebooks",
    LaunchNotebookRequest,
    LaunchNotebookResponse,
    summary="Start a JupyterLab notebook on the cluster, or preview its config",
    tags=("Notebooks",),
    body="*",
)
