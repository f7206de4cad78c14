"""The master itself: its description, configuration, log, message to all, and health."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Json, Message
from undeterred.wire.logs import LogLevel


class LogEntry(Message):
    """A line of the master's log."""

    id: Int32 = 0
    message: str = ""
    timestamp: Instant | None = None
    level: LogLevel = LogLevel.LOG_LEVEL_UNSPECIFIED


class LogConfig(Message):
    level: LogLevel = LogLevel.LOG_LEVEL_UNSPECIFIED
    color: bool = False


class Config(Message):
    log: LogConfig | None = None


class FieldMask(Message):
    paths: list[str] = field(default_factory=list)


class HealthStatus(Enum):
    up = "up"
    down = "down"


class ResourceManagerHealth(Message):
    cluster_name: str = field(name="cluster_name", default="")
    status: HealthStatus = HealthStatus.up


class HealthRequest(Message):
    pass


class GetTelemetryRequest(Message):
    pass


class GetTelemetryResponse(Message):
    enabled: bool = False
    segment_key: str = ""


get_telemetry = Endpoint(
    "GetTelemetry",
    "GET",
    "/api/v1/master/telemetry",
    GetTelemetryRequest,
    GetTelemetryResponse,
    summary="Say whether the master sends telemetry (it never does)",
    tags=("Internal",),
    public=True,
)


class GetMasterRequest(Message):
    pass


class ClusterMessage(Message):
    """A message to everybody, with the time from when and until when it is shown."""

    message: str = ""
    start_time: Instant | None = None
    end_time: Instant | UnsetType = UNSET
    created_time: Instant | None = None


class SSOProvider(Message):
    name: str = ""
    sso_url: str = ""
    type: str = ""
    always_redirect: bool = False


class GetMasterResponseProduct(Enum):
    PRODUCT_UNSPECIFIED = "PRODUCT_UNSPECIFIED"
    PRODUCT_COMMUNITY = "PRODUCT_COMMUNITY"


class GetMasterResponse(Message):
    version: str = ""
    master_id: str = ""
    cluster_id: str = ""
    cluster_name: str = ""
    telemetry_enabled: bool = False
    sso_providers: list[SSOProvider] = field(default_factory=list)
    external_login_uri: str = ""
    external_logout_uri: str = ""
    branding: str = ""
    rbac_enabled: bool = False
    product: GetMasterResponseProduct = GetMasterResponseProduct.PRODUCT_UNSPECIFIED
    feature_switches: list[str] = field(default_factory=list)
    user_management_enabled: bool = False
    strict_job_queue_control: bool = False
    cluster_message: ClusterMessage | UnsetType = UNSET
    has_custom_logo: bool = False


get_master = Endpoint(
    "GetMaster",
    "GET",
    "/api/v1/master",
    GetMasterRequest,
    GetMasterResponse,
    summary="Describe the master: version, names and how to log in",
    tags=("Cluster",),
    public=True,
)


class GetMasterConfigRequest(Message):
    pass


class GetMasterConfigResponse(Message):
    config: Json | None = None


get_master_config = Endpoint(
    "GetMasterConfig",
    "GET",
    "/api/v1/master/config",
    GetMasterConfigRequest,
    GetMasterConfigResponse,
    summary="Show the master's configuration, with its secrets masked",
    tags=("Cluster",),
)


class PatchMasterConfigRequest(Message):
    config: Config | None = None
    field_mask: FieldMask | None = None


class PatchMasterConfigResponse(Message):
    pass


patch_master_config = Endpoint(
    "PatchMasterConfig",
    "PATCH",
    "/api/v1/master/config",
    PatchMasterConfigRequest,
    PatchMasterConfigResponse,
    summary="Change the level of the master's log until its next start",
    tags=("Cluster",),
    body="*",
)


class MasterLogsRequest(Message):
    offset: Int32 = 0
    limit: Int32 = 0
    follow: bool = False


class MasterLogsResponse(Message):
    log_entry: LogEntry | None = None


master_logs = Endpoint(
    "MasterLogs",
    "GET",
    "/api/v1/master/logs",
    MasterLogsRequest,
    MasterLogsResponse,
    summary="Stream the lines of the master's own log, or follow it",
    tags=("Cluster",),
    query=True,
    streams=True,
)


class GetClusterMessageRequest(Message):
    pass


class GetClusterMessageResponse(Message):
    cluster_message: ClusterMessage | UnsetType = UNSET


get_cluster_message = Endpoint(
    "GetClusterMessage",
    "GET",
    "/api/v1/master/cluster_message",
    GetClusterMessageRequest,
    GetClusterMessageResponse,
    summary="Show the message to everybody, also one that is yet to come",
    tags=("Cluster",),
)


class SetClusterMessageRequest(Message):
    message: str = ""
    start_time: Instant | None = None
    end_time: Instant | UnsetType = UNSET
    duration: str | UnsetType = UNSET


class SetClusterMessageResponse(Message):
    pass


set_cluster_message = Endpoint(
    "SetClusterMessage",
    "PUT",
    "/api/v1/master/cluster_message",
    SetClusterMessageRequest,
    SetClusterMessageResponse,
    summary="Set the message that everybody sees, from when and until when",
    tags=("Cluster",),
    body="*",
)


class DeleteClusterMessageRequest(Message):
    pass


class DeleteClusterMessageResponse(Message):
    pass


delete_cluster_message = Endpoint(
    "DeleteClusterMessage",
    "DELETE",
    "/api/v1/master/cluster_message",
    DeleteClusterMessageRequest,
    DeleteClusterMessageResponse,
    summary="Take the message to everybody away",
    tags=("Cluster",),
)


class HealthCheck(Message):
    """Whether the master's parts are up."""

    status: HealthStatus = HealthStatus.up
    database: HealthStatus = HealthStatus.up
    resource_managers: list[ResourceManagerHealth] = field(name="resource_managers", default_factory=list)


health = Endpoint(
    "health", "GET", "/health", HealthRequest, HealthCheck, summary="Say whether the master and its database are up", tags=("Cluster",)
)
