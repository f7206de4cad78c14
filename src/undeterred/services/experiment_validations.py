"""How good an experiment's validations were."""

from undeterred.errors import NotFound
from undeterred.store import experiment_validations as rows
from undeterred.store import experiments
from undeterred.store.db import Tx
from undeterred.wire.base import instant, single
from undeterred.wire.experiments import ValidationHistoryEntry


def history(tx: Tx, experiment_id: int) -> list[ValidationHistoryEntry]:
    """The validations that were better than all before, oldest first. Raises NotFound."""
    smaller = rows.smaller_is_better(tx, experiment_id)
    if smaller is None:
        raise NotFound(f"experiment '{experiment_id}' not found")
    return [
        ValidationHistoryEntry(
            trial_id=row.trial_id,
            end_time=None if row.reported_at is None else instant(row.reported_at),
            searcher_metric=single(row.signed if smaller else -row.signed),
        )
        for row in rows.records(tx, experiment_id)
    ]


def best_metric(tx: Tx, experiment_id: int) -> float | str:
    """The best searcher metric of an experiment. Raises NotFound where there is none."""
    row = experiments.shown(tx, experiment_id)
    if row is None:
        raise NotFound(f"experiment '{experiment_id}' not found")
    if row.best_metric is None:
        raise NotFound("no validations for experiment")
    return single(row.best_metric)
