"""Where a master is at home: its data folder, the address that it listens on."""

import errno
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from undeterred.errors import FailedPrecondition


def usual_data(environ: Mapping[str, str]) -> str:
    """The folder that is taken when nobody names one; it may begin with `~`."""
    return os.path.join(environ.get("XDG_DATA_HOME") or os.path.join("~", ".local", "share"), "undeterred")


def data_folder(told: str | Path) -> Path:
    """The folder as it is, from what was told. Raises FailedPrecondition for a `~` without a home, and for a name that is no text."""
    try:
        folder = Path(told).expanduser().absolute()
        str(folder).encode()
    except RuntimeError:
        raise FailedPrecondition(
            f"this user has no home folder, so {told} is nowhere: set HOME, or name a data folder with --data (or UNDETERRED_DATA)"
        ) from None
    except UnicodeEncodeError:
        raise FailedPrecondition(f"the data folder's name {str(told)!r} is not UTF-8: choose another one with --data") from None
    return folder


def way_out(error: OSError) -> str:
    """What to do where the master's address and port cannot be listened on."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return "ports below 1024 are root's: choose another port with --port"
    if error.errno == errno.EADDRINUSE:
        return "choose another port with --port (0 takes a free one)"
    return "choose an address of this machine with --host"


def names_v6_loopback(name: str) -> bool:
    """Whether this machine knows ::1 by a name."""
    try:
        return any(found[4][0] == "::1" for found in socket.getaddrinfo(name, None, socket.AF_INET6))
    except OSError:
        return False
