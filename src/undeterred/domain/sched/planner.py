"""The one way in: a snapshot of a pool gives a plan, by the pool's kind of scheduler."""

from collections.abc import Callable

from undeterred.domain.sched import priority
from undeterred.domain.sched.snapshot import Plan, Snapshot
from undeterred.errors import Unimplemented

SCHEDULERS: dict[str, Callable[[Snapshot], Plan]] = {"priority": priority.plan}


def plan(snapshot: Snapshot) -> Plan:
    """What to do in a pool now. Every waiting allocation is either placed or still waiting. Raises Unimplemented for another scheduler."""
    scheduler = SCHEDULERS.get(snapshot.settings.kind)
    if scheduler is None:
        raise Unimplemented(f"this master has no {snapshot.settings.kind} scheduler: set the pool's scheduler to priority")
    return scheduler(snapshot)
