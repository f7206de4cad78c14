"""Reports as curves: windows of steps, thinned; and what the charts of an experiment ask."""

import msgspec

from undeterred.domain.charts.thin import GOLDEN, MODULUS
from undeterred.store.db import Tx

LIVE = "archived = 0 AND profiling = 0"
_DRAW = f"batches % {MODULUS} * {GOLDEN} % {MODULUS}"


class PointRow(msgspec.Struct, frozen=True):
    """A report as a point of a curve; `body` is JSON."""

    batches: int
    reported_at: int | None
    body: str


class SampleRow(msgspec.Struct, frozen=True):
    """A report of some trial; `body` is JSON."""

    id: int
    trial_id: int
    batches: int
    body: str


class ChartedRow(msgspec.Struct, frozen=True):
    """What a chart must know of an experiment."""

    id: int
    state: str
    searcher_name: str
    searcher_metric: str


class TrialRow(msgspec.Struct, frozen=True):
    """A trial of a sample; `hparams` is JSON."""

    id: int
    hparams: str


def points(tx: Tx, trial_id: int, group: str, first: int, last: int, limit: int) -> list[PointRow]:
    """At most `limit` live reports of a group with first <= step <= last, by step; always the same ones. limit < 0: all."""
    where = f"trial_id = :trial AND metric_group = :grp AND {LIVE} AND batches BETWEEN :first AND :last"
    if limit >= 0:
        where = f"id IN (SELECT id FROM metrics WHERE {where} ORDER BY {_DRAW} LIMIT :limit)"
    given = {"limit": limit} if limit >= 0 else {}
    return tx.all(
        PointRow,
        f"SELECT batches, reported_at, body FROM metrics WHERE {where} ORDER BY batches",
        trial=trial_id,
        grp=group,
        first=first,
        last=last,
        **given,
    )


def experiments(tx: Tx, ids: list[int]) -> dict[int, ChartedRow]:
    """Those of the experiments that exist, by id."""
    sql = f"SELECT id, state, searcher_name, searcher_metric FROM experiments WHERE {tx.dialect.member('id', 'ids')}"
    return {row.id: row for row in tx.all(ChartedRow, sql, ids=tx.dialect.bag(ids))}


def summaries(tx: Tx, experiment_ids: list[int]) -> list[str]:
    """The summaries (JSON) of the experiments' trials that have reported."""
    sql = f"SELECT summary_metrics FROM trials WHERE {tx.dialect.member('experiment_id', 'ids')} AND metrics_run_id > 0"
    return tx.column(sql, ids=tx.dialect.bag(experiment_ids))


def reports(tx: Tx, experiment_id: int, group: str, first: int, last: int, after_id: int, limit: int) -> list[SampleRow]:
    """The next live reports of a group by any trial of an experiment, first <= step <= last, in the order of arrival."""
    return tx.all(
        SampleRow,
        f"SELECT id, trial_id, batches, body FROM metrics WHERE trial_id IN (SELECT id FROM trials WHERE experiment_id = :experiment)"
        f" AND metric_group = :grp AND {LIVE} AND batches BETWEEN :first AND :last AND id > :after ORDER BY id LIMIT :limit",
        experiment=experiment_id,
        grp=group,
        first=first,
        last=last,
        after=after_id,
        limit=limit,
    )


def best_trials(tx: Tx, experiment_id: int, by_length: bool, limit: int) -> list[TrialRow]:
    """An experiment's trials: the best first, those without a metric last; or, of those that were validated, the longest first, and
    the best of equally long ones."""
    best = "CASE WHEN best_signed IS NULL THEN 1 ELSE 0 END, best_signed, id"
    which, order = (" AND best_validation_id IS NOT NULL", f"total_batches DESC, {best}") if by_length else ("", best)
    sql = f"SELECT id, hparams FROM trials WHERE experiment_id = :id{which} ORDER BY {order} LIMIT :limit"
    return tx.all(TrialRow, sql, id=experiment_id, limit=limit)


def hparams(tx: Tx, trial_ids: list[int]) -> dict[int, str]:
    """Hyperparameters (JSON) by trial."""
    sql = f"SELECT id, hparams FROM trials WHERE {tx.dialect.member('id', 'ids')}"
    return dict(tx.all(lambda i, text: (int(i), str(text)), sql, ids=tx.dialect.bag(trial_ids)))
