"""Where things live: workspaces, projects, templates."""

from sqlalchemy import Index, Table, UniqueConstraint

from undeterred.store.schema.base import flag, instant, metadata, number, serial, text

workspaces = Table(
    "workspaces",
    metadata,
    serial(),
    text("name"),
    flag("archived"),
    flag("immutable"),
    number("user_id", to="users.id"),
    instant("created_at"),
    text("state", "UNSPECIFIED"),
    text("error_message", ""),
    text("agent_user_group", null=True),  # JSON
    text("checkpoint_storage", null=True),  # JSON
    text("default_compute_pool", ""),
    text("default_aux_pool", ""),
    UniqueConstraint("name"),
    Index(None, "user_id"),
    Index(None, "archived"),
    sqlite_autoincrement=True,
)

workspace_pins = Table(
    "workspace_pins",
    metadata,
    number("workspace_id", to="workspaces.id"),
    number("user_id", to="users.id"),
    instant("pinned_at"),
    UniqueConstraint("workspace_id", "user_id"),
)

projects = Table(
    "projects",
    metadata,
    serial(),
    text("name"),
    number("workspace_id", to="workspaces.id"),
    text("description", ""),
    flag("archived"),
    flag("immutable"),
    number("user_id", to="users.id"),
    instant("created_at"),
    text("notes", "[]"),  # JSON list of {name, contents}
    text("state", "UNSPECIFIED"),
    text("error_message", ""),
    text("key"),
    number("max_local_id", 0),
    UniqueConstraint("workspace_id", "name"),
    UniqueConstraint("key"),
    Index(None, "archived"),
    sqlite_autoincrement=True,
)

former_keys = Table(  # keys that runs of a project were once known by: never given to another project
    "former_keys",
    metadata,
    text("key", key=True),
    number("project_id", to="projects.id"),
    Index(None, "project_id"),
)

templates = Table(
    "templates",
    metadata,
    text("name", key=True),
    text("config"),  # JSON
    number("workspace_id", to="workspaces.id"),
    Index(None, "workspace_id"),
)
