"""The verbs of the model registry. Anybody makes, edits, archives and moves any model; deleting is for its owner or an administrator."""

from collections import Counter
from typing import Any

import msgspec

from undeterred.domain.access.basic import owns
from undeterred.errors import AlreadyExists, Conflict, InvalidArgument, NotFound, PermissionDenied
from undeterred.services.identity import Caller
from undeterred.services.paging import sliced
from undeterred.services.shown_models import labels_of, shown, shown_changed, shown_created
from undeterred.store import models, workspaces
from undeterred.store.db import Tx
from undeterred.store.models import ModelRow, Wanted
from undeterred.wire.common import OrderBy
from undeterred.wire.models import GetModelsRequest, GetModelsResponse, Model, PatchModel, PostModelRequest

ID_DIGITS_MAX = 18
DEFAULT_WORKSPACE = 1
NAME_TAKEN = "avoid names equal to other models (case-sensitive)"


def find(tx: Tx, name: str) -> ModelRow:
    """A model's row by its name, or by its id where the name is all digits; NotFound."""
    row = None
    if not (name.isascii() and name.isdigit()):
        row = models.by_name(tx, name)
    elif len(name.lstrip("0")) <= ID_DIGITS_MAX:
        row = models.by_id(tx, int(name))
    if row is None:
        raise NotFound(f'model "{name}" not found')
    return row


def get(tx: Tx, name: str) -> Model:
    return shown(find(tx, name))


def list_models(tx: Tx, request: GetModelsRequest) -> GetModelsResponse:
    """Models; workspace ids win over workspace names, and names that no workspace has do not filter."""
    ids = tuple(request.workspace_ids)
    if not ids:
        ids = tuple(found for name in request.workspace_names if (found := workspaces.id_of(tx, name)) is not None)
    wanted = Wanted(
        id=request.id,
        name=request.name,
        description=request.description,
        labels=tuple(request.labels),
        archived=request.archived,
        users=tuple(request.users),
        user_ids=tuple(request.user_ids),
        workspace_ids=ids,
    )
    window = sliced(request.offset, request.limit, models.count(tx, wanted))
    descending = request.order_by == OrderBy.ORDER_BY_DESC
    rows = models.page(tx, wanted, request.sort_by.value, descending, window.start_index, window.end_index - window.start_index)
    return GetModelsResponse(models=[shown(row) for row in rows], pagination=window)


def labels(tx: Tx, workspace_id: int | None) -> list[str]:
    """All labels, those of the most models first, then by text."""
    used = Counter(label for text in models.labels(tx, workspace_id) for label in set(labels_of(text)))
    return sorted(used, key=lambda label: (-used[label], label))


def create(tx: Tx, who: Caller, request: PostModelRequest) -> Model:
    """Register a model."""
    check_name(request.name)
    workspace_id = _workspace(tx, request.workspace_id, request.workspace_name)
    if models.by_name(tx, request.name) is not None:
        raise AlreadyExists(NAME_TAKEN)
    fields = {
        "name": request.name,
        "description": request.description,
        "metadata": as_json(request.metadata or {}),
        "labels": kept_labels(request.labels),
        "notes": request.notes,
        "user_id": who.user_id,
        "workspace_id": DEFAULT_WORKSPACE if workspace_id is None else workspace_id,
    }
    row = models.by_id(tx, models.insert(tx, fields))
    assert row is not None
    return shown_created(row)


def check_name(name: str) -> None:
    """InvalidArgument unless a name may be a model's."""
    if not name.strip():
        raise InvalidArgument("model names cannot be blank")
    if "/" in name or "\\" in name:
        raise InvalidArgument("model names cannot have slashes")
    if "  " in name:
        raise InvalidArgument("model names cannot have excessive spacing")
    if name.isascii() and name.isdigit():
        raise InvalidArgument("model names cannot be only numbers")


def _workspace(tx: Tx, workspace_id: Any, name: Any) -> int | None:
    """The id of the workspace that is named, by id or else by name; None if none is. NotFound."""
    if isinstance(workspace_id, int):
        if not workspaces.exists(tx, workspace_id):
            raise NotFound(f"workspace '{workspace_id}' not found")
        return workspace_id
    if isinstance(name, str):
        found = workspaces.id_of(tx, name)
        if found is None:
            raise NotFound(f"failed to get workspace {name}: not found")
        return found
    return None


def kept_labels(labels: list[Any]) -> str:
    """JSON of labels as they are kept: a comma parts a label in two, as on the reference."""
    joined = ",".join(label for label in labels if isinstance(label, str))
    return as_json(joined.split(",") if joined else [])


def without_doubles(labels: list[Any]) -> list[str]:
    """The texts among labels, each once."""
    return list(dict.fromkeys(label for label in labels if isinstance(label, str)))


def as_json(value: Any) -> str:
    """JSON text as it is kept: compact, keys sorted."""
    return msgspec.json.encode(value, order="sorted").decode()


def patch(tx: Tx, name: str, wanted: PatchModel) -> Model:
    """Change what is given of a model; equal values change nothing. Conflict for an archived one."""
    row = find(tx, name)
    if row.archived:
        raise Conflict(f'model "{row.name}" is archived and cannot have attributes updated')
    changes = _changes(tx, row, wanted)
    if not changes:
        return shown(row)
    models.update(tx, row.id, changes)
    after = models.by_id(tx, row.id)
    assert after is not None
    return shown_changed(after)


def _changes(tx: Tx, row: ModelRow, wanted: PatchModel) -> dict[str, Any]:
    given: dict[str, Any] = {"name": wanted.name, "description": wanted.description, "notes": wanted.notes}
    given["metadata"] = None if wanted.metadata is None else as_json(wanted.metadata)
    given["labels"] = None if wanted.labels is None else kept_labels(without_doubles(wanted.labels))
    given["workspace_id"] = _workspace(tx, wanted.workspace_id, wanted.workspace_name)
    changes = {column: value for column, value in given.items() if value is not None and value != getattr(row, column)}
    if "name" in changes:
        check_name(changes["name"])
        if models.by_name(tx, changes["name"]) is not None:
            raise AlreadyExists(NAME_TAKEN)
    return changes


def archive(tx: Tx, name: str, archived: bool) -> None:
    """Archive a model or bring it back; twice is fine."""
    row = find(tx, name)
    if bool(row.archived) != archived:
        models.update(tx, row.id, {"archived": int(archived)})


def move(tx: Tx, name: str, workspace_id: int) -> None:
    """Move a model, archived or not, into another workspace."""
    row = find(tx, name)
    if not workspace_id:
        raise InvalidArgument("say where to move the model: destinationWorkspaceId is missing")
    _workspace(tx, workspace_id, None)
    if workspace_id != row.workspace_id:
        models.update(tx, row.id, {"workspace_id": workspace_id})


def delete(tx: Tx, who: Caller, name: str) -> None:
    """Delete a model with its versions."""
    row = find(tx, name)
    if not owns(who.user_id, who.admin, row.user_id):
        raise PermissionDenied("non-admin users may not delete other users' models access denied")
    models.delete(tx, row.id)
