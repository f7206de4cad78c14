"""A process and everything it started, found and killed without a PID namespace."""

import contextlib
import os
import signal
import time


def descendants(root: int) -> list[int]:
    """Living descendants of a process, children before grandchildren; zombies are left out."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
            if fields[0] not in {b"Z", b"X"}:
                children.setdefault(int(fields[1]), []).append(int(name))
    found: list[int] = []
    edge = [root]
    while edge:
        edge = [child for parent in edge for child in children.get(parent, [])]
        found.extend(edge)
    return found


def kill(root: int, patience_s: float = 5.0) -> bool:
    """SIGKILL all descendants until none lives; what is born meanwhile is found in the next round. Returns whether all are gone.
    The caller adopts orphans (kernel.adopt_orphans), so nobody can leave the tree."""
    deadline = time.monotonic() + patience_s
    while found := descendants(root):
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def marked(container_id: str) -> list[int]:
    """Living processes that carry this container's id in their environment: what survived a dead supervisor."""
    mark = f"DET_CONTAINER_ID={container_id}".encode()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
                if mark in file.read().split(b"\0"):
                    found.append(int(name))
    return found


def kill_marked(container_id: str, patience_s: float = 5.0) -> bool:
    """SIGKILL what `marked` finds, until nothing is found."""
    deadline = time.monotonic() + patience_s
    while found := marked(container_id):
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
