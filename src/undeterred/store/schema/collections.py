"""Checkpoints that are to be removed: wishes that the sweep loop carries out."""

from sqlalchemy import Index, Table

from undeterred.store.schema.base import instant, metadata, number, serial, text

collections = Table(
    "collections",
    metadata,
    serial(),
    text("kind"),  # policy (an experiment's own) | uuids | experiment (the whole experiment goes) | project (it goes with its experiments)
    number("experiment_id", null=True),
    text("wanted"),  # JSON: {"uuids": [...], "globs": [...]} or {"policy": [experiment_best, trial_best, trial_latest]} or {"project": id}
    instant("requested_at"),
    instant("retry_at"),
    number("tries", 0),
    text("error", null=True),
    Index(None, "retry_at"),
    Index(None, "experiment_id"),
    sqlite_autoincrement=True,
)
