"""What a running master is: fixed from its start to its end, handed to whoever needs it."""

import ipaddress
from pathlib import Path

import msgspec

from undeterred.config.master import MasterConfig


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`started_at` in µs; `url` is where tasks on this machine reach the master; `epoch` counts masters of this store."""

    config: MasterConfig
    data: Path
    url: str
    cluster_id: str
    master_id: str
    cluster_name: str
    epoch: int
    started_at: int

    @property
    def exposed(self) -> bool:
        """Whether the master listens beyond this machine's loopback."""
        return not is_loopback(self.config.host)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
