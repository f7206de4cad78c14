"""The priority scheduler: the most urgent first; with preemption on, the less urgent make room.

Within one priority a small allocation may pass a big one that does not fit. Below a priority at which something does not fit, only what
can be asked to leave again may start, and only if preemption is on. What could not fit even if the pool were empty holds nobody up.
"""

from itertools import groupby

from undeterred.domain.sched.room import Room, ever_fits
from undeterred.domain.sched.snapshot import Ask, Placed, Placement, Plan, Share, Snapshot


def plan(snapshot: Snapshot) -> Plan:
    """Places, requests to leave and the rest, for the allocations with slots and, in a pass of its own, for those without."""
    draft = _Draft(snapshot)
    draft.walk([ask for ask in snapshot.waiting if ask.slots > 0], preempt=snapshot.settings.preemption)
    draft.walk([ask for ask in snapshot.waiting if ask.slots == 0], preempt=False)
    placed = {placement.id for placement in draft.place}
    waiting = tuple(ask.id for ask in sorted(snapshot.waiting, key=lambda ask: ask.order) if ask.id not in placed)
    return Plan(tuple(draft.place), tuple(draft.preempt), waiting)


class _Draft:
    """A plan while it is made."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.room = Room(snapshot)
        self.place: list[Placement] = []
        self.preempt: list[str] = []
        self._snapshot = snapshot
        self._staying = [placed for placed in snapshot.placed if not placed.leaving]

    def walk(self, asks: list[Ask], preempt: bool) -> None:
        """From the most urgent priority to the least."""
        short = False
        for _, group in groupby(sorted(asks, key=lambda ask: ask.order), key=lambda ask: ask.priority):
            level = [ask for ask in group if not short or (preempt and ask.preemptible)]
            unplaced = [ask for ask in level if not self._try(ask, backfilled=short)]
            if preempt:
                for ask in unplaced:
                    self._make_room(ask)
            short = short or any(ever_fits(ask, self._snapshot) for ask in unplaced)

    def _try(self, ask: Ask, backfilled: bool) -> bool:
        on = self.room.fit_now(ask)
        if on is None:
            return False
        self.room.place(on)
        self.place.append(Placement(ask.id, on, backfilled))
        return True

    def _make_room(self, ask: Ask) -> None:
        """Keep a place among those who are leaving already, or ask the least urgent, latest ones to leave until there is one."""
        on = self.room.fit_soon(ask)
        if on is None:
            found = self._victims(ask)
            if found is None:
                return
            victims, on = found
            for victim in victims:
                self.room.leave(victim)
                self._staying.remove(victim)
                self.preempt.append(victim.ask.id)
        self.room.reserve(on)

    def _victims(self, ask: Ask) -> tuple[list[Placed], tuple[Share, ...]] | None:
        """Who must leave, and the place that this makes; None where even all of them are too few. Who leaves in vain is left alone."""
        candidates = [each for each in self._staying if each.ask.preemptible and each.ask.slots > 0 and _yields(each.ask, ask)]
        free = self.room.soon
        self.room.soon = free.copy()
        try:
            chosen: list[Placed] = []
            for each in sorted(candidates, key=lambda each: each.ask.order, reverse=True):
                chosen.append(each)
                self.room.soon.give(each.on)
                on = self.room.fit_soon(ask)
                if on is not None:
                    used = {share.node for share in on}
                    return [each for each in chosen if any(share.node in used for share in each.on)], on
            return None
        finally:
            self.room.soon = free


def _yields(running: Ask, pending: Ask) -> bool:
    """True where the pending one is more urgent, or as urgent and submitted earlier."""
    return running.priority > pending.priority or (running.priority == pending.priority and running.position > pending.position)
