"""Nodes and their slots, as the runtimes last told."""

import msgspec

from undeterred.store.db import Tx


class NodeRow(msgspec.Struct, frozen=True):
    """`slots`: JSON list of {id, kind, uuid, brand, enabled, draining}."""

    id: str
    pool: str
    host: str
    slots: str
    enabled: int
    draining: int
    registered_at: int


COLUMNS = "id, pool, host, slots, enabled, draining, registered_at"


def present(tx: Tx) -> list[NodeRow]:
    """The nodes that are there now, by name."""
    return tx.all(NodeRow, f"SELECT {COLUMNS} FROM nodes WHERE present = 1 ORDER BY {tx.dialect.by_byte('id')}")


def one(tx: Tx, node_id: str) -> NodeRow | None:
    """A node that is there now."""
    return tx.one(NodeRow, f"SELECT {COLUMNS} FROM nodes WHERE id = :id AND present = 1", id=node_id)


def upsert(tx: Tx, node_id: str, pool: str, host: str, slots: str) -> None:
    """A node is there, with these slots; what an administrator switched off stays off."""
    tx.run(
        "INSERT INTO nodes (id, pool, host, slots, registered_at) VALUES (:id, :pool, :host, :slots, :now)"
        " ON CONFLICT (id) DO UPDATE SET pool = excluded.pool, host = excluded.host, slots = excluded.slots, present = 1",
        id=node_id,
        pool=pool,
        host=host,
        slots=slots,
        now=tx.now,
    )


def keep_only(tx: Tx, node_ids: list[str]) -> int:
    """Every other node is gone."""
    return tx.run(
        f"UPDATE nodes SET present = 0 WHERE present = 1 AND NOT {tx.dialect.member('id', 'ids', 'text')}", ids=tx.dialect.bag(node_ids)
    )


def set_enabled(tx: Tx, node_id: str, enabled: bool, draining: bool) -> int:
    """Switch a whole node on or off."""
    sql = "UPDATE nodes SET enabled = :enabled, draining = :draining WHERE id = :id"
    return tx.run(sql, enabled=int(enabled), draining=int(draining), id=node_id)


def set_slots(tx: Tx, node_id: str, slots: str) -> int:
    """Write a node's slots (one was switched on or off)."""
    return tx.run("UPDATE nodes SET slots = :slots WHERE id = :id", slots=slots, id=node_id)
