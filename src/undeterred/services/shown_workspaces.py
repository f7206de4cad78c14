"""Workspaces as the wire shows them."""

from typing import Any

import msgspec
from msgspec import UNSET

from undeterred.config.experiment import HIDDEN
from undeterred.config.storage import CHECKPOINT_STORAGE
from undeterred.store.workspaces import WorkspaceRow
from undeterred.wire.base import instant
from undeterred.wire.users import AgentUserGroup
from undeterred.wire.workspaces import Workspace, WorkspaceState

SECRETS = ("access_key", "secret_key", "connection_string", "credential")
_group = msgspec.json.Decoder(AgentUserGroup)


def shown(row: WorkspaceRow, whole: bool = True) -> Workspace:
    """A workspace; a list (`whole` false) leaves the storage out."""
    return Workspace(
        id=row.id,
        name=row.name,
        archived=bool(row.archived),
        username=row.username,
        immutable=bool(row.immutable),
        num_projects=row.num_projects,
        pinned=row.pinned_at is not None,
        user_id=row.user_id,
        num_experiments=row.num_experiments,
        state=WorkspaceState(f"WORKSPACE_STATE_{row.state}"),
        error_message=row.error_message,
        agent_user_group=UNSET if row.agent_user_group is None else _group.decode(row.agent_user_group),
        checkpoint_storage_config=shown_storage(row.checkpoint_storage) if whole and row.checkpoint_storage else UNSET,
        pinned_at=UNSET if row.pinned_at is None else instant(row.pinned_at),
        default_compute_pool=row.default_compute_pool,
        default_aux_pool=row.default_aux_pool,
    )


def shown_storage(text: str) -> dict[str, Any]:
    """A stored checkpoint storage with every field stated and secrets hidden."""
    whole = CHECKPOINT_STORAGE.complete(msgspec.json.decode(text), False)
    assert isinstance(whole, dict)
    return {name: HIDDEN if name in SECRETS and value is not None else value for name, value in whole.items()}
