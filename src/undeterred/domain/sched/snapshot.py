"""A pool as the scheduler sees it, and what it answers."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """A pool's scheduler. kind: priority or fair_share; fitting: best (fill nodes up) or worst (spread); aux_per_node: how many tasks
    without slots a node may hold."""

    kind: str = "priority"
    preemption: bool = False
    fitting: str = "best"
    heterogeneous: bool = False
    aux_per_node: int = 100


class Node(msgspec.Struct, frozen=True):
    """A machine. slots: all it has, held or not; open: takes new tasks (neither disabled nor draining nor lost)."""

    id: str
    slots: int
    open: bool = True


class Share(msgspec.Struct, frozen=True, order=True):
    """A part of an allocation: this many slots on that node."""

    node: str
    slots: int


class Ask(msgspec.Struct, frozen=True):
    """An allocation that wants to run, or runs. priority: 1 (most urgent) .. 99; position: the job's place in the queue (µs of its
    submission, unless moved); requested_at: µs; single_node: never split; blocked: nodes that this task must not use."""

    id: str
    job: str
    slots: int
    priority: int = 42
    position: int = 0
    requested_at: int = 0
    preemptible: bool = True
    single_node: bool = False
    blocked: frozenset[str] = frozenset()

    @property
    def order(self) -> tuple[int, int, int, str]:
        """The most urgent first."""
        return (self.priority, self.position, self.requested_at, self.id)


class Placed(msgspec.Struct, frozen=True):
    """An allocation that has its place. leaving: it was asked to leave, or is being killed."""

    ask: Ask
    on: tuple[Share, ...]
    leaving: bool = False


class Snapshot(msgspec.Struct, frozen=True):
    """A pool at one moment. Every allocation with a place is in `placed`, also those on nodes that are gone."""

    nodes: tuple[Node, ...] = ()
    placed: tuple[Placed, ...] = ()
    waiting: tuple[Ask, ...] = ()
    settings: Settings = Settings()


class Placement(msgspec.Struct, frozen=True):
    """Start this allocation there. backfilled: something more urgent waits for more than there is, so this one may have to leave again."""

    id: str
    on: tuple[Share, ...]
    backfilled: bool = False


class Plan(msgspec.Struct, frozen=True):
    """What to do now. preempt: ids to ask to leave; waiting: ids that stay in the queue, in its order."""

    place: tuple[Placement, ...] = ()
    preempt: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
