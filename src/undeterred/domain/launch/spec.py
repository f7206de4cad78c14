"""(configuration, facts) -> LaunchSpec: the variables, files, mounts and command of one process, as the unmodified harness expects them."""

import json
from typing import Any
from urllib.parse import urlsplit

import msgspec

from undeterred.domain.launch.facts import File, LaunchSpec, Mount, TaskFacts

RUN, WORK, SHARED = "/run/determined", "/run/determined/workdir", "/determined_shared_fs"
TRIAL, COMMAND, GENERIC, CHECKPOINT_GC = "TRIAL", "COMMAND", "GENERIC", "CHECKPOINT_GC"
Config = dict[str, Any]
_PROXIES = {"http_proxy", "https_proxy", "all_proxy"}


def trial(config: Config, facts: TaskFacts) -> LaunchSpec:
    """A trial's process: the harness's launch module runs the entrypoint. `config` is the full merged configuration, secrets included."""
    given = {
        "DET_EXPERIMENT_ID": facts.experiment_id,
        "DET_TRIAL_ID": facts.trial_id,
        "DET_TRIAL_RUN_ID": facts.run_id,
        "DET_TRIAL_SEED": facts.seed,
        "DET_STEPS_COMPLETED": facts.steps_completed,
    }
    assert None not in given.values(), "a trial's facts are complete"
    more = {name: str(value) for name, value in given.items()}
    more |= {"DET_EXPERIMENT_CONFIG": _json(config), "DET_HPARAMS": _json(facts.hparams or {})} | _ports(facts)
    if facts.latest_checkpoint:
        more["DET_LATEST_CHECKPOINT"] = facts.latest_checkpoint
    argv = ["python3", "-m", "determined.exec.launch"]
    return _spec(config, facts, argv, more, context=True, rendezvous=True, storage=config.get("checkpoint_storage"))


def command(config: Config, facts: TaskFacts) -> LaunchSpec:
    """A command or generic task: one argument is a shell line, several are a program and its arguments."""
    words = config.get("entrypoint") or []
    words = [words] if isinstance(words, str) else [str(word) for word in words]
    argv = ["sh", "-c", words[0]] if len(words) == 1 else words or ["true"]
    spec = _spec(config, facts, argv, {}, context=True)
    folder = config.get("work_dir")
    if folder:
        spec = msgspec.structs.replace(spec, work_dir=folder.replace("$AGENT_USER", facts.user).replace("$DET_USER", facts.username))
    return spec


def checkpoint_gc(
    config: Config, facts: TaskFacts, storage: Config, delete: list[str], globs: list[str], *, tensorboards: bool = False
) -> LaunchSpec:
    """Delete files of these checkpoints, by globs, and with `tensorboards` the experiment's tensorboard files."""
    place = "checkpoint_gc"
    files = [
        File(f"{place}/storage_config.json", _json(storage), mode=0o600),
        File(f"{place}/checkpoints_to_delete.json", _json(delete), mode=0o600),
        File(f"{place}/checkpoints_globs.json", _json(globs), mode=0o600),
    ]
    argv = ["python3", "-m", "determined.exec.gc_checkpoints", "--experiment-id", str(facts.experiment_id)]
    argv += ["--storage-config", f"{RUN}/{place}/storage_config.json"]
    if delete:
        argv += ["--delete", f"{RUN}/{place}/checkpoints_to_delete.json", "--globs", f"{RUN}/{place}/checkpoints_globs.json"]
    if tensorboards:
        argv.append("--delete-tensorboards")
    spec = _spec(config, facts, argv, {}, storage=storage)
    return msgspec.structs.replace(spec, files=[*spec.files, *files])


def _spec(
    config: Config,
    facts: TaskFacts,
    argv: list[str],
    more: dict[str, str],
    *,
    context: bool = False,
    rendezvous: bool = False,
    storage: Config | None = None,
) -> LaunchSpec:
    kind = facts.slots[0].kind if facts.slots else "cpu"
    uuids = [slot.uuid for slot in facts.slots if slot.uuid]
    host_path, visible = _storage(storage)
    env = _common(facts) | _devices(kind, uuids) | _defaults(facts) | more | _asked(config, kind)
    hook = config.get("startup_hook") or facts.defaults.get("startup_hook")
    return LaunchSpec(
        container_id=facts.container_id,
        resources_id=facts.resources_id,
        allocation_id=facts.allocation_id,
        epoch=facts.epoch,
        key=facts.key,
        master_url=facts.master_url,
        master_file=facts.master_file,
        master_cert=facts.master_cert,
        addresses=[{"containerIp": facts.address, "containerPort": 0, "hostIp": facts.address, "hostPort": 0}],
        environment=facts.environment,
        env=env | _past_proxies(env),
        argv=argv,
        files=[File("dynamic-tcd-startup-hook.sh", hook, mode=0o744)] if hook else [],
        mounts=_mounts(config),
        storage=host_path,
        visible=visible,
        context=context,
        rendezvous=rendezvous,
        accelerator_kind=kind,
        accelerators=uuids,
        uid=facts.uid,
        gid=facts.gid if facts.gid is not None else facts.uid,
        limits=facts.limits,
        shm_bytes=_bytes((config.get("resources") or {}).get("shm_size") or facts.defaults.get("shm_size_bytes")),
    )


def _common(facts: TaskFacts) -> dict[str, str]:
    master = urlsplit(facts.master_url)
    scheme, host = master.scheme, master.hostname or ""
    metadata = {"task_id": facts.task_id, "allocation_id": facts.allocation_id, **facts.log_metadata}
    env = {
        "DET_MASTER": facts.master_url,
        "DET_MASTER_ID": facts.master_id,
        "DET_MASTER_HOST": host,
        "DET_MASTER_ADDR": host,
        "DET_MASTER_PORT": str(master.port or "") or ("443" if scheme == "https" else "80"),
        "DET_CLUSTER_ID": facts.cluster_id,
        "DET_AGENT_ID": facts.agent_id,
        "DET_SLOT_IDS": _json([slot.id for slot in facts.slots]),
        "DET_TASK_ID": facts.task_id,
        "DET_ALLOCATION_ID": facts.allocation_id,
        "DET_CONTAINER_ID": facts.container_id,
        "DET_RESOURCES_ID": facts.resources_id,
        "DET_RESOURCES_TYPE": "docker-container",
        "DET_SESSION_TOKEN": facts.session_token,
        "DET_TASK_TYPE": facts.task_type,
        "DET_TASK_LOGGING_METADATA": _json(metadata),
        "DET_USER": facts.username,
        "DET_USE_TLS": "true" if scheme == "https" else "false",
        "DET_WORKDIR": WORK,
        "DET_RUN_DIR": RUN,
        "DET_SEGMENT_ENABLED": "false",
        "DET_SKIP_PIP_INSTALL": "1",
        "PYTHONUSERBASE": f"{RUN}/pythonuserbase",
        "HOME": WORK,
    }
    if facts.user_token:
        env["DET_USER_TOKEN"] = facts.user_token
    if facts.master_cert:
        env["DET_MASTER_CERT_FILE"] = facts.master_cert
    if facts.uid is not None:  # the host may know no name for this uid, and libraries ask for one
        env |= dict.fromkeys(("USER", "LOGNAME"), facts.user or facts.username)
    return env


def _devices(kind: str, uuids: list[str]) -> dict[str, str]:
    """Which accelerators the task's libraries see; a task without any sees none."""
    names = {"rocm": ("ROCR_VISIBLE_DEVICES",)}.get(kind, ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"))
    return dict.fromkeys(names, ",".join(uuids)) if uuids else {"CUDA_VISIBLE_DEVICES": ""}


def _ports(facts: TaskFacts) -> dict[str, str]:
    ports = facts.ports
    return {
        "DTRAIN_SSH_PORT": str(ports.dtrain_ssh),
        "INTER_TRAIN_PROCESS_COMM_PORT_1": str(ports.comm_1),
        "INTER_TRAIN_PROCESS_COMM_PORT_2": str(ports.comm_2),
        "C10D_PORT": str(ports.c10d),
    }


def _defaults(facts: TaskFacts) -> dict[str, str]:
    """What task_container_defaults adds."""
    env = {}
    if interface := facts.defaults.get("dtrain_network_interface"):
        env["DET_INTER_NODE_NETWORK_INTERFACE"] = str(interface)
    if ports := facts.defaults.get("gloo_port_range"):
        env["GLOO_PORT_RANGE"] = str(ports)
    return env


def _asked(config: Config, kind: str) -> dict[str, str]:
    """The configuration's own variables: a list of K=V, or lists by kind of device."""
    listed = (config.get("environment") or {}).get("environment_variables") or []
    if isinstance(listed, dict):
        listed = listed.get(kind) or []
    pairs = [str(item).partition("=") for item in listed]
    return {name: value for name, equals, value in pairs if name and equals}


def _past_proxies(env: dict[str, str]) -> dict[str, str]:
    """Where a task is told of a proxy, its way to the master and to its own machine leads past it."""
    if not any(name.lower() in _PROXIES for name in env):
        return {}
    told = next((env[name] for name in ("no_proxy", "NO_PROXY") if env.get(name)), "")
    here = dict.fromkeys([*filter(None, told.split(",")), env["DET_MASTER_HOST"], "localhost", "127.0.0.1", "::1"])
    return dict.fromkeys(("no_proxy", "NO_PROXY"), ",".join(here))


def _mounts(config: Config) -> list[Mount]:
    return [
        Mount(item["host_path"], item["container_path"], bool(item.get("read_only")), item.get("propagation") or "rprivate")
        for item in config.get("bind_mounts") or []
    ]


def _storage(storage: Config | None) -> tuple[str, list[str]]:
    """(what is bound on /determined_shared_fs, folders that must stay visible) for a checkpoint storage."""
    kind = (storage or {}).get("type")
    if storage and kind == "shared_fs":
        return str(storage["host_path"]), []
    if storage and kind == "directory":
        return "", [str(storage["container_path"])]
    return "", []


def _bytes(size: Any) -> int:
    """A size in bytes: a number, or docker's words (64k, 2g, 1.5gb)."""
    if isinstance(size, int | float):
        return int(size)
    text = str(size or "0").strip().lower().removesuffix("b").removesuffix("i")
    unit = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}.get(text[-1:], 1)
    try:
        return int(float(text[:-1] if unit > 1 else text) * unit)
    except ValueError:
        return 0


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
