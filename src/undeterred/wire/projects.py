"""Projects, their notes, and what moves between them."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Message
from undeterred.wire.common import OrderBy, Pagination
from undeterred.wire.workspaces import WorkspaceState


class Note(Message):
    """A page of a project's notes."""

    name: str = ""
    contents: str = ""


class PatchProject(Message):
    """What is to change of a project; what is left out stays."""

    name: str | None = None
    description: str | None = None
    key: str | None = None


class Project(Message):
    """A place for experiments in a workspace."""

    id: Int32 = 0
    name: str = ""
    workspace_id: Int32 = 0
    description: str = ""
    last_experiment_started_at: Instant | None = None
    notes: list[Note] = field(default_factory=list)
    num_experiments: Int32 = 0
    num_active_experiments: Int32 = 0
    archived: bool = False
    username: str = ""
    immutable: bool = False
    user_id: Int32 = 0
    workspace_name: str = ""
    state: WorkspaceState = WorkspaceState.WORKSPACE_STATE_UNSPECIFIED
    error_message: str = ""
    key: str = ""
    num_runs: Int32 = 0


class GetWorkspaceProjectsRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED"
    SORT_BY_CREATION_TIME = "SORT_BY_CREATION_TIME"
    SORT_BY_LAST_EXPERIMENT_START_TIME = "SORT_BY_LAST_EXPERIMENT_START_TIME"
    SORT_BY_NAME = "SORT_BY_NAME"
    SORT_BY_DESCRIPTION = "SORT_BY_DESCRIPTION"
    SORT_BY_ID = "SORT_BY_ID"


class GetWorkspaceProjectsRequest(Message):
    sort_by: GetWorkspaceProjectsRequestSortBy = GetWorkspaceProjectsRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    id: Int32 = 0
    name: str = ""
    archived: bool | None = None
    users: list[str] = field(default_factory=list)
    user_ids: list[Int32] = field(default_factory=list)


class GetWorkspaceProjectsResponse(Message):
    projects: list[Project] = field(default_factory=list)
    pagination: Pagination | None = None


get_workspace_projects = Endpoint(
    "GetWorkspaceProjects",
    "GET",
    "/api/v1/workspaces/{id}/projects",
    GetWorkspaceProjectsRequest,
    GetWorkspaceProjectsResponse,
    summary="List the projects of a workspace, or of all (id 0)",
    tags=("Workspaces",),
    query=True,
)


class GetProjectRequest(Message):
    id: Int32 = 0


class GetProjectResponse(Message):
    project: Project | None = None


get_project = Endpoint(
    "GetProject",
    "GET",
    "/api/v1/projects/{id}",
    GetProjectRequest,
    GetProjectResponse,
    summary="Show one project with its notes and counts",
    tags=("Projects",),
)


class GetProjectByKeyRequest(Message):
    key: str = ""


class GetProjectByKeyResponse(Message):
    project: Project | None = None


get_project_by_key = Endpoint(
    "GetProjectByKey",
    "GET",
    "/api/v1/projects/key/{key}",
    GetProjectByKeyRequest,
    GetProjectByKeyResponse,
    summary="Show one project by its short key",
    tags=("Projects",),
)


class PostProjectRequest(Message):
    name: str = ""
    description: str = ""
    workspace_id: Int32 = 0
    key: str | UnsetType = UNSET


class PostProjectResponse(Message):
    project: Project | None = None


post_project = Endpoint(
    "PostProject",
    "POST",
    "/api/v1/workspaces/{workspaceId}/projects",
    PostProjectRequest,
    PostProjectResponse,
    summary="Make a project in a workspace",
    tags=("Projects",),
    body="*",
)


class AddProjectNoteRequest(Message):
    note: Note | None = None
    project_id: Int32 = 0


class AddProjectNoteResponse(Message):
    notes: list[Note] = field(default_factory=list)


add_project_note = Endpoint(
    "AddProjectNote",
    "POST",
    "/api/v1/projects/{projectId}/notes",
    AddProjectNoteRequest,
    AddProjectNoteResponse,
    summary="Add a page of notes to a project",
    tags=("Projects",),
    body="note",
)


class PutProjectNotesRequest(Message):
    notes: list[Note] = field(default_factory=list)
    project_id: Int32 = 0


class PutProjectNotesResponse(Message):
    notes: list[Note] = field(default_factory=list)


put_project_notes = Endpoint(
    "PutProjectNotes",
    "PUT",
    "/api/v1/projects/{projectId}/notes",
    PutProjectNotesRequest,
    PutProjectNotesResponse,
    summary="Replace all pages of a project's notes",
    tags=("Projects",),
    body="*",
)


class PatchProjectRequest(Message):
    id: Int32 = 0
    project: PatchProject | None = None


class PatchProjectResponse(Message):
    project: Project | None = None


patch_project = Endpoint(
    "PatchProject",
    "PATCH",
    "/api/v1/projects/{id}",
    PatchProjectRequest,
    PatchProjectResponse,
    summary="Change a project's name, description or key",
    tags=("Projects",),
    body="project",
)


class DeleteProjectRequest(Message):
    id: Int32 = 0


class DeleteProjectResponse(Message):
    completed: bool = False


delete_project = Endpoint(
    "DeleteProject",
    "DELETE",
    "/api/v1/projects/{id}",
    DeleteProjectRequest,
    DeleteProjectResponse,
    summary="Delete a project with all experiments in it, running ones too",
    tags=("Projects",),
)


class ArchiveProjectRequest(Message):
    id: Int32 = 0


class ArchiveProjectResponse(Message):
    pass


archive_project = Endpoint(
    "ArchiveProject",
    "POST",
    "/api/v1/projects/{id}/archive",
    ArchiveProjectRequest,
    ArchiveProjectResponse,
    summary="Put a project into the archive: no changes, no new experiments",
    tags=("Projects",),
)


class UnarchiveProjectRequest(Message):
    id: Int32 = 0


class UnarchiveProjectResponse(Message):
    pass


unarchive_project = Endpoint(
    "UnarchiveProject",
    "POST",
    "/api/v1/projects/{id}/unarchive",
    UnarchiveProjectRequest,
    UnarchiveProjectResponse,
    summary="Take a project out of the archive",
    tags=("Projects",),
)


class MoveProjectRequest(Message):
    project_id: Int32 = 0
    destination_workspace_id: Int32 = 0


class MoveProjectResponse(Message):
    pass


move_project = Endpoint(
    "MoveProject",
    "POST",
    "/api/v1/projects/{projectId}/move",
    MoveProjectRequest,
    MoveProjectResponse,
    summary="Move a project to another workspace",
    tags=("Projects",),
    body="*",
)
