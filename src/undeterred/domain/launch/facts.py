"""What launching needs to know, and what it decides: values in, values out."""

from typing import Any

import msgspec


class Ports(msgspec.Struct, frozen=True):
    """The ports of one allocation, unique over the cluster; named as the harness names them."""

    dtrain_ssh: int = 12350
    comm_1: int = 12360
    comm_2: int = 12365
    c10d: int = 29400


class SlotFacts(msgspec.Struct, frozen=True):
    """A slot given to this container: its number on the node, its kind, and the accelerator's UUID ("" for a CPU slot)."""

    id: int
    kind: str = "cpu"
    uuid: str = ""


class TaskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a process of a task is told, gathered by the loop that starts it. Trial fields are None for other kinds."""

    task_type: str
    master_url: str
    master_cert: str = ""
    master_file: str = ""
    master_id: str = ""
    cluster_id: str
    agent_id: str
    address: str = "127.0.0.1"
    task_id: str
    allocation_id: str
    container_id: str
    resources_id: str
    epoch: int
    key: str
    session_token: str
    user_token: str = ""
    username: str
    slots: list[SlotFacts] = []
    ports: Ports = Ports()
    experiment_id: int | None = None
    trial_id: int | None = None
    run_id: int | None = None
    seed: int | None = None
    hparams: dict[str, Any] | None = None
    steps_completed: int = 0
    latest_checkpoint: str | None = None
    environment: "Environment | None" = None
    uid: int | None = None
    gid: int | None = None
    user: str = ""
    limits: dict[str, int] = {}
    log_metadata: dict[str, str] = {}
    defaults: dict[str, Any] = {}


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """A base environment as the supervisor needs it (runtimes/environments.py finds these values)."""

    python: str
    home: str
    version: str
    site_packages: list[str]
    scripts: str = ""
    visible: list[str] = []


class Mount(msgspec.Struct, frozen=True):
    """Bind `source` on `target`; a relative source lies in the task's run folder, a relative target under the working directory."""

    source: str
    target: str
    read_only: bool = False
    propagation: str = ""


class File(msgspec.Struct, frozen=True):
    """A file of the task's run folder: `path` is relative to it; its content is `text`, or `base64` when that is not empty."""

    path: str
    text: str = ""
    base64: str = ""
    mode: int = 0o644


class LaunchSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`spec.json`: all that a supervisor needs to run one container-equivalent; it holds tokens, so the file is 0600."""

    container_id: str
    resources_id: str
    allocation_id: str
    epoch: int
    key: str
    master_url: str
    master_file: str = ""
    master_cert: str = ""
    addresses: list[dict[str, Any]] = []
    isolation: str = ""
    environment: Environment | None = None
    env: dict[str, str]
    argv: list[str]
    work_dir: str = "/run/determined/workdir"
    files: list[File] = []
    mounts: list[Mount] = []
    storage: str = ""
    visible: list[str] = []
    context: bool = False
    rendezvous: bool = False
    accelerator_kind: str = "cpu"
    accelerators: list[str] = []
    uid: int | None = None
    gid: int | None = None
    limits: dict[str, int] = {}
    shm_bytes: int = 0
