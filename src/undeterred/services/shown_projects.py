"""Projects as the wire shows them."""

import msgspec

from undeterred.store.projects import ProjectRow
from undeterred.wire.base import instant
from undeterred.wire.projects import Note, Project
from undeterred.wire.workspaces import WorkspaceState

notes_of = msgspec.json.Decoder(list[Note]).decode


def shown(row: ProjectRow) -> Project:
    """A project; it counts as archived while its workspace is."""
    return Project(
        id=row.id,
        name=row.name,
        workspace_id=row.workspace_id,
        description=row.description,
        last_experiment_started_at=None if row.last_started_at is None else instant(row.last_started_at),
        notes=notes_of(row.notes),
        num_experiments=row.num_experiments,
        num_active_experiments=row.num_active,
        archived=bool(row.archived or row.workspace_archived),
        username=row.username,
        immutable=bool(row.immutable),
        user_id=row.user_id,
        workspace_name=row.workspace_name,
        state=WorkspaceState(f"WORKSPACE_STATE_{row.state}"),
        error_message=row.error_message,
        key=row.key,
        num_runs=row.num_runs,
    )


def shown_bare(row: ProjectRow) -> Project:
    """A project as the answer to a patch that changes nothing shows it: without its owner, its workspace's name and counts."""
    whole = shown(row)
    bare = Project(id=row.id, name=row.name, workspace_id=row.workspace_id, description=row.description, notes=whole.notes, key=row.key)
    bare.archived, bare.immutable, bare.state, bare.error_message = whole.archived, whole.immutable, whole.state, whole.error_message
    return bare
