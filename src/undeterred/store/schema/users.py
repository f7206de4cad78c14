"""Who may come in: users, their sessions and access tokens (one sequence of ids), their settings, what they looked at last."""

from sqlalchemy import Index, Table, UniqueConstraint

from undeterred.store.schema.base import flag, instant, metadata, number, serial, text

users = Table(
    "users",
    metadata,
    serial(),
    text("username"),
    text("display_name", ""),
    text("password_hash", null=True),  # argon2; null: blank password
    flag("admin"),
    flag("active", 1),
    flag("remote"),
    instant("modified_at"),
    instant("last_auth_at", null=True),
    text("agent_user_group", null=True),  # JSON {agentUid, agentGid, agentUser, agentGroup}
    UniqueConstraint("username"),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    serial(),
    number("user_id", to="users.id"),
    text("kind"),  # login | access
    text("token_hash"),  # SHA-256, hex
    instant("created_at"),
    instant("expires_at"),
    flag("revoked"),
    text("description", ""),
    UniqueConstraint("token_hash"),
    Index(None, "user_id"),
    sqlite_autoincrement=True,
)

user_settings = Table(
    "user_settings",
    metadata,
    number("user_id", to="users.id"),
    text("storage_path", ""),
    text("key"),
    text("value"),  # JSON
    UniqueConstraint("user_id", "storage_path", "key"),
)

user_activity = Table(
    "user_activity",
    metadata,
    number("user_id", to="users.id"),
    text("kind"),  # GET
    text("entity"),  # PROJECT
    number("entity_id"),
    instant("seen_at"),
    UniqueConstraint("user_id", "entity", "entity_id", "kind"),
    Index(None, "user_id", "entity", "seen_at"),
)
