"""The task's folder: what lies where, the claim, the exit record, and its removal.

`spec.json` written by the runtime · `claim` pid and start time of the supervisor · `state` its last state · `spool/` unsent lines ·
`exit.json` the exit record · `run/` is the task's /run/determined · `tmp/` its /tmp · `env/` stands in `run/`.
"""

import contextlib
import fcntl
import json
import os
import shutil
import stat
import threading
from typing import Any

SPEC, CLAIM, STATE, EXIT, COLLECT = "spec.json", "claim", "state", "exit.json", "collect"
ENDED = ".ended"  # beside the folders: an empty file for each that ended, kept for a day by the runtime


def start_time(pid: int) -> int | None:
    """When a living process started, in clock ticks since boot: with the pid it names one process for ever; None when it is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in {b"Z", b"X"} else int(fields[19])


def boot_id() -> str:
    """This boot of the machine: pids and start times of another one mean nothing."""
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read().strip()


def claim(folder: str, *, dead: bool = False) -> bool:
    """Take the folder's one start for this process, or (dead) take it so that nobody ever starts; False when somebody has it.
    The claim appears whole and once: link(2) refuses an existing name as O_EXCL does."""
    part = os.path.join(folder, f".{CLAIM}-{os.getpid()}")
    write(part, b'{"pid": 0, "started": 0, "boot": ""}' if dead else _owner(folder))
    try:
        os.link(part, os.path.join(folder, CLAIM))
    except FileExistsError:
        return False
    finally:
        os.unlink(part)
    return True


def claimed(folder: str) -> tuple[bool, int | None]:
    """(is the start claimed, pid of the supervisor when it lives). A claim that a power cut left empty is a dead one's."""
    try:
        with open(os.path.join(folder, CLAIM), "rb") as file:
            text = file.read()
    except FileNotFoundError:
        return False, None
    try:
        return True, _living(json.loads(text), folder)
    except ValueError:
        return True, None


def is_copy(folder: str) -> bool:
    """Whether this is a copy of a folder that is still in its place: the processes of that one are none of ours."""
    owner = read_json(os.path.join(folder, CLAIM))
    inode = owner.get("inode") if isinstance(owner, dict) else None
    return inode is not None and inode != _inode(folder) and inode == _inode(owner["place"])


def _owner(folder: str) -> bytes:
    """This process at work in this folder, signed so that it is never taken for another one, nor a copy of the folder for it."""
    here = {"place": os.path.realpath(folder), "inode": _inode(folder)}
    return json.dumps({"pid": os.getpid(), "started": start_time(os.getpid()), "boot": boot_id()} | here).encode()


def _inode(folder: str) -> list[int] | None:
    """What stays the same when a folder is moved, and is another in a copy; None when it is gone."""
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return [found.st_dev, found.st_ino]


def _living(owner: Any, folder: str) -> int | None:
    """The process id of a signature, while that very process lives and this is the folder that it is at work in."""
    if not isinstance(owner, dict) or owner.get("boot") != boot_id() or start_time(owner["pid"]) != owner["started"]:
        return None
    if owner.get("inode") not in (None, _inode(folder)):
        return None
    return int(owner["pid"])


def lock(folder: str) -> int | None:
    """Hold the folder for collecting what a dead supervisor left; None when another process does. Released by the end of this process."""
    fd = os.open(os.path.join(folder, COLLECT), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    os.ftruncate(fd, 0)
    os.write(fd, _owner(folder))
    return fd


def collector(folder: str) -> int | None:
    """The process that finishes for a dead supervisor, while it lives."""
    return _living(read_json(os.path.join(folder, COLLECT)), folder)


def write(path: str, data: bytes, mode: int = 0o600, *, sync: bool = False) -> None:
    """Write a whole file or nothing: a reader never sees half of it."""
    part = f"{path}.part-{os.getpid()}-{threading.get_ident()}"
    fd = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(fd, mode)
        if sync:
            os.fsync(fd)
    os.rename(part, path)
    if sync:
        directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def read_json(path: str) -> Any:
    """A JSON file's value; None when it is absent or unreadable."""
    try:
        with open(path, "rb") as file:
            return json.loads(file.read())
    except (FileNotFoundError, ValueError):
        return None


def taken_away(folder: str) -> bool:
    """Whether somebody removed it under a living supervisor, which may have made a part of it again."""
    return not os.path.exists(os.path.join(folder, SPEC))


def ended(folder: str) -> bool:
    """Whether this container has lived and was cleared away: a start that comes late must not start it a second time."""
    return os.path.exists(os.path.join(os.path.dirname(folder), ENDED, os.path.basename(folder)))


def remove(folder: str) -> None:
    """Take the folder away: its end is noted, then it is out of sight by its name, then gone from the disk. Missing is fine."""
    with contextlib.suppress(OSError):  # a full disk must not keep the folder from going
        notes = os.path.join(os.path.dirname(folder), ENDED)
        with contextlib.suppress(FileExistsError):
            os.mkdir(notes, 0o700)
        os.close(os.open(os.path.join(notes, os.path.basename(folder)), os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    gone = os.path.join(os.path.dirname(folder), f".gone-{os.path.basename(folder)}")
    if not os.path.basename(folder).startswith(".gone-"):
        with contextlib.suppress(FileNotFoundError):
            os.rename(folder, gone)
        folder = gone
    shutil.rmtree(folder, onerror=_open_up)


def _open_up(action: Any, path: str, _error: Any) -> None:
    """A task may have taken the write permission from a folder of its own: give it back and try once more."""
    with contextlib.suppress(OSError):
        parent = os.path.dirname(path)
        os.chmod(parent, stat.S_IRWXU)
        if not os.path.islink(path) and os.path.isdir(path):
            os.chmod(path, stat.S_IRWXU)
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
