"""Workspaces: create, read, change, archive, pin, delete."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Json, Message
from undeterred.wire.common import OrderBy, Pagination
from undeterred.wire.users import AgentUserGroup


class WorkspaceNamespaceMeta(Message):
    namespace: str | UnsetType = UNSET
    auto_create_namespace: bool = False
    auto_create_namespace_all_clusters: bool = False
    cluster_name: str = ""
    resource_quota: Int32 | UnsetType = UNSET


class PatchWorkspace(Message):
    """What is to change of a workspace; what is left out stays."""

    name: str | None = None
    agent_user_group: AgentUserGroup | UnsetType = UNSET
    checkpoint_storage_config: Json | UnsetType = UNSET
    default_compute_pool: str = ""
    default_compute_resource_pool: str | UnsetType = UNSET
    default_aux_pool: str = ""
    default_aux_resource_pool: str | UnsetType = UNSET
    cluster_namespace_meta: dict[str, WorkspaceNamespaceMeta] = field(default_factory=dict)


class WorkspaceState(Enum):
    WORKSPACE_STATE_UNSPECIFIED = "WORKSPACE_STATE_UNSPECIFIED"
    WORKSPACE_STATE_DELETING = "WORKSPACE_STATE_DELETING"
    WORKSPACE_STATE_DELETE_FAILED = "WORKSPACE_STATE_DELETE_FAILED"
    WORKSPACE_STATE_DELETED = "WORKSPACE_STATE_DELETED"


class Workspace(Message):
    """The outermost place: projects, models and settings of a team."""

    id: Int32 = 0
    name: str = ""
    archived: bool = False
    username: str = ""
    immutable: bool = False
    num_projects: Int32 = 0
    pinned: bool = False
    user_id: Int32 = 0
    num_experiments: Int32 = 0
    state: WorkspaceState = WorkspaceState.WORKSPACE_STATE_UNSPECIFIED
    error_message: str = ""
    agent_user_group: AgentUserGroup | UnsetType = UNSET
    checkpoint_storage_config: Json | UnsetType = UNSET
    pinned_at: Instant | UnsetType = UNSET
    default_compute_pool: str = ""
    default_aux_pool: str = ""
    auto_created_namespace: str | UnsetType = UNSET


class WorkspaceNamespaceBinding(Message):
    """The Kubernetes namespace that a workspace uses in one cluster."""

    workspace_id: Int32 = 0
    namespace: str = ""
    cluster_name: str = ""
    auto_create_namespace: bool = False


class GetWorkspaceRequest(Message):
    id: Int32 = 0


class GetWorkspaceResponse(Message):
    workspace: Workspace | None = None


get_workspace = Endpoint(
    "GetWorkspace",
    "GET",
    "/api/v1/workspaces/{id}",
    GetWorkspaceRequest,
    GetWorkspaceResponse,
    summary="Show one workspace with its settings and counts",
    tags=("Workspaces",),
)


class GetWorkspacesRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED"
    SORT_BY_ID = "SORT_BY_ID"
    SORT_BY_NAME = "SORT_BY_NAME"


class GetWorkspacesRequest(Message):
    sort_by: GetWorkspacesRequestSortBy = GetWorkspacesRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    name: str = ""
    archived: bool | None = None
    users: list[str] = field(default_factory=list)
    user_ids: list[Int32] = field(default_factory=list)
    pinned: bool | None = None
    name_case_sensitive: str = ""


class GetWorkspacesResponse(Message):
    workspaces: list[Workspace] = field(default_factory=list)
    pagination: Pagination | None = None


get_workspaces = Endpoint(
    "GetWorkspaces",
    "GET",
    "/api/v1/workspaces",
    GetWorkspacesRequest,
    GetWorkspacesResponse,
    summary="List workspaces, filtered and sorted",
    tags=("Workspaces",),
    query=True,
)


class PostWorkspaceRequest(Message):
    name: str = ""
    agent_user_group: AgentUserGroup | UnsetType = UNSET
    checkpoint_storage_config: Json | UnsetType = UNSET
    default_compute_pool: str = ""
    default_aux_pool: str = ""
    cluster_namespace_meta: dict[str, WorkspaceNamespaceMeta] = field(default_factory=dict)
    cluster_quota_pairs: dict[str, Int32] = field(default_factory=dict)


class PostWorkspaceResponse(Message):
    workspace: Workspace | None = None
    namespace_bindings: dict[str, WorkspaceNamespaceBinding] = field(default_factory=dict)


post_workspace = Endpoint(
    "PostWorkspace",
    "POST",
    "/api/v1/workspaces",
    PostWorkspaceRequest,
    PostWorkspaceResponse,
    summary="Make a workspace; it is pinned for you",
    tags=("Workspaces",),
    body="*",
)


class PatchWorkspaceRequest(Message):
    id: Int32 = 0
    workspace: PatchWorkspace | None = None


class PatchWorkspaceResponse(Message):
    workspace: Workspace | None = None
    namespace_bindings: dict[str, WorkspaceNamespaceBinding] = field(default_factory=dict)


patch_workspace = Endpoint(
    "PatchWorkspace",
    "PATCH",
    "/api/v1/workspaces/{id}",
    PatchWorkspaceRequest,
    PatchWorkspaceResponse,
    summary="Change a workspace's name, default pools, storage or agent user",
    tags=("Workspaces",),
    body="workspace",
)


class DeleteWorkspaceRequest(Message):
    id: Int32 = 0


class DeleteWorkspaceResponse(Message):
    completed: bool = False


delete_workspace = Endpoint(
    "DeleteWorkspace",
    "DELETE",
    "/api/v1/workspaces/{id}",
    DeleteWorkspaceRequest,
    DeleteWorkspaceResponse,
    summary="Delete a workspace with its projects and what runs in them",
    tags=("Workspaces",),
)


class ArchiveWorkspaceRequest(Message):
    id: Int32 = 0


class ArchiveWorkspaceResponse(Message):
    pass


archive_workspace = Endpoint(
    "ArchiveWorkspace",
    "POST",
    "/api/v1/workspaces/{id}/archive",
    ArchiveWorkspaceRequest,
    ArchiveWorkspaceResponse,
    summary="Put a workspace into the archive: no changes, nothing new in it",
    tags=("Workspaces",),
)


class UnarchiveWorkspaceRequest(Message):
    id: Int32 = 0


class UnarchiveWorkspaceResponse(Message):
    pass


unarchive_workspace = Endpoint(
    "UnarchiveWorkspace",
    "POST",
    "/api/v1/workspaces/{id}/unarchive",
    UnarchiveWorkspaceRequest,
    UnarchiveWorkspaceResponse,
    summary="Take a workspace out of the archive",
    tags=("Workspaces",),
)


class PinWorkspaceRequest(Message):
    id: Int32 = 0


class PinWorkspaceResponse(Message):
    pass


pin_workspace = Endpoint(
    "PinWorkspace",
    "POST",
    "/api/v1/workspaces/{id}/pin",
    PinWorkspaceRequest,
    PinWorkspaceResponse,
    summary="Pin a workspace, so that you see it first",
    tags=("Workspaces",),
)


class UnpinWorkspaceRequest(Message):
    id: Int32 = 0


class UnpinWorkspaceResponse(Message):
    pass


unpin_workspace = Endpoint(
    "UnpinWorkspace",
    "POST",
    "/api/v1/workspaces/{id}/unpin",
    UnpinWorkspaceRequest,
    UnpinWorkspaceResponse,
    summary="Unpin a workspace that you had pinned",
    tags=("Workspaces",),
)
