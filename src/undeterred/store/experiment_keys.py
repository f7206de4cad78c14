"""What lists of experiments are filtered and sorted by, read for `services.experiment_index`."""

from collections.abc import Iterable

import msgspec

from undeterred.store.db import Tx


class KeyRow(msgspec.Struct, frozen=True):
    """An experiment as far as a list's filter and order see it; `labels` is JSON."""

    id: int
    state: str
    name: str
    description: str | None
    labels: str
    owner_id: int
    project_id: int
    parent_id: int | None
    resource_pool: str
    started_at: int
    ended_at: int | None
    archived: int
    progress: float
    best_metric: float | None
    num_trials: int
    checkpoint_count: int
    checkpoint_size: int


_KEYS = (
    "SELECT id, state, name, description, labels, owner_id, project_id, parent_id, resource_pool, started_at, ended_at, archived,"
    " COALESCE(progress, 0), best_metric, num_trials, checkpoint_count, checkpoint_size FROM experiments"
)


def after(tx: Tx, experiment_id: int, limit: int) -> list[KeyRow]:
    """The next experiments above this id."""
    return tx.all(KeyRow, f"{_KEYS} WHERE id > :id ORDER BY id LIMIT :limit", id=experiment_id, limit=limit)


def by_ids(tx: Tx, ids: Iterable[int]) -> list[KeyRow]:
    """Those of these experiments that there are, by id."""
    return tx.all(KeyRow, f"{_KEYS} WHERE {tx.dialect.member('id', 'ids')} ORDER BY id", ids=tx.dialect.bag(list(ids)))


def highest(tx: Tx) -> int:
    """The highest id in use."""
    return int(tx.value("SELECT MAX(id) FROM experiments") or 0)


def shown_names(tx: Tx) -> dict[int, str]:
    """What every user is called, by id: the display name where there is one."""
    sql = "SELECT id, COALESCE(NULLIF(display_name, ''), username) FROM users"
    return dict(tx.all(lambda user, name: (int(user), str(name)), sql))
