"""Config policies: constraints and invariant configuration of a workspace or of all."""

from undeterred.wire.base import Endpoint, Int32, Json, Message


class PutWorkspaceConfigPoliciesRequest(Message):
    workspace_id: Int32 = 0
    workload_type: str = ""
    config_policies: str = ""


class PutWorkspaceConfigPoliciesResponse(Message):
    config_policies: Json | None = None


put_workspace_config_policies = Endpoint(
    "PutWorkspaceConfigPolicies",
    "PUT",
    "/api/v1/config-policies/workspaces/{workspaceId}/{workloadType}",
    PutWorkspaceConfigPoliciesRequest,
    PutWorkspaceConfigPoliciesResponse,
    summary="Replace the limits and fixed configuration of a workspace",
    tags=("Alpha",),
    body="*",
)


class PutGlobalConfigPoliciesRequest(Message):
    workload_type: str = ""
    config_policies: str = ""


class PutGlobalConfigPoliciesResponse(Message):
    config_policies: Json | None = None


put_global_config_policies = Endpoint(
    "PutGlobalConfigPolicies",
    "PUT",
    "/api/v1/config-policies/global/{workloadType}",
    PutGlobalConfigPoliciesRequest,
    PutGlobalConfigPoliciesResponse,
    summary="Replace the limits and fixed configuration of the whole cluster",
    tags=("Alpha",),
    body="*",
)


class GetWorkspaceConfigPoliciesRequest(Message):
    workspace_id: Int32 = 0
    workload_type: str = ""


class GetWorkspaceConfigPoliciesResponse(Message):
    config_policies: Json | None = None


get_workspace_config_policies = Endpoint(
    "GetWorkspaceConfigPolicies",
    "GET",
    "/api/v1/config-policies/workspaces/{workspaceId}/{workloadType}",
    GetWorkspaceConfigPoliciesRequest,
    GetWorkspaceConfigPoliciesResponse,
    summary="Show the limits and fixed configuration of a workspace",
    tags=("Alpha",),
)


class GetGlobalConfigPoliciesRequest(Message):
    workload_type: str = ""


class GetGlobalConfigPoliciesResponse(Message):
    config_policies: Json | None = None


get_global_config_policies = Endpoint(
    "GetGlobalConfigPolicies",
    "GET",
    "/api/v1/config-policies/global/{workloadType}",
    GetGlobalConfigPoliciesRequest,
    GetGlobalConfigPoliciesResponse,
    summary="Show the limits and fixed configuration of the whole cluster",
    tags=("Alpha",),
)


class DeleteWorkspaceConfigPoliciesRequest(Message):
    workspace_id: Int32 = 0
    workload_type: str = ""


class DeleteWorkspaceConfigPoliciesResponse(Message):
    pass


delete_workspace_config_policies = Endpoint(
    "DeleteWorkspaceConfigPolicies",
    "DELETE",
    "/api/v1/config-policies/workspaces/{workspaceId}/{workloadType}",
    DeleteWorkspaceConfigPoliciesRequest,
    DeleteWorkspaceConfigPoliciesResponse,
    summary="Remove the limits and fixed configuration of a workspace",
    tags=("Alpha",),
)


class DeleteGlobalConfigPoliciesRequest(Message):
    workload_type: str = ""


class DeleteGlobalConfigPoliciesResponse(Message):
    pass


delete_global_config_policies = Endpoint(
    "DeleteGlobalConfigPolicies",
    "DELETE",
    "/api/v1/config-policies/global/{workloadType}",
    DeleteGlobalConfigPoliciesRequest,
    DeleteGlobalConfigPoliciesResponse,
    summary="Remove the limits and fixed configuration of the whole cluster",
    tags=("Alpha",),
)
