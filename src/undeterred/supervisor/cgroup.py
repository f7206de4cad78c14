"""A control group (v2) of the task's own, where this machine lets us make one: limits of memory, processors and processes, and a whole kill."""

import contextlib
import os
import time

LIMITS = {"memory_bytes": ("memory", "memory.max"), "cpus": ("cpu", "cpu.max"), "pids": ("pids", "pids.max")}
_PERIOD_US = 100_000


def _root() -> str | None:
    """Where version 2 is mounted; None without it or without the right to make groups."""
    with open("/proc/mounts") as file:
        places = [fields[1] for fields in (line.split() for line in file) if fields[2] == "cgroup2"]
    return next((os.path.join(place, "undeterred") for place in places if os.access(place, os.W_OK)), None)


def find(container_id: str) -> str | None:
    """The group of this container, if there is one."""
    root = _root()
    place = os.path.join(root, container_id) if root else ""
    return place if place and os.path.isdir(place) else None


def make(container_id: str, limits: dict[str, int]) -> tuple[str | None, str]:
    """(the new group or None, what of the limits could not be had). Without limits no group is needed: the namespaces keep the tree."""
    asked = {name: value for name, value in limits.items() if name in LIMITS}
    if not asked:
        return None, ""
    root = _root()
    if root is None:
        return None, f"limits of {', '.join(asked)} need cgroup version 2 and the right to use it: they are not in force"
    place = os.path.join(root, container_id)
    try:
        os.makedirs(place, exist_ok=True)
        for name, value in asked.items():
            controller, file = LIMITS[name]
            _enable(root, controller)
            _write(os.path.join(place, file), f"{int(value * _PERIOD_US)} {_PERIOD_US}" if name == "cpus" else str(value))
    except FileNotFoundError:  # version 1 holds this controller
        return place if os.path.isdir(
            place
        ) else None, f"limits of {', '.join(asked)} are not in force: cgroup version 2 has no {controller} here"
    except OSError as error:
        return place if os.path.isdir(place) else None, f"limits of {', '.join(asked)} are not in force: {error}"
    return place, ""


def _enable(root: str, controller: str) -> None:
    for place in (os.path.dirname(root), root):
        _write(os.path.join(place, "cgroup.subtree_control"), f"+{controller}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def join(group: str | None) -> None:
    """Move this process into the group; its children are born there."""
    if group is not None:
        with contextlib.suppress(OSError):
            _write(os.path.join(group, "cgroup.procs"), "0")


def remove(group: str | None, patience_s: float = 2.0) -> None:
    """Kill whoever is left in it and remove it."""
    if group is None:
        return
    with contextlib.suppress(OSError):
        _write(os.path.join(group, "cgroup.kill"), "1")
    deadline = time.monotonic() + patience_s
    while os.path.isdir(group) and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            os.rmdir(group)
            return
        time.sleep(0.005)
