"""Roles, permissions and who has which, where."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Endpoint, Enum, Int32, Message
from undeterred.wire.common import Pagination
from undeterred.wire.groups import GroupDetails
from undeterred.wire.users import User


class PermissionType(Enum):
    PERMISSION_TYPE_UNSPECIFIED = "PERMISSION_TYPE_UNSPECIFIED", 0
    PERMISSION_TYPE_ADMINISTRATE_USER = "PERMISSION_TYPE_ADMINISTRATE_USER", 91001
    PERMISSION_TYPE_ADMINISTRATE_OAUTH = "PERMISSION_TYPE_ADMINISTRATE_OAUTH", 91002
    PERMISSION_TYPE_CREATE_EXPERIMENT = "PERMISSION_TYPE_CREATE_EXPERIMENT", 2001
    PERMISSION_TYPE_VIEW_EXPERIMENT_ARTIFACTS = "PERMISSION_TYPE_VIEW_EXPERIMENT_ARTIFACTS", 2002
    PERMISSION_TYPE_VIEW_EXPERIMENT_METADATA = "PERMISSION_TYPE_VIEW_EXPERIMENT_METADATA", 2003
    PERMISSION_TYPE_UPDATE_EXPERIMENT = "PERMISSION_TYPE_UPDATE_EXPERIMENT", 2004
    PERMISSION_TYPE_UPDATE_EXPERIMENT_METADATA = "PERMISSION_TYPE_UPDATE_EXPERIMENT_METADATA", 2005
    PERMISSION_TYPE_DELETE_EXPERIMENT = "PERMISSION_TYPE_DELETE_EXPERIMENT", 2006
    PERMISSION_TYPE_CREATE_NSC = "PERMISSION_TYPE_CREATE_NSC", 3001
    PERMISSION_TYPE_VIEW_NSC = "PERMISSION_TYPE_VIEW_NSC", 3002
    PERMISSION_TYPE_UPDATE_NSC = "PERMISSION_TYPE_UPDATE_NSC", 3003
    PERMISSION_TYPE_UPDATE_GROUP = "PERMISSION_TYPE_UPDATE_GROUP", 93001
    PERMISSION_TYPE_CREATE_WORKSPACE = "PERMISSION_TYPE_CREATE_WORKSPACE", 94001
    PERMISSION_TYPE_VIEW_WORKSPACE = "PERMISSION_TYPE_VIEW_WORKSPACE", 4002
    PERMISSION_TYPE_UPDATE_WORKSPACE = "PERMISSION_TYPE_UPDATE_WORKSPACE", 4003
    PERMISSION_TYPE_DELETE_WORKSPACE = "PERMISSION_TYPE_DELETE_WORKSPACE", 4004
    PERMISSION_TYPE_SET_WORKSPACE_AGENT_USER_GROUP = "PERMISSION_TYPE_SET_WORKSPACE_AGENT_USER_GROUP", 4005
    PERMISSION_TYPE_SET_WORKSPACE_CHECKPOINT_STORAGE_CONFIG = "PERMISSION_TYPE_SET_WORKSPACE_CHECKPOINT_STORAGE_CONFIG", 4006
    PERMISSION_TYPE_SET_WORKSPACE_DEFAULT_RESOURCE_POOL = "PERMISSION_TYPE_SET_WORKSPACE_DEFAULT_RESOURCE_POOL", 4007
    PERMISSION_TYPE_CREATE_PROJECT = "PERMISSION_TYPE_CREATE_PROJECT", 5001
    PERMISSION_TYPE_VIEW_PROJECT = "PERMISSION_TYPE_VIEW_PROJECT", 5002
    PERMISSION_TYPE_UPDATE_PROJECT = "PERMISSION_TYPE_UPDATE_PROJECT", 5003
    PERMISSION_TYPE_DELETE_PROJECT = "PERMISSION_TYPE_DELETE_PROJECT", 5004
    PERMISSION_TYPE_ASSIGN_ROLES = "PERMISSION_TYPE_ASSIGN_ROLES", 6002
    PERMISSION_TYPE_VIEW_MODEL_REGISTRY = "PERMISSION_TYPE_VIEW_MODEL_REGISTRY", 7001
    PERMISSION_TYPE_EDIT_MODEL_REGISTRY = "PERMISSION_TYPE_EDIT_MODEL_REGISTRY", 7002
    PERMISSION_TYPE_CREATE_MODEL_REGISTRY = "PERMISSION_TYPE_CREATE_MODEL_REGISTRY", 7003
    PERMISSION_TYPE_DELETE_MODEL_REGISTRY = "PERMISSION_TYPE_DELETE_MODEL_REGISTRY", 7004
    PERMISSION_TYPE_DELETE_MODEL_VERSION = "PERMISSION_TYPE_DELETE_MODEL_VERSION", 7005
    PERMISSION_TYPE_DELETE_OTHER_USER_MODEL_REGISTRY = "PERMISSION_TYPE_DELETE_OTHER_USER_MODEL_REGISTRY", 7006
    PERMISSION_TYPE_DELETE_OTHER_USER_MODEL_VERSION = "PERMISSION_TYPE_DELETE_OTHER_USER_MODEL_VERSION", 7007
    PERMISSION_TYPE_VIEW_MASTER_LOGS = "PERMISSION_TYPE_VIEW_MASTER_LOGS", 8001
    PERMISSION_TYPE_VIEW_CLUSTER_USAGE = "PERMISSION_TYPE_VIEW_CLUSTER_USAGE", 8002
    PERMISSION_TYPE_UPDATE_AGENTS = "PERMISSION_TYPE_UPDATE_AGENTS", 8003
    PERMISSION_TYPE_VIEW_SENSITIVE_AGENT_INFO = "PERMISSION_TYPE_VIEW_SENSITIVE_AGENT_INFO", 8004
    PERMISSION_TYPE_VIEW_MASTER_CONFIG = "PERMISSION_TYPE_VIEW_MASTER_CONFIG", 8005
    PERMISSION_TYPE_UPDATE_MASTER_CONFIG = "PERMISSION_TYPE_UPDATE_MASTER_CONFIG", 8006
    PERMISSION_TYPE_VIEW_EXTERNAL_JOBS = "PERMISSION_TYPE_VIEW_EXTERNAL_JOBS", 8007
    PERMISSION_TYPE_CONTROL_STRICT_JOB_QUEUE = "PERMISSION_TYPE_CONTROL_STRICT_JOB_QUEUE", 8101
    PERMISSION_TYPE_VIEW_TEMPLATES = "PERMISSION_TYPE_VIEW_TEMPLATES", 9001
    PERMISSION_TYPE_UPDATE_TEMPLATES = "PERMISSION_TYPE_UPDATE_TEMPLATES", 9002
    PERMISSION_TYPE_CREATE_TEMPLATES = "PERMISSION_TYPE_CREATE_TEMPLATES", 9003
    PERMISSION_TYPE_DELETE_TEMPLATES = "PERMISSION_TYPE_DELETE_TEMPLATES", 9004
    PERMISSION_TYPE_UPDATE_ROLES = "PERMISSION_TYPE_UPDATE_ROLES", 96001
    PERMISSION_TYPE_EDIT_WEBHOOKS = "PERMISSION_TYPE_EDIT_WEBHOOKS", 97001
    PERMISSION_TYPE_VIEW_WEBHOOKS = "PERMISSION_TYPE_VIEW_WEBHOOKS", 97002
    PERMISSION_TYPE_MODIFY_RP_WORKSPACE_BINDINGS = "PERMISSION_TYPE_MODIFY_RP_WORKSPACE_BINDINGS", 10001
    PERMISSION_TYPE_SET_WORKSPACE_NAMESPACE_BINDINGS = "PERMISSION_TYPE_SET_WORKSPACE_NAMESPACE_BINDINGS", 11001
    PERMISSION_TYPE_SET_RESOURCE_QUOTAS = "PERMISSION_TYPE_SET_RESOURCE_QUOTAS", 11002
    PERMISSION_TYPE_VIEW_RESOURCE_QUOTAS = "PERMISSION_TYPE_VIEW_RESOURCE_QUOTAS", 11003
    PERMISSION_TYPE_MODIFY_GLOBAL_CONFIG_POLICIES = "PERMISSION_TYPE_MODIFY_GLOBAL_CONFIG_POLICIES", 11004
    PERMISSION_TYPE_MODIFY_WORKSPACE_CONFIG_POLICIES = "PERMISSION_TYPE_MODIFY_WORKSPACE_CONFIG_POLICIES", 11005
    PERMISSION_TYPE_VIEW_GLOBAL_CONFIG_POLICIES = "PERMISSION_TYPE_VIEW_GLOBAL_CONFIG_POLICIES", 11006
    PERMISSION_TYPE_VIEW_WORKSPACE_CONFIG_POLICIES = "PERMISSION_TYPE_VIEW_WORKSPACE_CONFIG_POLICIES", 11007
    PERMISSION_TYPE_ADMINISTRATE_TOKEN = "PERMISSION_TYPE_ADMINISTRATE_TOKEN", 12001
    PERMISSION_TYPE_UPDATE_TOKEN = "PERMISSION_TYPE_UPDATE_TOKEN", 12002
    PERMISSION_TYPE_CREATE_TOKEN = "PERMISSION_TYPE_CREATE_TOKEN", 12003
    PERMISSION_TYPE_CREATE_OTHER_TOKEN = "PERMISSION_TYPE_CREATE_OTHER_TOKEN", 12004
    PERMISSION_TYPE_VIEW_OTHER_TOKEN = "PERMISSION_TYPE_VIEW_OTHER_TOKEN", 12005
    PERMISSION_TYPE_VIEW_TOKEN = "PERMISSION_TYPE_VIEW_TOKEN", 12006


class ScopeTypeMask(Message):
    cluster: bool = False
    workspace: bool = False


class Permission(Message):
    """A right that a role gives."""

    id: PermissionType = PermissionType.PERMISSION_TYPE_UNSPECIFIED
    name: str = ""
    scope_type_mask: ScopeTypeMask | None = None


class Role(Message):
    """A named set of rights."""

    role_id: Int32 = 0
    name: str = ""
    permissions: list[Permission] = field(default_factory=list)
    scope_type_mask: ScopeTypeMask | None = None


class RoleAssignment(Message):
    role: Role | None = None
    scope_workspace_id: Int32 | UnsetType = UNSET
    scope_cluster: bool = False


class GroupRoleAssignment(Message):
    group_id: Int32 = 0
    role_assignment: RoleAssignment | None = None


class RoleAssignmentSummary(Message):
    role_id: Int32 = 0
    scope_workspace_ids: list[Int32] = field(default_factory=list)
    scope_cluster: bool = False


class UserRoleAssignment(Message):
    user_id: Int32 = 0
    role_assignment: RoleAssignment | None = None


class RoleWithAssignments(Message):
    role: Role | None = None
    group_role_assignments: list[GroupRoleAssignment] = field(default_factory=list)
    user_role_assignments: list[UserRoleAssignment] = field(default_factory=list)


class GetPermissionsSummaryRequest(Message):
    pass


class GetPermissionsSummaryResponse(Message):
    roles: list[Role] = field(default_factory=list)
    assignments: list[RoleAssignmentSummary] = field(default_factory=list)


get_permissions_summary = Endpoint(
    "GetPermissionsSummary",
    "GET",
    "/api/v1/permissions/summary",
    GetPermissionsSummaryRequest,
    GetPermissionsSummaryResponse,
    summary="Show your roles, and what they let you do where",
    tags=("RBAC",),
)


class GetGroupsAndUsersAssignedToWorkspaceRequest(Message):
    workspace_id: Int32 = 0
    name: str = ""


class GetGroupsAndUsersAssignedToWorkspaceResponse(Message):
    groups: list[GroupDetails] = field(default_factory=list)
    users_assigned_directly: list[User] = field(default_factory=list)
    assignments: list[RoleWithAssignments] = field(default_factory=list)


get_groups_and_users_assigned_to_workspace = Endpoint(
    "GetGroupsAndUsersAssignedToWorkspace",
    "GET",
    "/api/v1/roles/workspace/{workspaceId}",
    GetGroupsAndUsersAssignedToWorkspaceRequest,
    GetGroupsAndUsersAssignedToWorkspaceResponse,
    summary="List who has which role in a workspace",
    tags=("RBAC",),
    query=True,
)


class GetRolesByIDRequest(Message):
    role_ids: list[Int32] = field(default_factory=list)


class GetRolesByIDResponse(Message):
    roles: list[RoleWithAssignments] = field(default_factory=list)


get_roles_by_id = Endpoint(
    "GetRolesByID",
    "POST",
    "/api/v1/roles/search/by-ids",
    GetRolesByIDRequest,
    GetRolesByIDResponse,
    summary="Show roles by their ids, with those who have them",
    tags=("RBAC",),
    body="*",
)


class GetRolesAssignedToUserRequest(Message):
    user_id: Int32 = 0


class GetRolesAssignedToUserResponse(Message):
    roles: list[RoleWithAssignments] = field(default_factory=list)


get_roles_assigned_to_user = Endpoint(
    "GetRolesAssignedToUser",
    "GET",
    "/api/v1/roles/search/by-user/{userId}",
    GetRolesAssignedToUserRequest,
    GetRolesAssignedToUserResponse,
    summary="List the roles of a user, through groups too",
    tags=("RBAC",),
)


class GetRolesAssignedToGroupRequest(Message):
    group_id: Int32 = 0


class GetRolesAssignedToGroupResponse(Message):
    roles: list[Role] = field(default_factory=list)
    assignments: list[RoleAssignmentSummary] = field(default_factory=list)


get_roles_assigned_to_group = Endpoint(
    "GetRolesAssignedToGroup",
    "GET",
    "/api/v1/roles/search/by-group/{groupId}",
    GetRolesAssignedToGroupRequest,
    GetRolesAssignedToGroupResponse,
    summary="List the roles of a group",
    tags=("RBAC",),
)


class SearchRolesAssignableToScopeRequest(Message):
    limit: Int32 = 0
    offset: Int32 = 0
    workspace_id: Int32 | None = None


class SearchRolesAssignableToScopeResponse(Message):
    pagination: Pagination | None = None
    roles: list[Role] = field(default_factory=list)


search_roles_assignable_to_scope = Endpoint(
    "SearchRolesAssignableToScope",
    "POST",
    "/api/v1/roles/search/by-assignability",
    SearchRolesAssignableToScopeRequest,
    SearchRolesAssignableToScopeResponse,
    summary="List the roles that can be given in a workspace or everywhere",
    tags=("RBAC",),
    body="*",
)


class ListRolesRequest(Message):
    offset: Int32 = 0
    limit: Int32 = 0


class ListRolesResponse(Message):
    roles: list[Role] = field(default_factory=list)
    pagination: Pagination | None = None


list_roles = Endpoint(
    "ListRoles",
    "POST",
    "/api/v1/roles/search",
    ListRolesRequest,
    ListRolesResponse,
    summary="List all roles with what each of them permits",
    tags=("RBAC",),
    body="*",
)


class AssignRolesRequest(Message):
    group_role_assignments: list[GroupRoleAssignment] = field(default_factory=list)
    user_role_assignments: list[UserRoleAssignment] = field(default_factory=list)


class AssignRolesResponse(Message):
    pass


assign_roles = Endpoint(
    "AssignRoles",
    "POST",
    "/api/v1/roles/add-assignments",
    AssignRolesRequest,
    AssignRolesResponse,
    summary="Give roles to users and groups, in a workspace or everywhere",
    tags=("RBAC",),
    body="*",
)


class RemoveAssignmentsRequest(Message):
    group_role_assignments: list[GroupRoleAssignment] = field(default_factory=list)
    user_role_assignments: list[UserRoleAssignment] = field(default_factory=list)


class RemoveAssignmentsResponse(Message):
    pass


remove_assignments = Endpoint(
    "RemoveAssignments",
    "POST",
    "/api/v1/roles/remove-assignments",
    RemoveAssignmentsRequest,
    RemoveAssignmentsResponse,
    summary="Take roles away from users and groups",
    tags=("RBAC",),
    body="*",
)
