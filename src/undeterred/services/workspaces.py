"""The verbs of workspaces. Anybody makes them; name, storage, archiving and deleting are for their owner or an administrator."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from undeterred.config import master
from undeterred.config.master import MasterConfig
from undeterred.config.storage import CHECKPOINT_STORAGE
from undeterred.domain.access.basic import owns
from undeterred.errors import AlreadyExists, Conflict, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from undeterred.services import place_deletion
from undeterred.services.identity import Caller
from undeterred.services.paging import sliced
from undeterred.services.shown_workspaces import shown
from undeterred.services.users import checked_group
from undeterred.store import place_deletion as place_rows
from undeterred.store import projects, workspaces
from undeterred.store.db import Tx
from undeterred.store.workspaces import Wanted, WorkspaceRow
from undeterred.wire.common import OrderBy
from undeterred.wire.users import AgentUserGroup
from undeterred.wire.workspaces import (
    GetWorkspacesRequest,
    GetWorkspacesRequestSortBy,
    GetWorkspacesResponse,
    PatchWorkspace,
    PostWorkspaceRequest,
    Workspace,
    WorkspaceNamespaceMeta,
)

NAME_MAX_BYTES = 80
NAME_TAKEN = "avoid names equal to other workspaces (case-insensitive)"
NOT_GROUP = "only admin privileged users can set workspace agent user groups"


def find(tx: Tx, who: Caller, workspace_id: int) -> WorkspaceRow:
    """A workspace's row as the caller sees it; NotFound."""
    row = workspaces.get(tx, workspace_id, who.user_id)
    if row is None:
        raise NotFound(f"workspace '{workspace_id}' not found")
    return row


def find_open(tx: Tx, who: Caller, workspace_id: int) -> WorkspaceRow:
    """A workspace that takes changes and new projects: neither immutable nor archived nor on its way out. NotFound, FailedPrecondition."""
    row = find(tx, who, workspace_id)
    for flag, word in ((row.immutable, "immutable"), (row.archived, "archived"), (row.state == "DELETING", "being deleted")):
        if flag:
            raise FailedPrecondition(f"workspace ({row.id}) is {word} and cannot add new projects")
    return row


def get(tx: Tx, who: Caller, workspace_id: int) -> Workspace:
    return shown(find(tx, who, workspace_id))


def list_workspaces(tx: Tx, who: Caller, request: GetWorkspacesRequest) -> GetWorkspacesResponse:
    wanted = Wanted(
        viewer=who.user_id,
        name=request.name,
        exact_name=request.name_case_sensitive,
        archived=request.archived,
        pinned=request.pinned,
        users=tuple(request.users),
        user_ids=tuple(request.user_ids),
    )
    window = sliced(request.offset, request.limit, workspaces.count(tx, wanted))
    by_name, descending = request.sort_by == GetWorkspacesRequestSortBy.SORT_BY_NAME, request.order_by == OrderBy.ORDER_BY_DESC
    rows = workspaces.page(tx, wanted, by_name, descending, window.start_index, window.end_index - window.start_index)
    return GetWorkspacesResponse(workspaces=[shown(row, whole=False) for row in rows], pagination=window)


def create(tx: Tx, who: Caller, request: PostWorkspaceRequest) -> Workspace:
    """Make a workspace, pinned by its maker."""
    if request.agent_user_group is not UNSET and not who.admin:
        raise PermissionDenied(NOT_GROUP)
    check_name(request.name)
    fields = {
        "name": request.name,
        "user_id": who.user_id,
        "agent_user_group": checked_workspace_group(request.agent_user_group),
        "checkpoint_storage": checked_storage(request.checkpoint_storage_config),
        "default_compute_pool": request.default_compute_pool,
        "default_aux_pool": request.default_aux_pool,
    }
    _no_namespaces(request.cluster_namespace_meta)
    if request.cluster_quota_pairs:
        raise NotFound("operation not supported: resource quotas need Kubernetes")
    if workspaces.id_of(tx, request.name) is not None:
        raise AlreadyExists(NAME_TAKEN)
    made = workspaces.insert(tx, fields)
    workspaces.pin(tx, made, who.user_id)
    answer = get(tx, who, made)
    answer.pinned_at = UNSET
    return answer


def check_name(name: str) -> None:
    """InvalidArgument unless a name may be a workspace's."""
    if not name:
        raise InvalidArgument("name '' must be at least 1 character long")
    if len(name.encode("utf-8", "surrogatepass")) > NAME_MAX_BYTES:
        raise InvalidArgument(f"name '{name}' must be at most 53 character long")
    if not name.strip():
        raise InvalidArgument("name must contain at least non-whitespace letter")


def checked_storage(storage: Any) -> str | None:
    """JSON of a checkpoint storage as it is kept, None for none. InvalidArgument with a line for each problem."""
    if storage is UNSET or not storage:
        return None
    lines: list[str] = []
    CHECKPOINT_STORAGE.check(storage, "<config>", lines, True)
    if lines:
        raise InvalidArgument("config is invalid or incomplete: " + "\n".join(sorted(set(lines))))
    return msgspec.json.encode(CHECKPOINT_STORAGE.normal(storage)).decode()


def checked_workspace_group(group: AgentUserGroup | UnsetType) -> str | None:
    """JSON of an agent user group; an empty one is none. InvalidArgument."""
    if isinstance(group, UnsetType) or group == AgentUserGroup():
        return None
    return checked_group(group)


def patch(tx: Tx, who: Caller, workspace_id: int, wanted: PatchWorkspace, config: MasterConfig) -> Workspace:
    """Change what is given of a workspace."""
    row = find_open(tx, who, workspace_id)
    changes = _changes(tx, who, row, wanted, config)
    if any(meta.resource_quota is not UNSET for meta in wanted.cluster_namespace_meta.values()):
        raise InvalidArgument("Cannot set resource quota in PatchWorkspaceRequest. Please use SetResourceQuotaRequest to achieve this.")
    _no_namespaces(wanted.cluster_namespace_meta)
    if changes:
        workspaces.update(tx, workspace_id, changes)
    return get(tx, who, workspace_id)


def _changes(tx: Tx, who: Caller, row: WorkspaceRow, wanted: PatchWorkspace, config: MasterConfig) -> dict[str, Any]:
    own, changes = owns(who.user_id, who.admin, row.user_id), dict[str, Any]()
    if wanted.name is not None and wanted.name != row.name:
        if not own:
            raise PermissionDenied("only admins may set other user's workspaces names")
        check_name(wanted.name)
        if workspaces.id_of(tx, wanted.name) is not None:
            raise AlreadyExists(NAME_TAKEN)
        changes["name"] = wanted.name
    if wanted.agent_user_group is not UNSET:
        if not who.admin:
            raise PermissionDenied(NOT_GROUP)
        changes["agent_user_group"] = checked_workspace_group(wanted.agent_user_group)
    if wanted.checkpoint_storage_config is not UNSET:
        if not own:
            raise PermissionDenied("only admins may set checkpoint storage config on other user's workspaces")
        changes["checkpoint_storage"] = checked_storage(wanted.checkpoint_storage_config)
    pools = (("default_compute_pool", wanted.default_compute_resource_pool), ("default_aux_pool", wanted.default_aux_resource_pool))
    for column, name in pools:
        if isinstance(name, str):
            if name and master.pool(config, name) is None:
                raise FailedPrecondition("unable to bind a resource pool that does not exist or is not available to the workspace")
            changes[column] = name
    return changes


def _no_namespaces(meta: dict[str, WorkspaceNamespaceMeta]) -> None:
    if meta:
        raise FailedPrecondition(
            "namespaces belong to Kubernetes, and this cluster has no Kubernetes runtime: leave clusterNamespaceMeta out"
        )


def archive(tx: Tx, who: Caller, workspace_id: int, archived: bool) -> None:
    """Archive a workspace or bring it back; twice is fine."""
    row = find(tx, who, workspace_id)
    word = "archive" if archived else "unarchive"
    if not owns(who.user_id, who.admin, row.user_id):
        raise PermissionDenied(f"only admins may {word} other user's workspaces")
    if row.immutable:
        raise FailedPrecondition(f"workspace ({row.id}) is immutable: it cannot be {word}d")
    workspaces.update(tx, workspace_id, {"archived": int(archived)})


def pin(tx: Tx, who: Caller, workspace_id: int, pinned: bool) -> None:
    """Pin a workspace for the caller, or unpin it. Conflict if it is pinned, NotFound if it is not."""
    find(tx, who, workspace_id)
    if pinned and not workspaces.pin(tx, workspace_id, who.user_id):
        raise Conflict(f"workspace ({workspace_id}) is pinned already")
    if not pinned and not workspaces.unpin(tx, workspace_id, who.user_id):
        raise NotFound(f"error un-pinning workspace ({workspace_id}): not found")


def check_delete(tx: Tx, who: Caller, workspace_id: int) -> None:
    """Whatever would refuse to delete a workspace. NotFound, PermissionDenied, FailedPrecondition."""
    _deletable(tx, who, workspace_id)
    place_deletion.check(tx, projects.ids_in(tx, workspace_id))


def delete(tx: Tx, who: Caller, workspace_id: int) -> bool:
    """Delete a workspace with its projects and all that is in them; true if it had none. FailedPrecondition while it holds models."""
    row = _deletable(tx, who, workspace_id)
    place_deletion.delete_workspace(tx, workspace_id)
    return row.num_projects == 0


def _deletable(tx: Tx, who: Caller, workspace_id: int) -> WorkspaceRow:
    row = find(tx, who, workspace_id)
    if not owns(who.user_id, who.admin, row.user_id):
        raise PermissionDenied("only admins may delete other user's workspaces")
    if row.immutable:
        raise FailedPrecondition(f"workspace ({row.id}) is immutable: it cannot be deleted")
    if place_rows.holds_models(tx, workspace_id):
        raise FailedPrecondition(place_deletion.HOLDS_MODELS.format(row.id))
    return row
