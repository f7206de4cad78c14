"""Config policies: constraints and invariant configuration of a workspace or of all."""

from undeterred.wire.base import Endpoint, Json, Message


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
    summary="Put Global Config Policies",
    tags=("Alpha",),
    body="*",
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
    summary="Get Global Config Policies",
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
    summary="Delete Global Config Policies",
    tags=("Alpha",),
)
