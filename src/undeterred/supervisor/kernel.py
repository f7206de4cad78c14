"""The few Linux calls that Python 3.11 does not offer: clone with namespaces, mount, prctl. Everything raises OSError with the call's name."""

import ctypes
import os
import platform
import signal

NEWNS, NEWIPC, NEWUSER, NEWPID = 0x00020000, 0x08000000, 0x10000000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC = 1, 2, 4, 8, 32, 4096, 8192, 16384
MS_PRIVATE, MS_SLAVE, MS_SHARED = 1 << 18, 1 << 19, 1 << 20
_MNT_DETACH = 2
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 24, 36, 38
_CLONE_NUMBER = {"x86_64": 56, "aarch64": 220, "ppc64le": 120, "riscv64": 220}
# What a container engine leaves a root process: no mounting, no modules, no raw devices.
KEPT_CAPABILITIES = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})

# PyDLL keeps the interpreter lock during a call: the child of `clone` wakes up owning it, as after os.fork.
_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def clone(flags: int) -> int:
    """Fork with new namespaces; returns the child's id, 0 in the child. Only for a process with one thread."""
    number = _CLONE_NUMBER.get(platform.machine())
    if number is None:
        raise OSError(38, f"clone is not known for {platform.machine()}")
    zero = ctypes.c_long(0)
    return _check(_libc.syscall(ctypes.c_long(number), ctypes.c_long(flags | signal.SIGCHLD), zero, zero, zero, zero), "clone")


def unmount(target: str) -> None:
    """umount2(2) of what lies on top, with all that is mounted in it."""
    _check(_libc.umount2(os.fsencode(target), _MNT_DETACH), f"unmount {target}")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """mount(2)."""
    done = _libc.mount(os.fsencode(source), os.fsencode(target), kind.encode() or None, ctypes.c_ulong(flags), data.encode() or None)
    _check(done, f"mount {source or kind} on {target}")


def die_with_parent(number: int) -> None:
    """Ask for this signal when the parent ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(number), 0, 0, 0), "prctl(PDEATHSIG)")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0), "prctl(CHILD_SUBREAPER)")


def stay_small() -> None:
    """No program that is started from now on brings rights of its own (set-user-id): a task may mount over what such programs believe."""
    one, none = ctypes.c_ulong(1), ctypes.c_ulong(0)
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, one, none, none, none), "prctl(NO_NEW_PRIVS)")


def drop_capabilities() -> None:
    """Keep only a container's capabilities over the next exec; without the right to do so nothing was there to drop."""
    for capability in range(64):
        if capability in KEPT_CAPABILITIES:
            continue
        if _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) < 0:
            if ctypes.get_errno() == 22:
                return  # past the last capability this kernel knows
            _check(-1, f"prctl(CAPBSET_DROP {capability})")
