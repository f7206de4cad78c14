"""What the cluster knows of itself: its names, who masters it, its nodes."""

from sqlalchemy import Table

from undeterred.store.schema.base import flag, instant, metadata, number, text

facts = Table("facts", metadata, text("name", key=True), text("value"))  # cluster_id, signing key, ...

lease = Table("lease", metadata, text("name", key=True), number("epoch", 0), text("holder", ""), instant("taken_at"))

nodes = Table(
    "nodes",
    metadata,
    text("id", key=True),
    text("pool"),
    text("host", ""),
    text("slots", "[]"),  # JSON list of {id, kind, uuid, brand, enabled, draining}
    flag("enabled", 1),
    flag("draining"),
    flag("present", 1),
    instant("registered_at"),
)
