"""What tasks tell of their allocations, who may tell it, and what administrators switch."""

import json

import pytest

from tests.services.reporting import ADMIN, Lab
from undeterred.config.master import MasterConfig
from undeterred.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from undeterred.services import agents, job_queue, resource_pools, scheduling, task_reports
from undeterred.services.identity import Caller
from undeterred.services.rendezvous import Meetings
from undeterred.services.scheduling import Secrets
from undeterred.store import allocations, nodes
from undeterred.store import jobs as job_rows
from undeterred.store.db import Database, Tx
from undeterred.wire.agents import GetAgentsRequest
from undeterred.wire.jobs import GetJobsRequest, QueueControl

SLOTS = [{"id": i, "kind": "cpu", "uuid": f"u{i}", "brand": "b", "enabled": True, "draining": False} for i in range(2)]
UUID = "11111111-1111-1111-1111-111111111111"


def fresh() -> Secrets:
    fresh_count.append(1)
    return Secrets(f"container-{len(fresh_count)}", f"token-{len(fresh_count)}", f"key-{len(fresh_count)}")


fresh_count: list[int] = []


def waiting(db: Database, slots: int = 1) -> str:
    """An allocation of a trial that waits, on a cluster of one node with two slots."""
    lab = Lab(db)
    task = lab.task(lab.trial())

    def make(tx: Tx) -> str:
        nodes.upsert(tx, "n1", "default", "host1", json.dumps(SLOTS))
        allocations.insert(tx, f"{task}.1", task, 1, None, "default", slots)
        return f"{task}.1"

    return db.write_now(make)


def place(db: Database, config: MasterConfig) -> int:
    return db.write_now(scheduling.schedule, config, 1, fresh)


def test_a_task_meets_its_peers_only_once_it_runs_and_is_ready_then(db: Database, config: MasterConfig) -> None:
    allocation = waiting(db)
    with pytest.raises(FailedPrecondition, match="not preemptible"):
        db.read_now(task_reports.shall_leave, allocation)
    assert place(db, config) == 1
    container = f"container-{len(fresh_count)}"
    assert db.write_now(task_reports.rendezvous, ADMIN, allocation, container) is None
    with pytest.raises(FailedPrecondition, match="stale resources other"):
        db.write_now(task_reports.rendezvous, ADMIN, allocation, "other")
    db.write_now(allocations.move, allocation, ("ASSIGNED",), "RUNNING")
    found = db.write_now(task_reports.rendezvous, ADMIN, allocation, container)
    assert found is not None
    assert (found.rank, found.slots) == (0, [1])
    row = db.read_now(allocations.get, allocation)
    assert row is not None
    assert row.is_ready == 1
    assert db.read_now(task_reports.shall_leave, allocation) is None
    db.write_now(task_reports.preempt, ADMIN, allocation)
    assert db.read_now(task_reports.shall_leave, allocation) is True


def test_only_its_own_task_its_owner_and_administrators_speak_for_it(db: Database) -> None:
    allocation = waiting(db)
    task = allocation.rpartition(".")[0]
    own = Caller(1, "admin", True, True, "allocation", allocation_id=allocation, task_id=task)
    db.write_now(task_reports.ready, own, allocation)
    strangers = Caller(2, "determined", False, True, "login"), Caller(1, "admin", True, True, "allocation", task_id="another")
    for stranger in strangers:
        with pytest.raises(PermissionDenied):
            db.write_now(task_reports.ready, stranger, allocation)
    with pytest.raises(InvalidArgument, match="does not contain"):
        db.write_now(task_reports.ready, ADMIN, "nodot")
    with pytest.raises(NotFound):
        db.write_now(task_reports.ready, ADMIN, "no.1")


def test_a_disabled_slot_takes_nothing_and_what_ran_on_it_is_killed(db: Database, config: MasterConfig) -> None:
    allocation = waiting(db, slots=2)
    db.write_now(agents.switch_slot, ADMIN, "n1", "0", False, True)
    assert place(db, config) == 0
    db.write_now(agents.switch_slot, ADMIN, "n1", "0", True, False)
    assert place(db, config) == 1
    shown = db.read_now(agents.get_all, GetAgentsRequest()).agents[0]
    assert [slot.container is not None for slot in shown.slots.values()] == [True, True]
    assert db.write_now(agents.switch, ADMIN, "n1", False, True).draining
    row = db.read_now(allocations.get, allocation)
    assert row is not None
    assert row.stop_kind is None, "a drained agent lets its tasks end"
    db.write_now(agents.switch_slot, ADMIN, "n1", "1", False, False)
    row = db.read_now(allocations.get, allocation)
    assert row is not None
    assert row.stop_kind == "kill"
    with pytest.raises(NotFound, match="slot '7' not found"):
        db.read_now(agents.slot, "n1", "7")


def test_pools_count_what_they_have_and_hold(db: Database, config: MasterConfig) -> None:
    waiting(db)
    place(db, config)
    (pool,) = db.read_now(resource_pools.get_all, config)
    assert (pool.num_agents, pool.slots_available, pool.slots_used, pool.default_aux_pool) == (1, 2, 1, True)


def _two_jobs(tx: Tx) -> None:
    for name in ("j1", "j2"):
        job_rows.insert(tx, name, "COMMAND", 1, "default", 42, 1.0, True)


def test_the_queue_follows_priorities_and_good_changes_outlive_bad_ones(db: Database, config: MasterConfig) -> None:
    db.write_now(_two_jobs)
    problems = db.write_now(
        job_queue.update,
        config,
        [QueueControl(job_id="no", priority=1), QueueControl(job_id="j2", priority=3), QueueControl(job_id="j1", priority=100)],
        ADMIN,
    )
    assert isinstance(job_queue.together(problems), InvalidArgument)
    assert job_queue.together(problems[:1]).text == "job no not found"
    found, window = db.read_now(job_queue.get, config, GetJobsRequest())
    assert [(job.job_id, job.priority, job.summary.jobs_ahead if job.summary else -1) for job in found] == [("j2", 3, 0), ("j1", 42, 1)]
    assert window.total == 2


def test_a_meeting_is_whole_when_all_came_and_who_leaves_takes_its_data_along() -> None:
    meetings = Meetings()
    one, two = {"rank": 0}, {"rank": 1}
    first = meetings.join("a.1", UUID, 2, one)
    assert not first.whole()
    meetings.leave("a.1", UUID, first, one)
    again = meetings.join("a.1", UUID, 2, one)
    assert again is not first
    assert meetings.join("a.1", UUID.upper(), 2, two).brought == [one, two]
    with pytest.raises(InvalidArgument, match="invalid UUID length: 4"):
        meetings.join("a.1", "nope", 1, {})
