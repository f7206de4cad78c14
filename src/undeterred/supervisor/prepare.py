"""What stands ready before the user's code starts: folders, files, model definition, the info files, and the talk with the master around them."""
# ruff: noqa: S108, S103 - the task's /tmp is meant, which is its own

import base64
import contextlib
import io
import json
import os
import select
import shutil
import socket
import tarfile
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from undeterred.supervisor import overlay
from undeterred.supervisor.link import Link, Stopped

_FOLDERS = ("info", "etc", "pythonuserbase", "workdir", "train", "train/model", "train/logs", "ssh")
Say = Callable[[str], None]


def lay_out(spec: dict[str, Any], folder: str) -> None:
    """Make run/, tmp/ and the spec's files, the overlay environment, and give them to the task's user."""
    run = os.path.join(folder, "run")
    os.mkdir(run, 0o700)
    for name in _FOLDERS:
        os.mkdir(os.path.join(run, name), 0o755)
    for name in ("tmp", "vartmp"):
        path = os.path.join(folder, name)
        os.mkdir(path)
        os.chmod(path, 0o1777)
    for item in spec.get("files", []):
        path = os.path.join(run, item["path"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        data = base64.b64decode(item["base64"]) if item.get("base64") else item.get("text", "").encode()
        with open(path, "wb") as file:
            os.fchmod(file.fileno(), item.get("mode", 0o644))
            file.write(data)
    for name in ("hooked", "go"):
        os.mkfifo(os.path.join(run, "etc", name), 0o600)
    if spec.get("storage") and not os.path.isdir(spec["storage"]):
        _make_storage(spec, folder)
    if spec.get("environment"):
        overlay.make(spec, folder)
    _info(spec, run)
    if not _is_own(spec):
        if spec["isolation"] == "D":
            os.chmod(folder, 0o711)
        give(spec, run, deep=True)


def _make_storage(spec: dict[str, Any], folder: str) -> None:
    """Make the storage's folder: the cluster's own is given to the task's user; any other that user must be able to make, for its place
    was chosen by whoever wrote the configuration. Raises OSError."""
    path, ours = os.path.realpath(spec["storage"]), os.path.realpath(os.path.join(folder, "../../checkpoints"))
    if _is_own(spec) or path == ours:
        os.makedirs(path, exist_ok=True)
        give(spec, path)
        return
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([spec["gid"], *spec.get("groups", [])])
            os.setgid(spec["gid"])
            os.setuid(spec["uid"])
            os.makedirs(path, exist_ok=True)
            os._exit(0)
        except OSError as error:
            os._exit(min(error.errno or 1, 255))
    number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if number:
        raise OSError(number, f"the checkpoint storage {path} is missing and user {spec['uid']} cannot make it: {os.strerror(number)}")


def _is_own(spec: dict[str, Any]) -> bool:
    return os.geteuid() != 0 or spec.get("uid") is None


def give(spec: dict[str, Any], path: str, *, deep: bool = False) -> None:
    """Make the task's user the owner (only as root, when the task has a user)."""
    if _is_own(spec):
        return
    os.chown(path, spec["uid"], spec["gid"], follow_symlinks=False)
    if deep:
        for parent, folders, files in os.walk(path):
            for name in folders + files:
                os.chown(os.path.join(parent, name), spec["uid"], spec["gid"], follow_symlinks=False)


def _info(spec: dict[str, Any], run: str) -> None:
    """The files behind det.get_cluster_info(), from the task's environment variables."""
    env = spec["env"]
    cluster = {
        "master_url": env["DET_MASTER"],
        "cluster_id": env["DET_CLUSTER_ID"],
        "agent_id": env["DET_AGENT_ID"],
        "slot_ids": json.loads(env["DET_SLOT_IDS"]),
        "task_id": env["DET_TASK_ID"],
        "allocation_id": env["DET_ALLOCATION_ID"],
        "session_token": env["DET_SESSION_TOKEN"],
        "task_type": env["DET_TASK_TYPE"],
        "master_cert_name": env.get("DET_MASTER_CERT_NAME"),
        "master_cert_file": env.get("DET_MASTER_CERT_FILE"),
        "latest_checkpoint": env.get("DET_LATEST_CHECKPOINT"),
    }
    write_info(run, "cluster", cluster)
    write_info(run, "resources", {"gpu_uuids": spec.get("accelerators", [])})
    if env["DET_TASK_TYPE"] == "TRIAL":
        config = json.loads(env["DET_EXPERIMENT_CONFIG"])
        trial = {
            "trial_id": int(env["DET_TRIAL_ID"]),
            "experiment_id": int(env["DET_EXPERIMENT_ID"]),
            "trial_seed": int(env["DET_TRIAL_SEED"]),
            "hparams": json.loads(env["DET_HPARAMS"]),
            "config": config,
            "steps_completed": int(env["DET_STEPS_COMPLETED"]),
            "trial_run_id": int(env["DET_TRIAL_RUN_ID"]),
            "debug": bool(config.get("debug", False)),
            "inter_node_network_interface": env.get("DET_INTER_NODE_NETWORK_INTERFACE"),
        }
        write_info(run, "trial", trial)


def write_info(run: str, name: str, value: dict[str, Any]) -> None:
    """Write one of run/info/*.json, through no link: the folder is the task's user's, whose hooks may have run."""
    place = os.open(os.path.join(run, "info"), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{name}.json", dir_fd=place)
        fd = os.open(f"{name}.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=place)
        with os.fdopen(fd, "w") as file:
            json.dump(value, file)
    finally:
        os.close(place)


def fetch(spec: dict[str, Any], folder: str, link: Link, say: Say) -> None:
    """Get the model definition and tell the master which accelerators are used. Raises Refused, Stopped, ValueError."""
    env, run = spec["env"], os.path.join(folder, "run")
    if spec.get("context"):
        answer = link.call("GET", f"/api/v1/tasks/{quote(env['DET_TASK_ID'], safe='')}/context_directory")
        if answer.get("b64Tgz"):
            archive = base64.b64decode(answer["b64Tgz"])
            for place in ("train/model", "workdir"):
                unpack(archive, os.path.join(run, place))
                give(spec, os.path.join(run, place), deep=True)
        if env["DET_TASK_TYPE"] == "TRIAL" and spec["isolation"] != "D":
            link_path = os.path.join(folder, "tmp", "tensorboard")
            os.symlink(f"/tmp/tensorboard-{env['DET_ALLOCATION_ID']}-0", link_path)
    kind, uuids = spec.get("accelerator_kind") or "cpu", spec.get("accelerators", [])
    if not uuids:
        say("INFO: [{pid}] determined: detected 0 gpus (no accelerator is assigned)")
    agent, host = env["DET_AGENT_ID"], socket.gethostname()
    say(f"INFO: [{{pid}}] determined: Running task container on agent_id={agent}, hostname={host} with visible GPUs {uuids}")
    data = {
        "acceleratorType": kind,
        "acceleratorUuids": uuids,
        "allocationId": env["DET_ALLOCATION_ID"],
        "containerId": spec["container_id"],
        "nodeName": agent,
        "taskId": env["DET_TASK_ID"],
    }
    body = json.dumps({"acceleratorData": data, "allocationId": env["DET_ALLOCATION_ID"]}).encode()
    link.call("POST", f"/api/v1/allocations/{quote(env['DET_ALLOCATION_ID'], safe='')}/acceleratorData", body)


def unpack(archive: bytes, place: str) -> None:
    """Unpack a gzipped tar inside `place`, and nothing outside of it. Raises ValueError for an archive that tries."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                _unpack_one(tar, member, os.path.realpath(place))
    except tarfile.TarError as error:
        raise ValueError(f"the model definition is no gzipped tar archive: {error}") from error


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, place: str) -> None:
    path = os.path.normpath(os.path.join(place, member.name))
    real_parent = os.path.realpath(os.path.dirname(path))
    inside = path == place or (path.startswith(place + "/") and (real_parent + "/").startswith(place + "/"))
    if not inside or not (member.isfile() or member.isdir()):
        raise ValueError(f"the model definition holds {member.name!r}, which is a link, a device or outside of the folder")
    if member.isdir():
        os.makedirs(path, exist_ok=True)
        os.chmod(path, (member.mode & 0o777) | 0o700)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    source = tar.extractfile(member)
    assert source is not None
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, "xb") as file:
        shutil.copyfileobj(source, file)
    os.chmod(path, member.mode & 0o777)
    os.utime(path, (member.mtime, member.mtime))


class Gates:
    """The two named pipes by which the entry script says that the hooks are done, and is told that all peers are ready."""

    def __init__(self, folder: str) -> None:
        self.hooked = os.open(os.path.join(folder, "run/etc/hooked"), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self.go = os.open(os.path.join(folder, "run/etc/go"), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def wait(self, over: threading.Event) -> None:
        """Until the hooks are done; raises Stopped when the task ends before."""
        while not over.is_set():
            if select.select([self.hooked], [], [], 0.5)[0]:
                os.read(self.hooked, 64)
                return
        raise Stopped

    def open(self) -> None:
        """Let the entry go on."""
        os.write(self.go, b"\n")


def meet(spec: dict[str, Any], folder: str, link: Link) -> None:
    """Wait for all resources of the allocation and write where they are (rendezvous.json)."""
    path = f"/api/v1/allocations/{quote(spec['allocation_id'], safe='')}/resources/{quote(spec['resources_id'], safe='')}/rendezvous"
    info = link.call("GET", path, timeout_s=600)["rendezvousInfo"]
    value = {
        "container_addrs": info["addresses"],
        "container_rank": int(info["rank"]),
        "container_slot_counts": [int(n) for n in info["slots"]],
    }
    write_info(os.path.join(folder, "run"), "rendezvous", value)


def bind_plainly(spec: dict[str, Any], folder: str, say: Say) -> None:
    """Mode D: a bind mount under the working directory becomes a link; another one cannot be had, and the log says so."""
    if spec["isolation"] != "D":
        return
    for item in spec.get("mounts", []):
        target = item["target"]
        target = target[len("/run/determined/workdir/") :] if target.startswith("/run/determined/workdir/") else target
        if not item["source"].startswith("/") or os.path.exists(item["target"]):
            continue
        if target.startswith("/"):
            say(f"WARNING: [{{pid}}] determined: bind mount on {target} is not possible without namespaces; use a relative container_path")
            continue
        path = os.path.join(folder, "run", "workdir", target)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(item["source"], path)
