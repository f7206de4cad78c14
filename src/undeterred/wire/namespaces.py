"""Kubernetes namespaces of workspaces: bindings, quotas, resource managers."""

from msgspec import field

from undeterred.wire.base import Double, Endpoint, Int32, Message
from undeterred.wire.workspaces import WorkspaceNamespaceBinding, WorkspaceNamespaceMeta


class GetKubernetesResourceManagersRequest(Message):
    pass


class GetKubernetesResourceManagersResponse(Message):
    resource_managers: list[str] = field(default_factory=list)


get_kubernetes_resource_managers = Endpoint(
    "GetKubernetesResourceManagers",
    "GET",
    "/api/v1/k8s-resource-managers",
    GetKubernetesResourceManagersRequest,
    GetKubernetesResourceManagersResponse,
    summary="List the Kubernetes clusters that the master uses",
    tags=("Internal",),
)


class SetWorkspaceNamespaceBindingsRequest(Message):
    workspace_id: Int32 = 0
    cluster_namespace_meta: dict[str, WorkspaceNamespaceMeta] = field(default_factory=dict)


class SetWorkspaceNamespaceBindingsResponse(Message):
    namespace_bindings: dict[str, WorkspaceNamespaceBinding] = field(default_factory=dict)


set_workspace_namespace_bindings = Endpoint(
    "SetWorkspaceNamespaceBindings",
    "POST",
    "/api/v1/workspaces/{workspaceId}/namespace-bindings",
    SetWorkspaceNamespaceBindingsRequest,
    SetWorkspaceNamespaceBindingsResponse,
    summary="Bind a workspace to a Kubernetes namespace of each cluster",
    tags=("Workspaces",),
    body="*",
)


class SetResourceQuotasRequest(Message):
    id: Int32 = 0
    cluster_quota_pairs: dict[str, Int32] = field(default_factory=dict)


class SetResourceQuotasResponse(Message):
    pass


set_resource_quotas = Endpoint(
    "SetResourceQuotas",
    "POST",
    "/api/v1/workspaces/{id}/set-resource-quota",
    SetResourceQuotasRequest,
    SetResourceQuotasResponse,
    summary="Limit what a workspace may use in its Kubernetes namespaces",
    tags=("Workspaces",),
    body="*",
)


class ListWorkspaceNamespaceBindingsRequest(Message):
    id: Int32 = 0


class ListWorkspaceNamespaceBindingsResponse(Message):
    namespace_bindings: dict[str, WorkspaceNamespaceBinding] = field(default_factory=dict)


list_workspace_namespace_bindings = Endpoint(
    "ListWorkspaceNamespaceBindings",
    "GET",
    "/api/v1/workspaces/{id}/list-namespace-bindings",
    ListWorkspaceNamespaceBindingsRequest,
    ListWorkspaceNamespaceBindingsResponse,
    summary="List the Kubernetes namespaces that a workspace is bound to",
    tags=("Workspaces",),
)


class GetWorkspacesWithDefaultNamespaceBindingsRequest(Message):
    pass


class GetWorkspacesWithDefaultNamespaceBindingsResponse(Message):
    workspace_ids: list[Int32] = field(default_factory=list)


get_workspaces_with_default_namespace_bindings = Endpoint(
    "GetWorkspacesWithDefaultNamespaceBindings",
    "GET",
    "/api/v1/namespace-bindings/workspace-ids-with-default-bindings",
    GetWorkspacesWithDefaultNamespaceBindingsRequest,
    GetWorkspacesWithDefaultNamespaceBindingsResponse,
    summary="List the workspaces that have no Kubernetes namespace of their own",
    tags=("Workspaces",),
)


class BulkAutoCreateWorkspaceNamespaceBindingsRequest(Message):
    workspace_ids: list[Int32] = field(default_factory=list)


class BulkAutoCreateWorkspaceNamespaceBindingsResponse(Message):
    pass


bulk_auto_create_workspace_namespace_bindings = Endpoint(
    "BulkAutoCreateWorkspaceNamespaceBindings",
    "POST",
    "/api/v1/namespace-bindings/bulk-auto-create",
    BulkAutoCreateWorkspaceNamespaceBindingsRequest,
    BulkAutoCreateWorkspaceNamespaceBindingsResponse,
    summary="Make Kubernetes namespaces for many workspaces at once",
    tags=("Workspaces",),
    body="*",
)


class DeleteWorkspaceNamespaceBindingsRequest(Message):
    workspace_id: Int32 = 0
    cluster_names: list[str] = field(default_factory=list)


class DeleteWorkspaceNamespaceBindingsResponse(Message):
    pass


delete_workspace_namespace_bindings = Endpoint(
    "DeleteWorkspaceNamespaceBindings",
    "DELETE",
    "/api/v1/workspaces/{workspaceId}/namespace-bindings",
    DeleteWorkspaceNamespaceBindingsRequest,
    DeleteWorkspaceNamespaceBindingsResponse,
    summary="Undo the binding of a workspace to Kubernetes namespaces",
    tags=("Workspaces",),
    query=True,
)


class GetKubernetesResourceQuotasRequest(Message):
    id: Int32 = 0


class GetKubernetesResourceQuotasResponse(Message):
    resource_quotas: dict[str, Double] = field(default_factory=dict)


get_kubernetes_resource_quotas = Endpoint(
    "GetKubernetesResourceQuotas",
    "GET",
    "/api/v1/workspaces/{id}/get-k8s-resource-quotas",
    GetKubernetesResourceQuotasRequest,
    GetKubernetesResourceQuotasResponse,
    summary="Show what a workspace may use in its Kubernetes namespaces",
    tags=("Workspaces",),
)
