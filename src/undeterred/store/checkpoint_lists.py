"""Lists of checkpoints: what they are sorted by, without what only a shown one needs."""

from collections.abc import Sequence

import msgspec

from undeterred.store.db import Tx


class ListedRow(msgspec.Struct, frozen=True):
    """A checkpoint as a list sorts it, with the searcher metric of its step."""

    id: int
    uuid: str
    trial_id: int | None
    state: str
    reported_at: int
    batches: int
    signed: float | None
    searched: int | None
    smaller_is_better: int | None


_VALIDATION = (
    " LEFT JOIN metrics v ON v.trial_id = c.trial_id AND v.metric_group = 'validation' AND v.batches = c.batches"
    " AND v.archived = 0 AND v.profiling = 0"
)
_LISTED = (
    "SELECT c.id, c.uuid, c.trial_id, c.state, c.reported_at, c.batches, v.signed, v.searched, e.smaller_is_better FROM checkpoints c"
    f" LEFT JOIN experiments e ON e.id = c.experiment_id{_VALIDATION}"
)


def of_trial(tx: Tx, trial_id: int, states: Sequence[str]) -> list[ListedRow]:
    """A trial's checkpoints in one of these states (none given: in any), in the order of arrival."""
    where, given = _states(tx, states)
    return tx.all(ListedRow, f"{_LISTED} WHERE c.trial_id = :id{where} ORDER BY c.id", id=trial_id, **given)


def of_experiment(tx: Tx, experiment_id: int, states: Sequence[str]) -> list[ListedRow]:
    """An experiment's checkpoints, as `of_trial`."""
    where, given = _states(tx, states)
    return tx.all(ListedRow, f"{_LISTED} WHERE c.experiment_id = :id{where} ORDER BY c.id", id=experiment_id, **given)


def validations(tx: Tx, uuids: Sequence[str]) -> list[tuple[str, str]]:
    """(uuid, body) of the validations at these checkpoints' steps."""
    sql = (
        f"SELECT c.uuid, v.body FROM checkpoints c{_VALIDATION} WHERE v.body IS NOT NULL AND {tx.dialect.member('c.uuid', 'uuids', 'text')}"
    )
    return tx.all(lambda uuid, body: (str(uuid), str(body)), sql, uuids=tx.dialect.bag(uuids))


def configs(tx: Tx, experiment_ids: Sequence[int]) -> dict[int, str]:
    """The shown configurations (JSON) of experiments."""
    sql = f"SELECT id, COALESCE(config_shown, config) FROM experiments WHERE {tx.dialect.member('id', 'ids')}"
    return dict(tx.all(lambda i, config: (int(i), str(config)), sql, ids=tx.dialect.bag(experiment_ids)))


def _states(tx: Tx, states: Sequence[str]) -> tuple[str, dict[str, object]]:
    if not states:
        return "", {}
    return f" AND {tx.dialect.member('c.state', 'states', 'text')}", {"states": tx.dialect.bag(states)}
