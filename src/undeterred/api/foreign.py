"""What a page of another site may make a browser send here, and how it is told apart (docs/decisions/0011-trust-model.md).

Programs send no Origin header, and pages that we served say their own host. A name that only looks like this machine's is one that somebody
else's name server pointed at it (DNS rebinding): it matters where an account can be opened without a password.
"""

import ipaddress
import socket
from functools import lru_cache

Given = dict[bytes, bytes]

REFUSED = (
    "a page of {origin} may not call this master: open its own address, or set `enable_cors: true` in the master's configuration to let "
    "pages of every origin in"
)
STRANGE = (
    "{host} is no name of this machine, and {users} may log in without a password: reach the master as localhost or by its IP address, or "
    "give every user a password (`det user change-password`)"
)


def origin(headers: Given) -> str | None:
    """The foreign origin that a request comes from; None where a program or one of our own pages sent it."""
    asking = headers.get(b"origin")
    if asking is None or headers.get(b"sec-fetch-site") == b"same-origin":
        return None
    authority = asking.partition(b"://")[2].lower()
    if authority and authority in (headers.get(b"host", b"").lower(), headers.get(b"x-forwarded-host", b"").lower()):
        return None
    return asking.decode("latin-1")[:200]


def strange_host(headers: Given, listening: str) -> str | None:
    """The name under which we were reached, if it is no address and no name of this machine; `listening`: the configured one."""
    host = headers.get(b"host", b"").decode("latin-1")
    return None if _is_known(host, listening) else host[:200]


@lru_cache(maxsize=256)
def _is_known(host: str, listening: str) -> bool:
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    name = name.lower().rstrip(".")
    if name in ("", "localhost", listening.lower(), socket.gethostname().lower()) or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
