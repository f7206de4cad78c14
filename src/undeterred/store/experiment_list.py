"""Which experiments a list is about, in plain SQL: right for every size, and what `services.experiment_index` is compared with."""

from typing import Any

import msgspec

from undeterred.store.db import Tx

STATE_ORDER = [
    "ACTIVE",
    "PAUSED",
    "STOPPING_CANCELED",
    "STOPPING_COMPLETED",
    "STOPPING_ERROR",
    "STOPPING_KILLED",
    "CANCELED",
    "COMPLETED",
    "ERROR",
    "DELETED",
    "DELETING",
    "DELETE_FAILED",
    "RUNNING",
]
_RANK = "CASE e.state " + " ".join(f"WHEN '{state}' THEN {rank}" for rank, state in enumerate(STATE_ORDER)) + " END"


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted; all at once. None and empty mean no condition, but for `owner_ids`: empty means nobody.

    name, description: in any case, somewhere; % and _ are wildcards. labels: all of them. incl: only these ids. not_in_projects: none of these."""

    name: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()
    archived: bool | None = None
    states: tuple[str, ...] = ()
    owner_ids: tuple[int, ...] | None = None
    project_id: int = 0
    not_in_projects: tuple[int, ...] = ()
    at_least: int | None = None
    at_most: int | None = None
    incl: tuple[int, ...] = ()
    not_in: tuple[int, ...] = ()


class Sort(msgspec.Struct, frozen=True):
    """By which column (`SORTS`), ties by id in the same direction; nulls come last either way."""

    column: str = "id"
    descending: bool = False


SORTS = {
    "id": "e.id",
    "description": "e.description",
    "started_at": "e.started_at",
    "ended_at": "e.ended_at",
    "state": _RANK,
    "num_trials": "e.num_trials",
    "progress": "COALESCE(e.progress, 0)",
    "user": "(SELECT COALESCE(NULLIF(display_name, ''), username) FROM users WHERE users.id = e.owner_id)",
    "name": "e.name",
    "parent_id": "e.parent_id",
    "resource_pool": "e.resource_pool",
    "project_id": "e.project_id",
    "checkpoint_size": "e.checkpoint_size",
    "checkpoint_count": "e.checkpoint_count",
    "best_metric": "e.best_metric",
}
TEXTS = frozenset({"description", "user", "name", "resource_pool"})


def count(tx: Tx, wanted: Filter) -> int:
    """How many experiments are wanted."""
    where, params = _where(tx, wanted)
    return int(tx.value(f"SELECT COUNT(*) FROM experiments e{where}", **params))


def ids(tx: Tx, wanted: Filter, sort: Sort, offset: int, limit: int) -> list[int]:
    """A window of the wanted ones, in order; limit -1: to the end."""
    where, params = _where(tx, wanted)
    direction = "DESC" if sort.descending else "ASC"
    key = SORTS[sort.column]
    key = tx.dialect.by_byte(key) if sort.column in TEXTS else key
    order = f"e.id {direction}" if sort.column == "id" else f"{key} {direction} NULLS LAST, e.id {direction}"
    window = " LIMIT :limit OFFSET :offset"
    params |= {"limit": limit if limit >= 0 else 2**62, "offset": offset}
    return tx.column(f"SELECT e.id FROM experiments e{where} ORDER BY {order}{window}", **params)


def user_ids(tx: Tx, names: list[str]) -> list[int]:
    """The ids of the users of these names; unknown names are left out."""
    sql = f"SELECT id FROM users WHERE {tx.dialect.member('username', 'names', 'text')}"
    return tx.column(sql, names=tx.dialect.bag(names))


def _where(tx: Tx, wanted: Filter) -> tuple[str, dict[str, Any]]:
    dialect, found, params = tx.dialect, [], {}

    def add(condition: str, **values: Any) -> None:
        found.append(condition)
        params.update(values)

    if wanted.name:
        add(dialect.like("e.name", "name"), name=f"%{wanted.name}%")
    if wanted.description:
        add(dialect.like("e.description", "description"), description=f"%{wanted.description}%")
    for n, label in enumerate(wanted.labels):
        add(dialect.json_has("e.labels", f"label{n}"), **{f"label{n}": label})
    if wanted.archived is not None:
        add("e.archived = :archived", archived=int(wanted.archived))
    if wanted.states:
        add(dialect.member("e.state", "states", "text"), states=dialect.bag(wanted.states))
    if wanted.owner_ids is not None:
        add(dialect.member("e.owner_id", "owners"), owners=dialect.bag(wanted.owner_ids))
    if wanted.project_id:
        add("e.project_id = :project", project=wanted.project_id)
    if wanted.not_in_projects:
        add(f"NOT ({dialect.member('e.project_id', 'not_projects')})", not_projects=dialect.bag(wanted.not_in_projects))
    if wanted.at_least is not None:
        add("e.id >= :at_least", at_least=wanted.at_least)
    if wanted.at_most is not None:
        add("e.id <= :at_most", at_most=wanted.at_most)
    if wanted.incl:
        add(dialect.member("e.id", "incl"), incl=dialect.bag(wanted.incl))
    if wanted.not_in:
        add(f"NOT ({dialect.member('e.id', 'not_in')})", not_in=dialect.bag(wanted.not_in))
    return (" WHERE " + " AND ".join(found) if found else ""), params
