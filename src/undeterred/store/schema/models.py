"""The model registry."""

from sqlalchemy import Index, Table, UniqueConstraint

from undeterred.store.schema.base import flag, instant, metadata, number, serial, text

models = Table(
    "models",
    metadata,
    serial(),
    text("name"),
    text("description", ""),
    text("metadata", "{}"),  # JSON
    text("labels", "[]"),  # JSON list
    text("notes", ""),
    instant("created_at"),
    instant("updated_at"),
    flag("archived"),
    number("user_id", to="users.id"),
    number("workspace_id", to="workspaces.id"),
    UniqueConstraint("name"),
    Index(None, "workspace_id"),
    sqlite_autoincrement=True,
)

model_versions = Table(
    "model_versions",
    metadata,
    serial(),
    number("model_id", to="models.id"),
    number("version"),
    text("checkpoint_uuid"),
    text("name", ""),
    text("comment", ""),
    text("notes", ""),
    text("labels", "[]"),  # JSON list
    text("metadata", "{}"),  # JSON
    instant("created_at"),
    instant("updated_at"),
    number("user_id", to="users.id"),
    UniqueConstraint("model_id", "version"),
    Index(None, "checkpoint_uuid"),
    sqlite_autoincrement=True,
)
