"""Resource pools and the workspaces bound to them."""

from msgspec import field

from undeterred.wire.base import Endpoint, Enum, Float, Int32, Message
from undeterred.wire.common import Pagination
from undeterred.wire.containers import DeviceType
from undeterred.wire.jobs import QueueStats


class AwsCustomTag(Message):
    key: str = ""
    value: str = ""


class K8PriorityClass(Message):
    priority_class: str = ""
    priority_value: Int32 = 0


class ResourcePoolType(Enum):
    RESOURCE_POOL_TYPE_UNSPECIFIED = "RESOURCE_POOL_TYPE_UNSPECIFIED"
    RESOURCE_POOL_TYPE_AWS = "RESOURCE_POOL_TYPE_AWS"
    RESOURCE_POOL_TYPE_GCP = "RESOURCE_POOL_TYPE_GCP"
    RESOURCE_POOL_TYPE_STATIC = "RESOURCE_POOL_TYPE_STATIC"
    RESOURCE_POOL_TYPE_K8S = "RESOURCE_POOL_TYPE_K8S"


class SchedulerType(Enum):
    SCHEDULER_TYPE_UNSPECIFIED = "SCHEDULER_TYPE_UNSPECIFIED"
    SCHEDULER_TYPE_PRIORITY = "SCHEDULER_TYPE_PRIORITY"
    SCHEDULER_TYPE_FAIR_SHARE = "SCHEDULER_TYPE_FAIR_SHARE"
    SCHEDULER_TYPE_ROUND_ROBIN = "SCHEDULER_TYPE_ROUND_ROBIN"
    SCHEDULER_TYPE_KUBERNETES = "SCHEDULER_TYPE_KUBERNETES"
    SCHEDULER_TYPE_SLURM = "SCHEDULER_TYPE_SLURM"
    SCHEDULER_TYPE_PBS = "SCHEDULER_TYPE_PBS"


class FittingPolicy(Enum):
    FITTING_POLICY_UNSPECIFIED = "FITTING_POLICY_UNSPECIFIED"
    FITTING_POLICY_BEST = "FITTING_POLICY_BEST"
    FITTING_POLICY_WORST = "FITTING_POLICY_WORST"
    FITTING_POLICY_KUBERNETES = "FITTING_POLICY_KUBERNETES"
    FITTING_POLICY_SLURM = "FITTING_POLICY_SLURM"
    FITTING_POLICY_PBS = "FITTING_POLICY_PBS"


class ResourcePoolAwsDetail(Message):
    region: str = ""
    root_volume_size: Int32 = 0
    image_id: str = ""
    tag_key: str = ""
    tag_value: str = ""
    instance_name: str = ""
    ssh_key_name: str = ""
    public_ip: bool = False
    subnet_id: str = ""
    security_group_id: str = ""
    iam_instance_profile_arn: str = ""
    instance_type: str = ""
    log_group: str = ""
    log_stream: str = ""
    spot_enabled: bool = False
    spot_max_price: str = ""
    custom_tags: list[AwsCustomTag] = field(default_factory=list)


class ResourcePoolGcpDetail(Message):
    project: str = ""
    zone: str = ""
    boot_disk_size: Int32 = 0
    boot_disk_source_image: str = ""
    label_key: str = ""
    label_value: str = ""
    name_prefix: str = ""
    network: str = ""
    subnetwork: str = ""
    external_ip: bool = False
    network_tags: list[str] = field(default_factory=list)
    service_account_email: str = ""
    service_account_scopes: list[str] = field(default_factory=list)
    machine_type: str = ""
    gpu_type: str = ""
    gpu_num: Int32 = 0
    preemptible: bool = False
    operation_timeout_period: Float = 0


class ResourcePoolPrioritySchedulerDetail(Message):
    preemption: bool = False
    default_priority: Int32 = 0
    k8_priorities: list[K8PriorityClass] = field(default_factory=list)


class ResourcePoolDetail(Message):
    aws: ResourcePoolAwsDetail | None = None
    gcp: ResourcePoolGcpDetail | None = None
    priority_scheduler: ResourcePoolPrioritySchedulerDetail | None = None


class ResourcePool(Message):
    """Machines that share a queue: slots in all and in use, the scheduler and its defaults."""

    name: str = ""
    description: str = ""
    type: ResourcePoolType = ResourcePoolType.RESOURCE_POOL_TYPE_UNSPECIFIED
    num_agents: Int32 = 0
    slots_available: Int32 = 0
    slots_used: Int32 = 0
    slot_type: DeviceType = DeviceType.TYPE_UNSPECIFIED
    aux_container_capacity: Int32 = 0
    aux_containers_running: Int32 = 0
    default_compute_pool: bool = False
    default_aux_pool: bool = False
    preemptible: bool = False
    min_agents: Int32 = 0
    max_agents: Int32 = 0
    slots_per_agent: Int32 = 0
    aux_container_capacity_per_agent: Int32 = 0
    scheduler_type: SchedulerType = SchedulerType.SCHEDULER_TYPE_UNSPECIFIED
    scheduler_fitting_policy: FittingPolicy = FittingPolicy.FITTING_POLICY_UNSPECIFIED
    location: str = ""
    image_id: str = ""
    instance_type: str = ""
    master_url: str = ""
    master_cert_name: str = ""
    startup_script: str = ""
    container_startup_script: str = ""
    agent_docker_network: str = ""
    agent_docker_runtime: str = ""
    agent_docker_image: str = ""
    agent_fluent_image: str = ""
    max_idle_agent_period: Float = 0
    max_agent_starting_period: Float = 0
    details: ResourcePoolDetail | None = None
    accelerator: str = ""
    stats: QueueStats | None = None
    resource_manager_metadata: dict[str, str] = field(default_factory=dict)
    cluster_name: str = ""


class GetResourcePoolsRequest(Message):
    offset: Int32 = 0
    limit: Int32 = 0
    unbound: bool = False


class GetResourcePoolsResponse(Message):
    resource_pools: list[ResourcePool] = field(default_factory=list)
    pagination: Pagination | None = None


get_resource_pools = Endpoint(
    "GetResourcePools",
    "GET",
    "/api/v1/resource-pools",
    GetResourcePoolsRequest,
    GetResourcePoolsResponse,
    summary="List the resource pools: slots, use, scheduler and defaults",
    tags=("Internal",),
    query=True,
)


class BindRPToWorkspaceRequest(Message):
    resource_pool_name: str = ""
    workspace_ids: list[Int32] = field(default_factory=list)
    workspace_names: list[str] = field(default_factory=list)


class BindRPToWorkspaceResponse(Message):
    pass


bind_rp_to_workspace = Endpoint(
    "BindRPToWorkspace",
    "POST",
    "/api/v1/resource-pools/{resourcePoolName}/workspace-bindings",
    BindRPToWorkspaceRequest,
    BindRPToWorkspaceResponse,
    summary="Reserve a resource pool for some workspaces",
    tags=("Internal",),
    body="*",
)


class UnbindRPFromWorkspaceRequest(Message):
    resource_pool_name: str = ""
    workspace_ids: list[Int32] = field(default_factory=list)
    workspace_names: list[str] = field(default_factory=list)


class UnbindRPFromWorkspaceResponse(Message):
    pass


unbind_rp_from_workspace = Endpoint(
    "UnbindRPFromWorkspace",
    "DELETE",
    "/api/v1/resource-pools/{resourcePoolName}/workspace-bindings",
    UnbindRPFromWorkspaceRequest,
    UnbindRPFromWorkspaceResponse,
    summary="Take workspaces off the reservation of a resource pool",
    tags=("Internal",),
    body="*",
)


class OverwriteRPWorkspaceBindingsRequest(Message):
    resource_pool_name: str = ""
    workspace_ids: list[Int32] = field(default_factory=list)
    workspace_names: list[str] = field(default_factory=list)


class OverwriteRPWorkspaceBindingsResponse(Message):
    pass


overwrite_rp_workspace_bindings = Endpoint(
    "OverwriteRPWorkspaceBindings",
    "PUT",
    "/api/v1/resource-pools/{resourcePoolName}/workspace-bindings",
    OverwriteRPWorkspaceBindingsRequest,
    OverwriteRPWorkspaceBindingsResponse,
    summary="Replace the workspaces that a resource pool is reserved for",
    tags=("Internal",),
    body="*",
)


class ListRPsBoundToWorkspaceRequest(Message):
    workspace_id: Int32 = 0
    offset: Int32 = 0
    limit: Int32 = 0


class ListRPsBoundToWorkspaceResponse(Message):
    resource_pools: list[str] = field(default_factory=list)
    pagination: Pagination | None = None


list_rps_bound_to_workspace = Endpoint(
    "ListRPsBoundToWorkspace",
    "GET",
    "/api/v1/workspaces/{workspaceId}/available-resource-pools",
    ListRPsBoundToWorkspaceRequest,
    ListRPsBoundToWorkspaceResponse,
    summary="List the resource pools that a workspace may use",
    tags=("Workspaces", "Internal"),
    query=True,
)


class ListWorkspacesBoundToRPRequest(Message):
    resource_pool_name: str = ""
    offset: Int32 = 0
    limit: Int32 = 0


class ListWorkspacesBoundToRPResponse(Message):
    workspace_ids: list[Int32] = field(default_factory=list)
    pagination: Pagination | None = None


list_workspaces_bound_to_rp = Endpoint(
    "ListWorkspacesBoundToRP",
    "GET",
    "/api/v1/resource-pools/{resourcePoolName}/workspace-bindings",
    ListWorkspacesBoundToRPRequest,
    ListWorkspacesBoundToRPResponse,
    summary="List the workspaces that a resource pool is reserved for",
    tags=("Internal",),
    query=True,
)
