"""What a running master is: fixed from its start to its end, handed to whoever needs it."""

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
