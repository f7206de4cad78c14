"""What every cluster has from its first start on: its own name, two users, one workspace, one project."""

import secrets
import uuid

from undeterred.config.master import MasterConfig
from undeterred.services import passwords
from undeterred.services.project_keys import new_key
from undeterred.store import facts, metrics, projects, users, workspaces
from undeterred.store.db import Tx

UNCATEGORIZED = "Uncategorized"


def first_start(tx: Tx, config: MasterConfig) -> dict[str, str]:
    """The cluster's facts by name; on an empty store everything that is there from the start is made first."""
    if facts.get(tx, "cluster_id") is None:
        _make_facts(tx)
        _make_users(tx, config.security.initial_user_password or "")
        _make_places(tx)
        metrics.burn_first_number(tx)
    return facts.everything(tx)


def blank_password_users(tx: Tx) -> list[str]:
    """The names of active users whose password is blank."""
    return users.blank(tx)


def _make_facts(tx: Tx) -> None:
    facts.put(tx, "cluster_id", str(uuid.uuid4()))
    facts.put(tx, "signing_key", secrets.token_hex(32))


def _make_users(tx: Tx, password: str) -> None:
    for name, admin in (("admin", 1), ("determined", 0)):
        hashed = passwords.hash_now(passwords.as_sent(password, False))
        users.insert(tx, {"username": name, "admin": admin, "active": 1, "password_hash": hashed})


def _make_places(tx: Tx) -> None:
    place = {"name": UNCATEGORIZED, "immutable": 1, "user_id": 1}
    workspace_id = workspaces.insert(tx, place)
    projects.insert(tx, place | {"workspace_id": workspace_id, "key": new_key(tx, UNCATEGORIZED)})
