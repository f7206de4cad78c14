"""The verbs of templates: named pieces of configuration. Any user may make, change and delete them; their config is not checked until it is used."""

from typing import Any

import msgspec

from undeterred.errors import AlreadyExists, InvalidArgument, NotFound
from undeterred.services import workspaces
from undeterred.services.experiment_lists import window
from undeterred.services.identity import Caller
from undeterred.store import templates
from undeterred.store.db import Tx
from undeterred.store.templates import TemplateRow
from undeterred.wire.common import OrderBy
from undeterred.wire.templates import GetTemplatesRequest, GetTemplatesResponse, Template

DEFAULT_WORKSPACE = 1


def find(tx: Tx, name: str) -> TemplateRow:
    """A template's row; NotFound. InvalidArgument for no name."""
    if not name:
        raise InvalidArgument("name is required")
    row = templates.get(tx, name)
    if row is None:
        raise NotFound(f"template '{name}' not found")
    return row


def get(tx: Tx, name: str) -> Template:
    return shown(find(tx, name))


def config_of(tx: Tx, name: str) -> dict[str, Any]:
    """A template's configuration; NotFound."""
    config = msgspec.json.decode(find(tx, name).config)
    assert isinstance(config, dict)
    return config


def list_templates(tx: Tx, request: GetTemplatesRequest) -> GetTemplatesResponse:
    """A page of templates; as on the reference, an empty window (a limit of -2) still has all rows from its start on."""
    wanted = templates.Wanted(request.name, tuple(request.workspace_ids))
    shown_window = window(request.offset, request.limit, templates.count(tx, wanted))
    descending = request.order_by == OrderBy.ORDER_BY_DESC
    start, end = shown_window.start_index, shown_window.end_index
    rows = templates.page(tx, wanted, descending, start, (end if end > start else shown_window.total) - start)
    return GetTemplatesResponse(templates=[shown(row) for row in rows], pagination=shown_window)


def create(tx: Tx, who: Caller, given: Template | None) -> Template:
    """Make a template; names are unique over all workspaces."""
    template = given or Template()
    _check_name(tx, template.name)
    workspace_id = template.workspace_id or DEFAULT_WORKSPACE
    workspaces.find(tx, who, workspace_id)
    templates.insert(tx, template.name, _json(template.config or {}), workspace_id)
    return get(tx, template.name)


def put(tx: Tx, who: Caller, given: Template | None) -> Template:
    """Replace what is given of a template, or make it; a new one is answered as it was sent."""
    template = given or Template()
    if not template.name:
        raise InvalidArgument("name is required")
    row = templates.get(tx, template.name)
    if row is None:
        create(tx, who, template)
        return Template(name=template.name, config=template.config or {}, workspace_id=template.workspace_id)
    if template.workspace_id:
        workspaces.find(tx, who, template.workspace_id)
    config = row.config if template.config is None else _json(template.config)
    templates.update(tx, row.name, row.name, config, template.workspace_id or row.workspace_id)
    return get(tx, row.name)


def patch_config(tx: Tx, name: str, config: dict[str, Any] | None) -> Template:
    """Replace a template's configuration."""
    row = find(tx, name)
    templates.update(tx, name, name, _json(config or {}), row.workspace_id)
    return get(tx, name)


def rename(tx: Tx, old: str, new: str) -> Template:
    """Give a template another name."""
    row = find(tx, old)
    if new != old:
        _check_name(tx, new)
        templates.update(tx, old, new, row.config, row.workspace_id)
    return get(tx, new)


def delete(tx: Tx, name: str) -> None:
    find(tx, name)
    templates.delete(tx, name)


def _check_name(tx: Tx, name: str) -> None:
    if not name:
        raise InvalidArgument("name is required")
    if templates.get(tx, name) is not None:
        raise AlreadyExists(f"a template called {name} already exists: choose another name")


def _json(config: dict[str, Any]) -> str:
    return msgspec.json.encode(config, order="sorted").decode()


def shown(row: TemplateRow) -> Template:
    """A template as the wire shows it."""
    return Template(name=row.name, config=msgspec.Raw(row.config.encode()), workspace_id=row.workspace_id)
