"""The runtimes of a master, by resource pool: this machine serves the default pool unless it was told to have no slots at all."""

from pathlib import Path

from undeterred.config.master import MasterConfig
from undeterred.runtimes import devices
from undeterred.runtimes.base import Runtime
from undeterred.runtimes.local import Local


def build_runtimes(config: MasterConfig, data: Path, epoch: int) -> dict[str, Runtime]:
    """A local runtime for the default compute pool; `slots: 0` starts no local node."""
    if config.slots == 0:
        return {}
    slots = devices.detect() if config.slots is None else devices.cpus(config.slots)
    return {config.resource_manager.default_compute_resource_pool: Local(data, epoch, slots)}
