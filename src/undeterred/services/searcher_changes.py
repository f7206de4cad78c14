"""An experiment that is told to go by another metric, or in the other direction: what was reported before counts by the new words too."""

import math

from undeterred.domain.metrics.stored import values_of
from undeterred.domain.metrics.values import as_number
from undeterred.services import metrics as services
from undeterred.store import checkpoints, metrics
from undeterred.store.db import Tx
from undeterred.store.experiments import SearcherRow, searcher_of, trial_ids
from undeterred.store.metrics import ReportRow


def apply(tx: Tx, experiment_id: int, before: SearcherRow | None) -> None:
    """Value all validations anew if the experiment's row now has another metric or direction than `before`."""
    now = searcher_of(tx, experiment_id)
    if now is None or before == now:
        return
    for trial_id in trial_ids(tx, experiment_id):
        rows = metrics.live_validations(tx, trial_id)
        if rows:
            metrics.value(tx, [(row.id, *_worth(row, now)) for row in rows])
            services.find_bests(tx, trial_id)
            checkpoints.refresh_best(tx, trial_id)
    metrics.refresh_experiment(tx, experiment_id)


def _worth(row: ReportRow, now: SearcherRow) -> tuple[float | None, int]:
    """A validation's signed value, None for NaN and for none; and whether it has the metric."""
    value = as_number(values_of(row.body).get(now.metric))
    if value is None or math.isnan(value):
        return None, int(value is not None)
    return (value if now.smaller_is_better else -value), 1
