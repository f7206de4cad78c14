"""The verbs of projects. Anybody makes them; changes are for the owner of the project or of its workspace, or an administrator."""

from typing import Any

import msgspec

from undeterred.domain.access.basic import owns
from undeterred.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from undeterred.services import place_deletion, workspaces
from undeterred.services.identity import Caller
from undeterred.services.paging import sliced
from undeterred.services.project_keys import checked_key, new_key
from undeterred.services.shown_projects import notes_of, shown, shown_bare
from undeterred.store import projects
from undeterred.store.db import Tx
from undeterred.store.projects import ProjectRow, Wanted
from undeterred.wire.common import OrderBy
from undeterred.wire.projects import (
    GetWorkspaceProjectsRequest,
    GetWorkspaceProjectsResponse,
    Note,
    PatchProject,
    PostProjectRequest,
    Project,
)

IN_ARCHIVED = "This project belongs to an archived workspace. To make changes, first unarchive the workspace."


def find(tx: Tx, project_id: int) -> ProjectRow:
    """A project's row; NotFound."""
    row = projects.get(tx, project_id)
    if row is None:
        raise NotFound(f"project '{project_id}' not found")
    return row


def get(tx: Tx, project_id: int) -> Project:
    return shown(find(tx, project_id))


def get_by_key(tx: Tx, key: str) -> Project:
    row = projects.by_key(tx, key.upper())
    if row is None:
        raise NotFound(f"project '{key}' not found")
    return shown(row)


def list_projects(tx: Tx, who: Caller, request: GetWorkspaceProjectsRequest) -> GetWorkspaceProjectsResponse:
    """The projects of a workspace; of all for id 0."""
    if request.id:
        workspaces.find(tx, who, request.id)
    wanted = Wanted(request.id, request.name, request.archived, tuple(request.users), tuple(request.user_ids))
    window = sliced(request.offset, request.limit, projects.count(tx, wanted))
    descending = request.order_by == OrderBy.ORDER_BY_DESC
    rows = projects.page(tx, wanted, request.sort_by.value, descending, window.start_index, window.end_index - window.start_index)
    return GetWorkspaceProjectsResponse(projects=[_listed(row) for row in rows], pagination=window)


def _listed(row: ProjectRow) -> Project:
    project = shown(row)
    project.workspace_name = ""
    return project


def create(tx: Tx, who: Caller, request: PostProjectRequest) -> Project:
    """Make a project in a workspace that takes new ones."""
    workspaces.find_open(tx, who, request.workspace_id)
    key = checked_key(request.key) if isinstance(request.key, str) else None
    if not request.name:
        raise InvalidArgument("a project needs a name of at least one character")
    if projects.id_of(tx, request.workspace_id, request.name) is not None:
        raise AlreadyExists(f"a project called {request.name} already exists in this workspace: choose another name")
    if key is not None:
        _check_key_free(tx, key, 0, request.name)
    fields = {
        "name": request.name,
        "workspace_id": request.workspace_id,
        "description": request.description,
        "user_id": who.user_id,
        "key": key or new_key(tx, request.name),
    }
    return _listed(find(tx, projects.insert(tx, fields)))


def _check_key_free(tx: Tx, key: str, project_id: int, name: str) -> None:
    """AlreadyExists if another project has the key, or its runs were once known by it."""
    holder, former = projects.id_by_key(tx, key), projects.id_by_former_key(tx, key)
    if former not in (None, project_id) or (holder not in (None, project_id) and find(tx, holder or 0).num_runs):
        raise AlreadyExists(f"error updating project {name}, provided key '{key}' already in use in redirect table")
    if holder not in (None, project_id):
        raise AlreadyExists(f"project key {key} is already in use")


def patch(tx: Tx, who: Caller, project_id: int, wanted: PatchProject) -> Project:
    """Change what is given of a project. A key that runs were known by is kept for it."""
    row = find(tx, project_id)
    for flag, word in ((row.immutable, "immutable"), (row.archived or row.workspace_archived, "archived")):
        if flag:
            raise FailedPrecondition(f"project ({row.id}) is {word} and cannot have attributes updated")
    changes = _changes(tx, who, row, wanted)
    if not changes:
        return shown_bare(row)
    if "key" in changes and row.num_runs:
        projects.remember_key(tx, row.key, row.id)
    projects.update(tx, project_id, changes)
    project = get(tx, project_id)
    project.num_runs = 0
    return project


def _changes(tx: Tx, who: Caller, row: ProjectRow, wanted: PatchProject) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for column, value in (("name", wanted.name), ("description", wanted.description)):
        if value is not None and value != getattr(row, column):
            _must_own(who, row, "set project name")
            changes[column] = value
    if wanted.key is not None and wanted.key.upper() != row.key:
        _must_own(who, row, "set project key")
        changes["key"] = checked_key(wanted.key)
        _check_key_free(tx, changes["key"], row.id, row.name)
    if "name" in changes:
        if not changes["name"]:
            raise InvalidArgument("a project needs a name of at least one character")
        if projects.id_of(tx, row.workspace_id, changes["name"]) is not None:
            raise AlreadyExists(f"error updating project {changes['name']}: a project of that name already exists in this workspace")
    return changes


def _must_own(who: Caller, row: ProjectRow, what: str) -> None:
    if not owns(who.user_id, who.admin, row.user_id) and who.user_id != row.workspace_user_id:
        raise PermissionDenied(f"can't {what}: non admin users need to own the project or workspace")


def add_note(tx: Tx, project_id: int, note: Note | None) -> list[Note]:
    """All notes, with one more at the end."""
    return put_notes(tx, project_id, [*notes_of(find(tx, project_id).notes), note or Note()])


def put_notes(tx: Tx, project_id: int, notes: list[Note]) -> list[Note]:
    """Replace all notes."""
    find(tx, project_id)
    projects.update(tx, project_id, {"notes": msgspec.json.encode(notes).decode()})
    return notes


def archive(tx: Tx, who: Caller, project_id: int, archived: bool) -> None:
    """Archive a project or bring it back; twice is fine."""
    row = find(tx, project_id)
    word = "archive" if archived else "unarchive"
    _must_own(who, row, f"{word} project")
    if row.workspace_archived:
        raise FailedPrecondition(IN_ARCHIVED)
    if row.immutable:
        raise FailedPrecondition(f"project ({row.id}) is immutable: it cannot be {word}d")
    projects.update(tx, project_id, {"archived": int(archived)})


def move(tx: Tx, who: Caller, project_id: int, workspace_id: int) -> None:
    """Move a project into another workspace."""
    row = find(tx, project_id)
    target = workspaces.find_open(tx, who, workspace_id)
    if not owns(who.user_id, who.admin, row.user_id):
        raise PermissionDenied("non admin users can't move projects that someone else owns")
    if row.immutable:
        raise FailedPrecondition(f"project ({row.id}) is immutable: it cannot be moved")
    if row.state == "DELETING":
        raise FailedPrecondition(f"project ({row.id}) is being deleted: it cannot be moved")
    if projects.id_of(tx, target.id, row.name) is not None:
        raise AlreadyExists(f"project with name '{row.name}' already exists in target workspace")
    if row.archived or row.workspace_archived:
        raise FailedPrecondition(f"project ({row.id}) is archived: unarchive it, or its workspace, before moving it")
    projects.update(tx, project_id, {"workspace_id": target.id})


def check_delete(tx: Tx, who: Caller, project_id: int) -> None:
    """Whatever would refuse to delete a project. NotFound, PermissionDenied, FailedPrecondition."""
    _deletable(tx, who, project_id)
    place_deletion.check(tx, [project_id])


def delete(tx: Tx, who: Caller, project_id: int) -> bool:
    """Delete a project; true if it held no experiments and is gone, false if it goes as they do."""
    _deletable(tx, who, project_id)
    return place_deletion.delete(tx, project_id)


def _deletable(tx: Tx, who: Caller, project_id: int) -> None:
    row = find(tx, project_id)
    _must_own(who, row, "delete project")
    if row.immutable:
        raise FailedPrecondition(f"project ({row.id}) is immutable: it cannot be deleted")
