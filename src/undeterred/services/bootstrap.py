"""What every cluster has from its first start on: its own name, two users, one workspace, one project."""

import secrets
import uuid

from undeterred.config.master import MasterConfig
from undeterred.services import passwords
from undeterred.services.project_keys import new_key
from undeterred.store import metrics, users
from undeterred.store.db import Tx

UNCATEGORIZED = "Uncategorized"


def first_start(tx: Tx, config: MasterConfig) -> dict[str, str]:
    """The cluster's facts by name; on an empty store everything that is there from the start is made first."""
    if tx.value("SELECT COUNT(*) FROM facts WHERE name = 'cluster_id'") == 0:
        _make_facts(tx)
        _make_users(tx, config.security.initial_user_password or "")
        _make_places(tx)
        metrics.burn_first_number(tx)
    return dict(tx.all(lambda name, value: (str(name), str(value)), "SELECT name, value FROM facts"))


def blank_password_users(tx: Tx) -> list[str]:
    """The names of active users whose password is blank."""
    return users.blank(tx)


def _make_facts(tx: Tx) -> None:
    made = {"cluster_id": str(uuid.uuid4()), "signing_key": secrets.token_hex(32)}
    tx.many("INSERT INTO facts (name, value) VALUES (:name, :value)", [{"name": n, "value": v} for n, v in made.items()])


def _make_users(tx: Tx, password: str) -> None:
    for name, admin in (("admin", 1), ("determined", 0)):
        hashed = passwords.hash_now(passwords.as_sent(password, False))
        users.insert(tx, {"username": name, "admin": admin, "active": 1, "password_hash": hashed})


def _make_places(tx: Tx) -> None:
    workspace = tx.value(
        "INSERT INTO workspaces (name, immutable, user_id, created_at) VALUES (:name, 1, 1, :now) RETURNING id",
        name=UNCATEGORIZED,
        now=tx.now,
    )
    tx.run(
        "INSERT INTO projects (name, workspace_id, immutable, user_id, created_at, key) VALUES (:name, :workspace, 1, 1, :now, :key)",
        name=UNCATEGORIZED,
        workspace=workspace,
        now=tx.now,
        key=new_key(tx, UNCATEGORIZED),
    )
