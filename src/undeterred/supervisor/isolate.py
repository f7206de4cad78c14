"""The task's own view of the file system, made by the first process of its namespaces.

Modes: A with root's rights, B inside a user namespace of one's own, D without namespaces (see redirect.py). In A and B the task's folder
is bound on /run/determined, the storage on /determined_shared_fs, and /tmp, /var/tmp, /dev/shm and /proc are its own.
A mount point that is missing and cannot be made is conjured: a tmpfs over its nearest parent, with everything that is in it bound again.
"""
# ruff: noqa: S108 - the task's /tmp is meant, which is its own

import contextlib
import os
import stat
from typing import Any

from undeterred.supervisor import kernel as k

RUN, SHARED = "/run/determined", "/determined_shared_fs"
FLAGS = {"A": k.NEWNS | k.NEWPID | k.NEWIPC, "B": k.NEWUSER | k.NEWNS | k.NEWPID | k.NEWIPC}
_ENTRIES_MOST = 500
_HIDDEN = ("/tmp/", "/var/tmp/")  # the task has its own
_PROPAGATION = {"private": k.MS_PRIVATE, "slave": k.MS_SLAVE, "shared": k.MS_SHARED}


def map_user(uid: int, gid: int) -> None:
    """Mode B: be oneself in the new user namespace, with the rights to mount there."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def enter(spec: dict[str, Any], folder: str) -> None:
    """Make the view for this process and its children. Raises OSError naming the step that failed."""
    os.umask(0o022)
    k.mount("", "/", flags=k.MS_REC | k.MS_SLAVE)
    stage = os.path.join(folder, "stage")
    os.makedirs(stage, exist_ok=True)
    run, tmp, vartmp = (os.path.join(folder, name) for name in ("run", "tmp", "vartmp"))
    may_make = spec["isolation"] == "A"
    # Sources are opened before anything is covered, so a source under /tmp is found all the same.
    binds = [(run, RUN, False, "")]
    if spec.get("storage"):
        binds.append((spec["storage"], SHARED, False, ""))
    binds.extend(_asked(spec, folder))
    held = [(os.open(source, os.O_PATH | os.O_CLOEXEC), target, read_only, how) for source, target, read_only, how in binds]
    keep = [(os.open(path, os.O_PATH | os.O_CLOEXEC), path) for path in _kept(spec, folder)]
    closed = dict.fromkeys(filter(None, (_closed(path, spec) for _, path in keep if not path.startswith(_HIDDEN))))
    own = [(os.open(s, os.O_PATH | os.O_CLOEXEC), t) for s, t in ((tmp, "/tmp"), (vartmp, "/var/tmp")) if os.path.isdir(t)]
    covered = [os.stat(target) for _, target in own]
    for fd, target in own:
        _bind(f"/proc/self/fd/{fd}", target)
    for path in closed:
        _bare(path)
    for fd, path in keep:
        os.makedirs(path, exist_ok=True)
        _bind(f"/proc/self/fd/{fd}", path)
    theirs: list[str] = []  # what shows the host's files: no mount point is made in there
    for fd, target, read_only, how in held:
        source = f"/proc/self/fd/{fd}"
        _point(target, stat.S_ISDIR(os.fstat(fd).st_mode), stage, theirs, may_make=may_make and target in {RUN, SHARED})
        if target != RUN:
            theirs.append(os.path.realpath(target))
        # What is mounted below a source comes along; the task's own /tmp must not, where the source is the host's.
        _bind(source, target, alone=any(os.path.samestat(os.fstat(fd), each) for each in covered))
        if read_only:
            k.mount("", target, flags=k.MS_BIND | k.MS_REMOUNT | k.MS_RDONLY | _locked(target))
        if how:
            k.mount("", target, flags=how_flags(how))
    for fd in (*(f for f, _ in own), *(f for f, *_ in held), *(f for f, _ in keep)):
        os.close(fd)
    if os.path.isdir("/dev/shm"):
        size = f",size={spec['shm_bytes']}" if spec.get("shm_bytes") else ""
        k.mount("tmpfs", "/dev/shm", "tmpfs", k.MS_NOSUID | k.MS_NODEV, "mode=1777" + size)
    tasks = os.path.dirname(spec.get("place") or "")
    if os.path.isdir(tasks):  # the folders of all tasks, with their tokens: none of this one's business
        k.mount("tmpfs", tasks, "tmpfs", k.MS_NOSUID | k.MS_NODEV | k.MS_RDONLY, "size=4k,mode=0555")
    k.mount("proc", "/proc", "proc", k.MS_NOSUID | k.MS_NODEV | k.MS_NOEXEC)


def how_flags(propagation: str) -> int:
    """docker's words (rprivate, slave, rshared …) as mount flags."""
    name = propagation.removeprefix("r")
    return _PROPAGATION.get(name, k.MS_PRIVATE) | (k.MS_REC if propagation.startswith("r") else 0)


def _asked(spec: dict[str, Any], folder: str) -> list[tuple[str, str, bool, str]]:
    """The spec's own mounts; a relative source lies in the task's folder, a relative target under the working directory."""
    return [
        (
            os.path.join(folder, "run", m["source"]) if not m["source"].startswith("/") else m["source"],
            os.path.join(RUN, "workdir", m["target"]),
            bool(m.get("read_only")),
            m.get("propagation") or "",
        )
        for m in spec.get("mounts", [])
    ]


def _kept(spec: dict[str, Any], folder: str) -> list[str]:
    """Folders that the task needs although it would not see them: under the host's /tmp, for it has a /tmp of its own; of its environment also
    those that lie in a folder which is closed to its user (the data folder is, and root's home)."""
    environment = (spec.get("environment") or {}).get("visible", [])
    wanted = [folder, *spec.get("visible", []), *environment]
    real = {os.path.realpath(p): p in environment for p in wanted if os.path.isdir(p)}
    under = [p for p, needed in real.items() if p.startswith(_HIDDEN) or (needed and _closed(p, spec))]
    return [p for p in dict.fromkeys(under) if not any(p != q and p.startswith(q + "/") for q in under)]


def _closed(path: str, spec: dict[str, Any]) -> str | None:
    """The first folder above a path that the task's user may not pass through; None where it may, or is the supervisor's own."""
    uid = spec.get("uid")
    if not uid or os.geteuid() != 0:
        return None
    groups = {spec["gid"], *spec.get("groups", [])}
    parts = path.split("/")[1:-1]
    for n in range(1, len(parts) + 1):
        place = "/" + "/".join(parts[:n])
        now = os.stat(place)
        right = stat.S_IXUSR if now.st_uid == uid else stat.S_IXGRP if now.st_gid in groups else stat.S_IXOTH
        if not now.st_mode & right:
            return place
    return None


def _bare(path: str) -> None:
    """Cover a closed folder with an empty one that can be passed through: what the task needs of it is bound there again, and nothing else."""
    k.mount("tmpfs", path, "tmpfs", k.MS_NOSUID | k.MS_NODEV, "mode=0755,size=1m")
    _CONJURED.add(os.stat(path).st_dev)


def _bind(source: str, target: str, *, alone: bool = False) -> None:
    """Show `source` on `target`, with what is mounted in it; `alone`: without the task's own folder that covers it by now."""
    if alone:
        with contextlib.suppress(OSError):  # refused in a user namespace where something else is mounted in there: that must come along
            k.mount(source, target, flags=k.MS_BIND)
            return
    k.mount(source, target, flags=k.MS_BIND | k.MS_REC)
    if alone:
        k.unmount(target)  # the cover, which lies on top


def _locked(path: str) -> int:
    """The flags of a mount that a user namespace may not take off when it mounts it again."""
    now = os.statvfs(path).f_flag
    return (now & os.ST_NOSUID and k.MS_NOSUID) | (now & os.ST_NODEV and k.MS_NODEV) | (now & os.ST_NOEXEC and k.MS_NOEXEC)


def _point(path: str, is_dir: bool, stage: str, theirs: list[str], *, may_make: bool) -> None:
    """Make sure that there is something to mount on; `may_make` allows to make it on the host, once and for all tasks."""
    if os.path.lexists(path):
        return
    parent = path
    while not os.path.isdir(parent):
        parent = os.path.dirname(parent)
    real = os.path.realpath(parent)
    shown = any((real + "/").startswith(place + "/") for place in theirs)
    if not (may_make or (not shown and _is_ours(real, stage))) or not os.access(parent, os.W_OK):
        _conjure(real, stage)
    os.makedirs(path if is_dir else os.path.dirname(path), mode=0o755, exist_ok=True)
    if not is_dir:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))


def _is_ours(path: str, stage: str) -> bool:
    """Whether a folder belongs to the task alone: on the tmpfs conjured here, in its run folder or on its private /tmp."""
    return os.stat(path).st_dev in _CONJURED or (path + "/").startswith(("/tmp/", "/var/tmp/", RUN + "/"))


_CONJURED: set[int] = set()


def _conjure(path: str, stage: str) -> None:
    """Cover a folder with a tmpfs that shows the same entries and takes new ones."""
    entries = os.listdir(path)
    if len(entries) > _ENTRIES_MOST:
        raise OSError(28, f"a mount point under {path} is missing, and that folder is too large to be covered: create it")
    now = os.stat(path)
    k.mount("tmpfs", stage, "tmpfs", k.MS_NODEV, f"mode={stat.S_IMODE(now.st_mode):o}")
    _CONJURED.add(os.stat(stage).st_dev)
    for name in entries:
        old, new = os.path.join(path, name), os.path.join(stage, name)
        mode = os.lstat(old).st_mode
        if stat.S_ISLNK(mode):
            os.symlink(os.readlink(old), new)
            continue
        if stat.S_ISDIR(mode):
            os.mkdir(new)
        else:
            os.close(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        _bind(old, new)
    if path == "/":
        os.chdir(stage)
        k.mount(".", "/", flags=k.MS_MOVE)
        os.chroot(".")
        os.chdir("/")
    else:
        k.mount(stage, path, flags=k.MS_MOVE)
