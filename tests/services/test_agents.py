"""Agents and their slots: counts, pages, switches."""

import json

import pytest

from tests.services.reporting import ADMIN, plain
from undeterred.errors import InvalidArgument, NotFound
from undeterred.services import agents
from undeterred.store import nodes
from undeterred.store.db import Database
from undeterred.wire.agents import GetAgentsRequest, GetAgentsRequestSortBy
from undeterred.wire.common import OrderBy


def node(db: Database, name: str, slots: int) -> None:
    known = [{"id": i, "kind": "cuda", "uuid": f"u{i}", "brand": "B", "enabled": True, "draining": False} for i in range(slots)]
    db.write_now(nodes.upsert, name, "default", "10.0.0.1", json.dumps(known))


def test_slots_are_counted_by_what_they_are(db: Database) -> None:
    node(db, "a", 3)
    assert db.write_now(agents.switch_slot, ADMIN, "a", "0", False, True).draining
    assert not db.write_now(agents.switch_slot, ADMIN, "a", "1", False, False).draining
    stats = plain(db.read_now(agents.get, "a").slot_stats)
    assert stats["typeStats"] == {"TYPE_CUDA": {"states": {}, "draining": 1, "disabled": 2, "total": 3}}
    assert stats["brandStats"] == {"B": stats["typeStats"]["TYPE_CUDA"]}
    assert db.write_now(agents.switch_slot, ADMIN, "a", "0", True, True).enabled
    assert [one.enabled for one in db.read_now(agents.slots, "a")] == [True, False, True]


def test_a_whole_agent_is_switched(db: Database) -> None:
    node(db, "a", 1)
    off = db.write_now(agents.switch, ADMIN, "a", False, True)
    assert (off.enabled, off.draining, [one.enabled for one in off.slots.values()]) == (False, True, [False])
    on = db.write_now(agents.switch, ADMIN, "a", True, True)
    assert (on.enabled, on.draining, list(on.slots)) == (True, False, ["/agents/a/slots/0"])
    for ask in (lambda: db.read_now(agents.get, "b"), lambda: db.read_now(agents.slot, "b", "0")):
        with pytest.raises(NotFound, match="agent 'b' not found"):
            ask()
    with pytest.raises(NotFound, match="slot '9' not found"):
        db.write_now(agents.switch_slot, ADMIN, "a", "9", True, False)


def test_pages_of_agents(db: Database) -> None:
    for name in ("b", "a", "c"):
        node(db, name, 2)

    def names(**given: object) -> list[str]:
        return [agent.id for agent in db.read_now(agents.get_all, GetAgentsRequest(**given)).agents]  # type: ignore[arg-type]

    assert names() == ["a", "b", "c"]
    assert names(order_by=OrderBy.ORDER_BY_DESC, limit=2) == ["c", "b"]
    assert names(sort_by=GetAgentsRequestSortBy.SORT_BY_TIME) == ["b", "a", "c"]
    assert names(offset=-1) == ["c"]
    with pytest.raises(InvalidArgument, match="offset out of bounds"):
        names(offset=4)
    bare = db.read_now(agents.get_all, GetAgentsRequest(exclude_slots=True, limit=1)).agents[0]
    assert bare.slots == {}
    assert bare.slot_stats is not None
    assert bare.slot_stats.type_stats["TYPE_CUDA"].total == 2
