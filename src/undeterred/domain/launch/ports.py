"""The ports of an allocation: the lowest free ones from the harness's bases, so two allocations never meet on one host."""

from collections.abc import Collection

from undeterred import errors
from undeterred.domain.launch.facts import Ports

BASES = {"dtrain_ssh": 12350, "comm_1": 12360, "comm_2": 12365, "c10d": 29400}
MOST = 65535


def assign(used: Collection[int]) -> Ports:
    """Ports that are not in `used` (all ports of living allocations) and differ from each other. Raises ResourceExhausted when none is left."""
    taken = set(used)
    found: dict[str, int] = {}
    for name, base in BASES.items():
        port = next((p for p in range(base, MOST + 1) if p not in taken), None)
        if port is None:
            raise errors.ResourceExhausted(f"No port is free from {base} on: too many allocations at once")
        taken.add(port)
        found[name] = port
    return Ports(**found)


def numbers(ports: Ports) -> list[int]:
    """The ports as a list, to be kept as used."""
    return [ports.dtrain_ssh, ports.comm_1, ports.comm_2, ports.c10d]
