"""The priority scheduler: rules by example, and what must hold for any pool."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from undeterred.domain.sched.planner import plan
from undeterred.domain.sched.room import ever_fits
from undeterred.domain.sched.snapshot import Ask, Node, Placed, Plan, Settings, Share, Snapshot
from undeterred.errors import Unimplemented

ON = Settings(preemption=True)
OFF = Settings()


def ask(name: str, slots: int = 1, priority: int = 42, at: int = 0, **more: Any) -> Ask:
    return Ask(id=name, job=name, slots=slots, priority=priority, position=at, requested_at=at, **more)


def pool(*sizes: int) -> tuple[Node, ...]:
    return tuple(Node(f"n{i}", size) for i, size in enumerate(sizes))


def on(request: Ask, **shares: int) -> Placed:
    return Placed(request, tuple(Share(node, slots) for node, slots in shares.items()))


def where(made: Plan) -> dict[str, dict[str, int]]:
    return {p.id: {share.node: share.slots for share in p.on} for p in made.place}


def test_order_is_priority_then_submission_then_request() -> None:
    a, b, c = ask("a", at=5), ask("b", at=1), ask("c", priority=1, at=9)
    made = plan(Snapshot(pool(1), waiting=(a, b, c)))
    assert where(made) == {"c": {"n0": 1}}
    assert made.waiting == ("b", "a")


def test_within_a_priority_small_ones_pass_big_ones_and_less_urgent_ones_wait() -> None:
    made = plan(Snapshot(pool(4), placed=(on(ask("r", 3), n0=3),), waiting=(ask("big", 4), ask("small", 1, at=1), ask("late", 1, 50))))
    assert set(where(made)) == {"small"}
    assert plan(Snapshot(pool(4), placed=(on(ask("r", 3), n0=3),), waiting=(ask("big", 4), ask("late", 1, 50)))).place == ()


def test_what_never_fits_holds_nobody_up() -> None:
    made = plan(Snapshot(pool(2), waiting=(ask("huge", 64, 1), ask("small", 1, 50))))
    assert set(where(made)) == {"small"}
    assert made.waiting == ("huge",)


def test_with_preemption_less_urgent_ones_are_backfilled_if_they_can_leave() -> None:
    held = on(ask("r", 2, 1, preemptible=False), n0=2)
    waiting = (ask("big", 4, 10), ask("b", 1, 50), ask("c", 1, 60, preemptible=False))
    made = plan(Snapshot(pool(4), placed=(held,), waiting=waiting, settings=ON))
    assert [(p.id, p.backfilled) for p in made.place] == [("b", True)]
    assert made.preempt == ()
    assert made.waiting == ("big", "c")


def test_preemption_takes_the_least_urgent_latest_first_and_no_more_than_needed() -> None:
    running = (on(ask("a", 1, 50, 1), n0=1), on(ask("b", 1, 60, 2), n1=1), on(ask("c", 1, 60, 3), n2=1))
    made = plan(Snapshot(pool(1, 1, 1), placed=running, waiting=(ask("u", 1, 10),), settings=ON))
    assert made.preempt == ("c",)
    assert made.waiting == ("u",)
    assert plan(Snapshot(pool(1, 1, 1), placed=running, waiting=(ask("u", 1, 10),), settings=OFF)).preempt == ()


def test_only_who_is_in_the_way_must_leave() -> None:
    running = (on(ask("a", 2, 50, 1), n0=2), on(ask("b", 1, 60, 2), n1=1))
    made = plan(Snapshot(pool(2, 1), placed=running, waiting=(ask("u", 2, 10),), settings=ON))
    assert made.preempt == ("a",)


def test_the_same_priority_gives_way_only_to_an_earlier_submission() -> None:
    late, early = on(ask("late", 1, at=9), n0=1), on(ask("early", 1, at=1), n0=1)
    assert plan(Snapshot(pool(1), placed=(late,), waiting=(ask("p", at=5),), settings=ON)).preempt == ("late",)
    assert plan(Snapshot(pool(1), placed=(early,), waiting=(ask("p", at=5),), settings=ON)).preempt == ()


def test_nobody_more_is_asked_while_somebody_is_leaving_and_nobody_steals_the_place() -> None:
    leaving = msgspec.structs.replace(on(ask("a", 1, 50), n0=1), leaving=True)
    running = (leaving, on(ask("b", 1, 60), n0=1))
    made = plan(Snapshot(pool(3), placed=running, waiting=(ask("u", 2, 10), ask("t", 1, 70)), settings=ON))
    assert (made.place, made.preempt, made.waiting) == ((), (), ("u", "t"))


def test_who_cannot_leave_is_left_alone() -> None:
    made = plan(Snapshot(pool(1), placed=(on(ask("a", 1, 99, preemptible=False), n0=1),), waiting=(ask("u", 1, 1),), settings=ON))
    assert made.preempt == ()


def test_best_fit_fills_up_and_worst_fit_spreads() -> None:
    held = (on(ask("r", 3), n1=3),)
    assert where(plan(Snapshot(pool(4, 4), placed=held, waiting=(ask("x"),)))) == {"x": {"n1": 1}}
    worst = Snapshot(pool(4, 4), placed=held, waiting=(ask("x"),), settings=Settings(fitting="worst"))
    assert where(plan(worst)) == {"x": {"n0": 1}}


def test_a_gang_takes_whole_idle_nodes_of_one_size() -> None:
    assert where(plan(Snapshot(pool(2, 4, 4, 2), waiting=(ask("g", 8),)))) == {"g": {"n1": 4, "n2": 4}}
    assert where(plan(Snapshot(pool(2, 2, 4), waiting=(ask("g", 6),)))) == {}
    assert where(plan(Snapshot(pool(4, 4), placed=(on(ask("r", 1), n0=1),), waiting=(ask("g", 8),)))) == {}
    assert where(plan(Snapshot(pool(4, 4), waiting=(ask("g", 8, single_node=True),)))) == {}
    uneven = Snapshot(pool(2, 4), waiting=(ask("g", 6),), settings=Settings(heterogeneous=True))
    assert where(plan(uneven)) == {"g": {"n1": 4, "n0": 2}}


def test_closed_and_blocked_nodes_are_not_used() -> None:
    nodes = (Node("n0", 4, open=False), Node("n1", 4))
    assert where(plan(Snapshot(nodes, waiting=(ask("a"), ask("b", blocked=frozenset({"n1"})))))) == {"a": {"n1": 1}}


def test_tasks_without_slots_are_counted_by_node_and_do_not_wait_for_others() -> None:
    settings = Settings(aux_per_node=2)
    waiting = (ask("big", 9, 1), *(ask(f"z{i}", 0, at=i) for i in range(5)))
    made = plan(Snapshot(pool(0, 8), waiting=waiting, settings=settings))
    assert [p.id for p in made.place] == ["z0", "z1", "z2", "z3"]
    assert Counter(share.node for p in made.place for share in p.on) == {"n0": 2, "n1": 2}
    assert made.waiting == ("big", "z4")


def test_another_scheduler_is_refused_by_name() -> None:
    with pytest.raises(Unimplemented, match="fair_share"):
        plan(Snapshot(settings=Settings(kind="fair_share")))


asks = st.builds(
    Ask,
    id=st.just(""),
    job=st.just("j"),
    slots=st.integers(0, 6),
    priority=st.integers(1, 4),
    position=st.integers(0, 5),
    preemptible=st.booleans(),
    single_node=st.booleans(),
    blocked=st.frozensets(st.sampled_from(["n0", "n1"]), max_size=1),
)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """A pool that came about by plans, so that what it holds fits."""
    nodes = tuple(Node(f"n{i}", slots) for i, slots in enumerate(draw(st.lists(st.integers(0, 4), min_size=1, max_size=4))))
    settings = Settings(
        preemption=draw(st.booleans()),
        fitting=draw(st.sampled_from(["best", "worst"])),
        heterogeneous=draw(st.booleans()),
        aux_per_node=draw(st.integers(1, 3)),
    )
    named = [msgspec.structs.replace(a, id=f"a{i}") for i, a in enumerate(draw(st.lists(asks, max_size=9)))]
    cut = draw(st.integers(0, len(named)))
    first = plan(Snapshot(nodes, waiting=tuple(named[:cut]), settings=settings))
    by_id = {a.id: a for a in named}
    placed = tuple(Placed(by_id[p.id], p.on, leaving=draw(st.booleans())) for p in first.place)
    closed = tuple(msgspec.structs.replace(n, open=draw(st.booleans())) for n in nodes)
    return Snapshot(closed, placed, tuple(named[cut:]), settings)


@given(snapshots())
def test_no_slot_is_given_twice_and_nothing_is_dropped(snapshot: Snapshot) -> None:
    made = plan(snapshot)
    assert sorted([*made.waiting, *(p.id for p in made.place)]) == sorted(a.id for a in snapshot.waiting)
    held: Counter[str] = Counter()
    aux: Counter[str] = Counter()
    for shares in [*(p.on for p in snapshot.placed), *(p.on for p in made.place)]:
        held.update({share.node: share.slots for share in shares})
        aux.update(share.node for share in shares if share.slots == 0)
    by_id = {a.id: a for a in snapshot.waiting}
    for node in snapshot.nodes:
        assert held[node.id] <= node.slots
        assert aux[node.id] <= snapshot.settings.aux_per_node
    for p in made.place:
        wanted = by_id[p.id]
        assert sum(share.slots for share in p.on) == wanted.slots
        assert len({share.node for share in p.on}) == len(p.on)
        assert len(p.on) == 1 or not wanted.single_node
        assert not {share.node for share in p.on} & wanted.blocked
        assert all(node.open for node in snapshot.nodes if node.id in {share.node for share in p.on})
        assert not p.backfilled or (snapshot.settings.preemption and wanted.preemptible)


@given(snapshots())
def test_only_the_less_urgent_leave_and_for_somebody(snapshot: Snapshot) -> None:
    made = plan(snapshot)
    assert made == plan(snapshot)
    assert len(set(made.preempt)) == len(made.preempt)
    if made.preempt:
        assert snapshot.settings.preemption
        pending = [a for a in snapshot.waiting if a.id in made.waiting and a.slots]
        running = {p.ask.id: p for p in snapshot.placed}
        for victim in (running[i] for i in made.preempt):
            assert victim.ask.preemptible
            assert not victim.leaving
            assert any((a.priority, a.position) < (victim.ask.priority, victim.ask.position) for a in pending)


@given(snapshots())
def test_in_the_end_everybody_who_fits_has_run(snapshot: Snapshot) -> None:
    """Who was asked to leave leaves and waits again; else, when nothing moves, the first running one ends."""
    nodes = tuple(msgspec.structs.replace(n, open=True) for n in snapshot.nodes)
    waiting, placed = list(snapshot.waiting), list(snapshot.placed)
    for _ in range(200):
        made = plan(Snapshot(nodes, tuple(placed), tuple(waiting), snapshot.settings))
        by_id = {a.id: a for a in waiting}
        placed += [Placed(by_id.pop(p.id), p.on) for p in made.place]
        waiting = list(by_id.values())
        gone = [p for p in placed if p.leaving or p.ask.id in made.preempt]
        waiting += [p.ask for p in gone if not p.leaving]
        placed = [p for p in placed if p not in gone]
        if not made.place and not gone:
            if not placed:
                break
            placed.pop(0)
    assert not placed
    assert not [a for a in waiting if ever_fits(a, Snapshot(nodes, settings=snapshot.settings))]
