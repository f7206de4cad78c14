"""Models as the wire shows them. The reference leaves some facts out of some answers; clients see the same here."""

import msgspec

from undeterred.store.models import ModelRow
from undeterred.wire.base import instant
from undeterred.wire.models import Model

labels_of = msgspec.json.Decoder(list[str]).decode


def shown(row: ModelRow) -> Model:
    """A model, whole."""
    return Model(
        name=row.name,
        description=row.description,
        metadata=msgspec.Raw(row.metadata.encode()),
        creation_time=instant(row.created_at),
        last_updated_time=instant(row.updated_at),
        id=row.id,
        num_versions=row.num_versions,
        labels=labels_of(row.labels),
        username=row.username,
        workspace_id=row.workspace_id,
        user_id=row.user_id,
        archived=bool(row.archived),
        notes=row.notes,
    )


def shown_created(row: ModelRow) -> Model:
    """A model as the answer to its making shows it: without its owner's id."""
    model = shown(row)
    model.user_id = 0
    return model


def shown_changed(row: ModelRow) -> Model:
    """A model as the answer to a change shows it: without ids, owner and number of versions."""
    model = shown(row)
    model.id = model.user_id = model.workspace_id = model.num_versions = 0
    model.username = ""
    return model
