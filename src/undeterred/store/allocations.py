"""Allocations: one try at running a task. Every move names the state it expects."""

from typing import Any

import msgspec

from undeterred.store.db import Tx


class AllocationRow(msgspec.Struct, frozen=True):
    """One try. Instants in µs; `slot_ids`, `ports`, `addresses` are JSON; `stop_kind`: preempt | kill | None."""

    id: str
    task_id: str
    run: int
    job_id: str | None
    state: str
    pool: str
    slots_wanted: int
    requested_at: int
    started_at: int | None
    ended_at: int | None
    is_ready: int
    epoch: int
    node_id: str | None
    slot_ids: str
    container_id: str | None
    ports: str
    addresses: str
    supervisor_hash: str | None
    secrets: str | None
    stop_kind: str | None
    stop_reason: str | None
    stop_at: int | None
    preempt_acked: int
    kill_at: int | None
    exit_code: int | None
    failure: str | None
    exit_reason: str | None
    log_next: int
    proxy_address: str | None
    said: str | None


COLUMNS = ", ".join(AllocationRow.__struct_fields__)
LIVE = "state <> 'TERMINATED'"


def insert(tx: Tx, allocation_id: str, task_id: str, run: int, job_id: str | None, pool: str, slots: int) -> None:
    """A new try waits for slots."""
    tx.run(
        "INSERT INTO allocations (id, task_id, run, job_id, state, pool, slots_wanted, requested_at)"
        " VALUES (:id, :task, :run, :job, 'PENDING', :pool, :slots, :now)",
        id=allocation_id,
        task=task_id,
        run=run,
        job=job_id,
        pool=pool,
        slots=slots,
        now=tx.now,
    )


def get(tx: Tx, allocation_id: str) -> AllocationRow | None:
    """One allocation."""
    return tx.one(AllocationRow, f"SELECT {COLUMNS} FROM allocations WHERE id = :id", id=allocation_id)


def of_task(tx: Tx, task_id: str) -> list[AllocationRow]:
    """A task's tries: running ones first, then the newest end first, as the client wants them."""
    return tx.all(
        AllocationRow,
        f"SELECT {COLUMNS} FROM allocations WHERE task_id = :task"
        " ORDER BY CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END, ended_at DESC, run DESC",
        task=task_id,
    )


def live(tx: Tx) -> list[AllocationRow]:
    """Every allocation that has not ended, oldest request first."""
    return tx.all(AllocationRow, f"SELECT {COLUMNS} FROM allocations WHERE {LIVE} ORDER BY requested_at, id")


def assign(tx: Tx, allocation_id: str, **values: Any) -> bool:
    """PENDING -> ASSIGNED with a place and secrets; values: node_id, slot_ids, container_id, ports, epoch, token_hash, supervisor_hash, secrets."""
    moved = tx.run(
        "UPDATE allocations SET state = 'ASSIGNED', started_at = :now, node_id = :node_id, slot_ids = :slot_ids, container_id = :container_id,"
        " ports = :ports, epoch = :epoch, token_hash = :token_hash, supervisor_hash = :supervisor_hash, secrets = :secrets"
        " WHERE id = :id AND state = 'PENDING' AND stop_kind IS NULL",
        id=allocation_id,
        now=tx.now,
        **values,
    )
    return moved == 1


def move(tx: Tx, allocation_id: str, before: tuple[str, ...], after: str) -> bool:
    """Change the state if it is one of `before`."""
    expected = tx.dialect.member("state", "before", "text")
    sql = f"UPDATE allocations SET state = :after WHERE id = :id AND {expected}"
    return tx.run(sql, id=allocation_id, after=after, before=tx.dialect.bag(before)) == 1


def want_stop(tx: Tx, allocation_id: str, kind: str, reason: str, kill_at: int | None) -> bool:
    """Ask a live allocation to stop: preempt, or kill (which overrides a preemption). True if that is news."""
    weaker = "stop_kind IS NULL" if kind == "preempt" else "(stop_kind IS NULL OR stop_kind = 'preempt')"
    sql = (
        "UPDATE allocations SET stop_kind = :kind, stop_reason = :reason, stop_at = :now, kill_at = :kill_at"
        f" WHERE id = :id AND {LIVE} AND {weaker}"
    )
    return tx.run(sql, id=allocation_id, kind=kind, reason=reason, now=tx.now, kill_at=kill_at) == 1


def set_ready(tx: Tx, allocation_id: str) -> bool:
    """The task is ready for its users (and for preemption). True if that is news."""
    return tx.run(f"UPDATE allocations SET is_ready = 1 WHERE id = :id AND {LIVE} AND is_ready = 0", id=allocation_id) == 1


def say(tx: Tx, allocation_id: str, state: str) -> None:
    """What a task says of itself: RUNNING or WAITING. Before its start was seen that is only noted."""
    now = "CASE WHEN state IN ('RUNNING', 'WAITING') THEN :state ELSE state END"
    tx.run(f"UPDATE allocations SET state = {now}, said = :state WHERE id = :id AND {LIVE}", state=state, id=allocation_id)


def set_proxy_address(tx: Tx, allocation_id: str, address: str) -> None:
    """Where the task's ports are reached, when it knows better than we."""
    tx.run("UPDATE allocations SET proxy_address = :address WHERE id = :id", address=address or None, id=allocation_id)


def live_on(tx: Tx, node_id: str) -> list[AllocationRow]:
    """What has a place on a node."""
    sql = f"SELECT {COLUMNS} FROM allocations WHERE node_id = :node AND {LIVE} ORDER BY requested_at, id"
    return tx.all(AllocationRow, sql, node=node_id)


def acknowledge_preemption(tx: Tx, allocation_id: str) -> bool:
    """The task has seen that it is to stop."""
    return tx.run(f"UPDATE allocations SET preempt_acked = 1 WHERE id = :id AND {LIVE}", id=allocation_id) == 1


def note_lines(tx: Tx, allocation_id: str, before: int, count: int) -> int:
    """So many more of the supervisor's lines are stored; the number of the next one."""
    sql = "UPDATE allocations SET log_next = :before + :count WHERE id = :id AND log_next = :before"
    moved = tx.run(sql, before=before, count=count, id=allocation_id)
    assert moved == 1, "writers take turns, so nobody else can have stored lines since this transaction read the row"
    return before + count


def set_addresses(tx: Tx, allocation_id: str, addresses: str) -> None:
    """Where the allocation's containers are reached, JSON."""
    tx.run("UPDATE allocations SET addresses = :addresses WHERE id = :id", id=allocation_id, addresses=addresses)


def finish(tx: Tx, allocation_id: str, exit_reason: str, exit_code: int | None, failure: str | None) -> bool:
    """-> TERMINATED; its token ends with it. False if it had ended before."""
    return (
        tx.run(
            "UPDATE allocations SET state = 'TERMINATED', ended_at = CASE WHEN started_at IS NULL THEN NULL ELSE :now END, exit_reason = :reason,"
            f" exit_code = :code, failure = :failure, token_hash = NULL, secrets = NULL WHERE id = :id AND {LIVE}",
            id=allocation_id,
            now=tx.now,
            reason=exit_reason,
            code=exit_code,
            failure=failure,
        )
        == 1
    )


def forget_secrets(tx: Tx, allocation_id: str) -> None:
    """The start was seen: the tokens live only with the task now."""
    tx.run("UPDATE allocations SET secrets = NULL WHERE id = :id", id=allocation_id)


def ports_in_use(tx: Tx) -> list[str]:
    """The ports (JSON) of every live allocation."""
    return [str(p) for p in tx.column(f"SELECT ports FROM allocations WHERE {LIVE} AND state <> 'PENDING'")]
