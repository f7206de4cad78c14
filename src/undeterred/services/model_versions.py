"""The verbs of model versions: a model, a checkpoint, and what people say of them together."""

import uuid
from typing import Any

import msgspec

from undeterred.domain.access.basic import owns
from undeterred.errors import Conflict, InvalidArgument, NotFound, PermissionDenied
from undeterred.services import models, shown_checkpoints
from undeterred.services.identity import Caller
from undeterred.services.models import as_json, kept_labels, without_doubles
from undeterred.services.paging import sliced
from undeterred.services.shown_models import labels_of, shown
from undeterred.store import checkpoints, model_versions
from undeterred.store.db import Tx
from undeterred.store.model_versions import VersionRow
from undeterred.store.models import ModelRow
from undeterred.wire.base import instant
from undeterred.wire.checkpoints import Checkpoint
from undeterred.wire.common import OrderBy
from undeterred.wire.model_versions import (
    GetModelVersionsRequest,
    GetModelVersionsRequestSortBy,
    GetModelVersionsResponse,
    ModelVersion,
    PatchModelVersion,
    PostModelVersionRequest,
)


def find(tx: Tx, model: ModelRow, name: str, version: int) -> VersionRow:
    """A version's row; NotFound. `name` is how the model was asked for."""
    row = model_versions.get(tx, model.id, version)
    if row is None:
        raise NotFound(f'version {version} for model "{name}" not found')
    return row


def get(tx: Tx, name: str, version: int) -> ModelVersion:
    model = models.find(tx, name)
    return _shown(tx, model, [find(tx, model, name, version)])[0]


def list_versions(tx: Tx, request: GetModelVersionsRequest) -> GetModelVersionsResponse:
    model = models.find(tx, request.model_name)
    window = sliced(request.offset, request.limit, model.num_versions)
    by_time = request.sort_by == GetModelVersionsRequestSortBy.SORT_BY_CREATION_TIME
    descending = request.order_by == OrderBy.ORDER_BY_DESC
    rows = model_versions.page(tx, model.id, by_time, descending, window.start_index, window.end_index - window.start_index)
    versions = _shown(tx, model, rows)
    for version in versions:
        assert version.model is not None
        version.model.workspace_id = 0
    return GetModelVersionsResponse(model=shown(model), model_versions=versions, pagination=window)


def create(tx: Tx, who: Caller, request: PostModelVersionRequest) -> ModelVersion:
    """Register a COMPLETED checkpoint as the next version of a model."""
    model = models.find(tx, request.model_name)
    if model.archived:
        raise Conflict(f'model "{model.name}" is archived and cannot register new versions')
    fields = {
        "model_id": model.id,
        "checkpoint_uuid": _checked_checkpoint(tx, request.checkpoint_uuid),
        "name": request.name,
        "comment": request.comment,
        "notes": request.notes,
        "labels": kept_labels(request.labels),
        "metadata": as_json(request.metadata or {}),
        "user_id": who.user_id,
    }
    row = model_versions.get(tx, model.id, model_versions.insert(tx, fields))
    assert row is not None
    answer = _sparse(_shown(tx, model, [row])[0])
    answer.username, answer.notes = row.username, ""
    return answer


def _checked_checkpoint(tx: Tx, text: str) -> str:
    try:
        wanted = str(uuid.UUID(text))
    except ValueError as error:
        raise InvalidArgument(f"checkpointUuid must name a checkpoint: '{text}' is no UUID") from error
    checkpoint = checkpoints.get(tx, wanted)
    if checkpoint is None:
        raise NotFound(f"checkpoint '{wanted}' not found")
    if checkpoint.state != "COMPLETED":
        raise Conflict(
            f"checkpoint {wanted} is in STATE_{checkpoint.state} state. checkpoints for model versions must be in a COMPLETED state"
        )
    return wanted


def patch(tx: Tx, name: str, version: int, wanted: PatchModelVersion) -> ModelVersion:
    """Change what people say of a version, also of an archived model; equal values change nothing."""
    model = models.find(tx, name)
    row = find(tx, model, name, version)
    given: dict[str, Any] = {"name": wanted.name, "comment": wanted.comment, "notes": wanted.notes}
    given["metadata"] = None if wanted.metadata is None else as_json(wanted.metadata)
    given["labels"] = None if wanted.labels is None else kept_labels(without_doubles(wanted.labels))
    changes = {column: value for column, value in given.items() if value is not None and value != getattr(row, column)}
    if not changes:
        return _shown(tx, model, [row])[0]
    model_versions.update(tx, row.id, changes)
    return _sparse(_shown(tx, model, [find(tx, model, name, version)])[0])


def delete(tx: Tx, who: Caller, name: str, version: int) -> None:
    """Delete a version: for who registered it, the owner of the model, or an administrator."""
    model = models.find(tx, name)
    row = find(tx, model, name, version)
    if not owns(who.user_id, who.admin, row.user_id) and who.user_id != model.user_id:
        raise PermissionDenied("non-admin users may not delete other users' model versions access denied")
    model_versions.delete(tx, row.id)


def _shown(tx: Tx, model: ModelRow, rows: list[VersionRow]) -> list[ModelVersion]:
    """Versions of a model as the wire shows them, with their checkpoints."""
    found = checkpoints.shown(tx, list(dict.fromkeys(row.checkpoint_uuid for row in rows)))
    by_uuid = {checkpoint.uuid: checkpoint for checkpoint in shown_checkpoints.show(tx, found)}
    return [_version(model, row, by_uuid.get(row.checkpoint_uuid)) for row in rows]


def _version(model: ModelRow, row: VersionRow, checkpoint: Checkpoint | None) -> ModelVersion:
    return ModelVersion(
        model=shown(model),
        checkpoint=checkpoint or Checkpoint(uuid=row.checkpoint_uuid),
        version=row.version,
        creation_time=instant(row.created_at),
        id=row.id,
        name=row.name,
        metadata=msgspec.Raw(row.metadata.encode()),
        last_updated_time=instant(row.updated_at),
        comment=row.comment,
        username=row.username,
        user_id=row.user_id,
        labels=labels_of(row.labels),
        notes=row.notes,
    )


def _sparse(version: ModelVersion) -> ModelVersion:
    """A version as answers to changes show it: without its last change, its user, and the model's workspace and owner's id."""
    assert version.model is not None
    version.last_updated_time, version.username, version.user_id = None, "", 0
    version.model.workspace_id = version.model.user_id = 0
    return version
