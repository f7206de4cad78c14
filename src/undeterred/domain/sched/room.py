"""How much room the nodes of a pool have, now and once those who are leaving have left; and where an allocation fits."""

from collections import defaultdict
from collections.abc import Iterable

from undeterred.domain.sched.snapshot import Ask, Placed, Settings, Share, Snapshot


class Room:
    """Free slots by node while a plan is made. A view of either moment is a `Free`; what is taken later is taken now as well."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.settings = snapshot.settings
        total = {node.id: node.slots for node in snapshot.nodes if node.open}
        self.now = Free(total)
        self.soon = Free(total)
        for placed in snapshot.placed:
            self.now.take(placed.on)
            if not placed.leaving:
                self.soon.take(placed.on)

    def fit_now(self, ask: Ask) -> tuple[Share, ...] | None:
        """A place that is free at once."""
        return fit(ask, self.now, self.settings)

    def fit_soon(self, ask: Ask) -> tuple[Share, ...] | None:
        """A place that is free once those who are leaving have left."""
        return fit(ask, self.soon, self.settings)

    def place(self, on: tuple[Share, ...]) -> None:
        """Take a place at once."""
        self.now.take(on)
        self.soon.take(on)

    def reserve(self, on: tuple[Share, ...]) -> None:
        """Keep a place for later: nobody else gets what is left of it."""
        self.soon.take(on)
        self.now.limit(self.soon)

    def leave(self, placed: Placed) -> None:
        """Somebody was asked to leave."""
        self.soon.give(placed.on)


class Free:
    """Free slots and tasks without slots, by node. Nodes outside the pool are not counted; free may be negative where a node shrank."""

    def __init__(self, total: dict[str, int]) -> None:
        self.total = total
        self.slots = dict(total)
        self.aux: dict[str, int] = defaultdict(int)

    def copy(self) -> "Free":
        """A private copy."""
        other = Free(self.total)
        other.slots, other.aux = dict(self.slots), defaultdict(int, self.aux)
        return other

    def take(self, on: Iterable[Share]) -> None:
        """Somebody comes."""
        self._change(on, 1)

    def give(self, on: Iterable[Share]) -> None:
        """Somebody goes."""
        self._change(on, -1)

    def limit(self, other: "Free") -> None:
        """Have no more than the other one."""
        for node, free in other.slots.items():
            self.slots[node] = min(self.slots[node], free)
            self.aux[node] = max(self.aux[node], other.aux[node])

    def idle(self, node: str) -> bool:
        """True where none of the node's slots are held."""
        return self.slots[node] == self.total[node]

    def _change(self, on: Iterable[Share], sign: int) -> None:
        for share in on:
            if share.node in self.slots:
                self.slots[share.node] -= sign * share.slots
                self.aux[share.node] += sign * (share.slots == 0)


def fit(ask: Ask, free: Free, settings: Settings) -> tuple[Share, ...] | None:
    """Where an allocation fits: on one node, else as a gang over idle nodes; None where it does not."""
    nodes = sorted(node for node in free.slots if node not in ask.blocked)
    if ask.slots == 0:
        return _fit_aux(nodes, free, settings)
    one = _fit_one(ask.slots, nodes, free, settings)
    if one or ask.single_node:
        return one
    idle = [node for node in nodes if free.total[node] > 0 and free.idle(node)]
    return _fit_equal(ask.slots, idle, free) or (_fit_any(ask.slots, idle, free) if settings.heterogeneous else None)


def ever_fits(ask: Ask, snapshot: Snapshot) -> bool:
    """True where the pool could hold the allocation if it were empty."""
    return fit(ask, Free({node.id: node.slots for node in snapshot.nodes}), snapshot.settings) is not None


def _fit_aux(nodes: list[str], free: Free, settings: Settings) -> tuple[Share, ...] | None:
    """The node with the fewest tasks without slots."""
    able = [node for node in nodes if free.aux[node] < settings.aux_per_node]
    return (Share(min(able, key=lambda node: (free.aux[node], node)), 0),) if able else None


def _fit_one(slots: int, nodes: list[str], free: Free, settings: Settings) -> tuple[Share, ...] | None:
    """best: the node with the fewest free slots; worst: the one with the greatest free part."""
    able = [node for node in nodes if free.slots[node] >= slots]
    if not able:
        return None
    if settings.fitting == "worst":
        return (Share(min(able, key=lambda node: (-free.slots[node] / free.total[node], node)), slots),)
    return (Share(min(able, key=lambda node: (free.slots[node], node)), slots),)


def _fit_equal(slots: int, idle: list[str], free: Free) -> tuple[Share, ...] | None:
    """Whole idle nodes of one size that divides the slots; as few of them as can be."""
    for size in sorted({free.total[node] for node in idle}, reverse=True):
        same = [node for node in idle if free.total[node] == size]
        if slots % size == 0 and len(same) >= slots // size:
            return tuple(Share(node, size) for node in same[: slots // size])
    return None


def _fit_any(slots: int, idle: list[str], free: Free) -> tuple[Share, ...] | None:
    """Idle nodes of any size, the greatest first, the last one perhaps not to its end."""
    shares: list[Share] = []
    for node in sorted(idle, key=lambda node: (-free.total[node], node)):
        part = min(slots, free.total[node])
        shares.append(Share(node, part))
        slots -= part
        if slots == 0:
            return tuple(shares)
    return None
