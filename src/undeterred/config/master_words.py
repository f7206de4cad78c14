"""The words of master.yaml, as a tree of frozen structs: the reference's vocabulary, and a few of our own at the end.

A field's type is what the file may say, its value the default. `CHECKED_AS` names the parts that are written in the experiment language.
"""

from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec

from undeterred.config.container_defaults import CONTAINER_DEFAULTS
from undeterred.config.schema import Kind
from undeterred.config.storage import CHECKPOINT_STORAGE

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Days = Annotated[int, msgspec.Meta(ge=-1, le=32767)]
Lifespan = Annotated[int, msgspec.Meta(ge=-1)]
Priority = Annotated[int, msgspec.Meta(ge=1, le=99)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Document = dict[str, Any]

CHECKED_AS: dict[str, Kind] = {"checkpoint_storage": CHECKPOINT_STORAGE, "task_container_defaults": CONTAINER_DEFAULTS}
"""Key, at any level -> the kind of the experiment language that its value is."""

NOT_BUILT = ("additional_resource_managers", "det_cloud", "oidc", "saml", "scim")
"""Words of the reference that may only be null here."""

SECRET = {"initial_user_password", "password", "signing_key", "segment_master_key", "segment_webui_key"}
SECRET |= {"access_key", "secret_key", "connection_string", "credential", "auth", "identitytoken", "registrytoken"}
"""Keys whose values are never shown, at any level."""


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the file."""


class Log(Words, frozen=True):
    level: Literal["trace", "debug", "info", "warn", "error", "fatal"] = "info"
    color: bool = True


class Db(Words, frozen=True):
    """A PostgreSQL database, by its parts or (our own word) by its URL; without either the store is a file in the data folder."""

    url: str = ""
    user: str = ""
    password: str = ""
    host: str = ""
    port: Port = 5432
    name: str = ""
    ssl_mode: str = "disable"
    ssl_root_cert: str = ""


class CreatorRole(Words, frozen=True):
    enabled: bool = True
    role_id: int = 2


class Authz(Words, frozen=True, rename={"strict_ntsc_enabled": "_strict_ntsc_enabled"}):
    type: Literal["basic", "rbac"] = "basic"
    fallback: Literal["basic"] = "basic"
    rbac_ui_enabled: bool | None = None
    strict_ntsc_enabled: bool = False
    strict_job_queue_control: bool = False
    workspace_creator_assign_role: CreatorRole = CreatorRole()


class DefaultTask(Words, frozen=True):
    id: int = 0
    user_id: int = 0
    user: str = "root"
    uid: int = 0
    group: str = "root"
    gid: int = 0


class Ssh(Words, frozen=True):
    key_type: Literal["RSA", "ECDSA", "ED25519"] = "ED25519"
    rsa_key_size: int = 0


class Tls(Words, frozen=True):
    cert: str = ""
    key: str = ""


class Token(Words, frozen=True):
    default_lifespan_days: Lifespan = 30
    max_lifespan_days: Lifespan = 30


class Security(Words, frozen=True):
    authz: Authz = Authz()
    default_task: DefaultTask = DefaultTask()
    initial_user_password: str = ""
    ssh: Ssh = Ssh()
    tls: Tls = Tls()
    token: Token = Token()


class Scheduler(Words, frozen=True):
    type: Literal["priority", "fair_share"] = "priority"
    fitting_policy: Literal["best", "worst"] = "best"
    allow_heterogeneous_fits: bool = False
    default_priority: Priority = 42
    preemption: bool = False


class ResourceManager(Words, frozen=True):
    type: Literal["agent"] = "agent"
    name: str = ""
    cluster_name: str = "default"
    metadata: Document | None = None
    scheduler: Scheduler = Scheduler()
    default_aux_resource_pool: str = "default"
    default_compute_resource_pool: str = "default"
    no_default_resource_pools: bool = False
    require_authentication: bool = False
    client_ca: str = ""


class ResourcePool(Words, frozen=True):
    pool_name: Annotated[str, msgspec.Meta(min_length=1)]
    description: str = ""
    provider: None = None
    scheduler: Scheduler | None = None
    max_aux_containers_per_agent: Count = 100
    task_container_defaults: Document | None = None
    agent_reattach_enabled: bool = False
    agent_reconnect_wait: str = "25s"


class RetentionPolicy(Words, frozen=True):
    log_retention_days: Days | None = None
    schedule: str | None = None


class Telemetry(Words, frozen=True):
    enabled: bool = False
    segment_master_key: str = ""
    segment_webui_key: str = ""
    otel_enabled: bool = False
    otel_endpoint: str = "localhost:4317"
    cluster_id: str = ""


class Observability(Words, frozen=True):
    enable_prometheus: bool = True


class Webhooks(Words, frozen=True):
    base_url: str = ""
    signing_key: str = ""


class Pachyderm(Words, frozen=True):
    address: str = ""


class Integrations(Words, frozen=True):
    pachyderm: Pachyderm = Pachyderm()


class Logging(Words, frozen=True):
    type: Literal["default"] = "default"


class Cache(Words, frozen=True):
    cache_dir: str = ""


class UiCustomization(Words, frozen=True):
    logo_paths: dict[str, str] | None = None


class TaskLimits(Words, frozen=True, rename={"address_space": "as"}):
    """What each process of a task (rlimits), or each task as a whole (memory_bytes, cpus, pids: a control group), may use at most."""

    memory_bytes: Positive | None = None
    cpus: Positive | None = None
    pids: Positive | None = None
    address_space: Positive | None = None  # bytes
    core: Count | None = None  # bytes
    fsize: Positive | None = None  # bytes
    memlock: Count | None = None  # bytes
    nofile: Positive | None = None
    nproc: Positive | None = None
    stack: Positive | None = None  # bytes

    @property
    def told(self) -> dict[str, int]:
        """The limits that are set, by their words."""
        found: dict[str, int | None] = msgspec.to_builtins(self)
        return {name: most for name, most in found.items() if most is not None}


class MasterConfig(Words, frozen=True):
    """Everything that a master is told when it starts."""

    config_file: str = ""
    log: Log = Log()
    db: Db = Db()
    port: Port = 8080
    root: str = ""
    cluster_name: str = ""
    enable_cors: bool = False
    launch_error: bool = True
    tensorboard_timeout: Count = 300
    notebook_timeout: Count | None = None
    security: Security = Security()
    checkpoint_storage: Document | None = None
    task_container_defaults: Document = {}
    resource_manager: ResourceManager = ResourceManager()
    resource_pools: tuple[ResourcePool, ...] = (ResourcePool(pool_name="default"),)
    retention_policy: RetentionPolicy = RetentionPolicy()
    telemetry: Telemetry = Telemetry()
    observability: Observability = Observability()
    webhooks: Webhooks = Webhooks()
    integrations: Integrations = Integrations()
    feature_switches: tuple[str, ...] = ()
    logging: Logging = Logging()
    cache: Cache = Cache()
    reserved_ports: tuple[Port, ...] | None = None
    ui_customization: UiCustomization = UiCustomization()
    additional_resource_managers: None = None
    det_cloud: None = None
    oidc: None = None
    saml: None = None
    scim: None = None
    # Our own: the reference has no word for these.
    data: str = ""
    host: str = "127.0.0.1"
    slots: Count | None = None  # None: the GPUs that are found, else one CPU slot
    environments: dict[str, str] = {}  # environment.image -> name of a task environment
    default_environment: str = "default"  # for every other image
    task_limits: TaskLimits = TaskLimits()

    @property
    def db_url(self) -> str:
        """The store's URL: `db.url`, else one made of `db` if it names a host, else "" (a file in the data folder)."""
        db = self.db
        if db.url or not db.host:
            return db.url
        user = quote(db.user, safe="") + (f":{quote(db.password, safe='')}@" if db.password else "@" if db.user else "")
        certificate = f"&sslrootcert={quote(db.ssl_root_cert, safe='')}" if db.ssl_root_cert else ""
        return f"postgresql://{user}{db.host}:{db.port}/{quote(db.name, safe='')}?sslmode={quote(db.ssl_mode, safe='')}{certificate}"


OWN = ("data", "host", "slots", "environments", "default_environment", "task_limits")
"""Words of the top level that the reference does not know."""
