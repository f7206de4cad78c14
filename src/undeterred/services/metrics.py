"""A report of metrics: rows, running summary, best and latest validation, and the searcher's event in one commit.

A retry changes nothing: a report with the same run, group, step, time and values as the stored one is answered and forgotten (the SDK
repeats a report whose answer was lost). The same values again at another time, or without one, are counted again, as the reference does.
"""

import math
from typing import Any

import msgspec

from undeterred.domain.metrics import stored
from undeterred.domain.metrics.stored import values_of
from undeterred.domain.metrics.summary import VALIDATION, Summary, fold
from undeterred.domain.metrics.values import as_number, normal
from undeterred.domain.search.values import ValidationCompleted
from undeterred.errors import Conflict, InvalidArgument
from undeterred.services import search
from undeterred.services.identity import Caller
from undeterred.services.missing import no_trial
from undeterred.store import checkpoints, metrics, search_events
from undeterred.store.db import Tx
from undeterred.store.metrics import Bests, ReporterRow, ReportRow
from undeterred.terms import ExperimentState
from undeterred.wire.base import instant_us
from undeterred.wire.metrics import TrialMetrics

PROFILING = frozenset({"gpu", "cpu", "memory", "disk", "network"})
_WATCHING = frozenset({"async_halving", "adaptive_asha"})  # searchers that decide by validations
_LISTENING = frozenset({ExperimentState.ACTIVE.value, ExperimentState.PAUSED.value})

_json = msgspec.json.Encoder(order="sorted")
_summary = msgspec.json.Decoder(dict[str, dict[str, dict[str, Any]]])


class Report(msgspec.Struct, frozen=True):
    """A well-formed report. at: µs, None where the reporter did not say; metrics and batch_metrics in normal form."""

    trial_id: int
    run_id: int
    group: str
    batches: int
    at: int | None
    metrics: dict[str, Any]
    batch_metrics: list[Any] | None


class Standing(msgspec.Struct):
    """What a trial's row says of its reports, while a report is worked in."""

    summary: Summary
    total: int
    older: int | None
    best_id: int | None
    best_signed: float | None
    best_value: float | None
    latest_id: int | None
    latest_at: int | None


def read(wanted: TrialMetrics | None, group: str) -> Report:
    """A request as a report; raises InvalidArgument. Done before the transaction."""
    if not group:
        raise InvalidArgument("metric group cannot be empty")
    if "." in group:
        raise InvalidArgument("metric group cannot contain '.'")
    if wanted is None or wanted.metrics is None or wanted.metrics.avg_metrics is None:
        raise InvalidArgument("a report needs metrics.avgMetrics, an object of values by name")
    batches = wanted.steps_completed
    if not isinstance(batches, int):
        if group not in PROFILING:
            raise InvalidArgument("a report needs stepsCompleted, the number of steps that the metrics belong to")
        batches = 0
    values = normal(wanted.metrics.avg_metrics)
    for name in ("epoch", "epochs"):
        if type(values.get(name)) not in (int, float, type(None)):
            raise InvalidArgument(f"cannot add metric with non numeric '{name}' value got {values[name]}")
    at = wanted.report_time
    return Report(
        trial_id=wanted.trial_id,
        run_id=wanted.trial_run_id,
        group=group,
        batches=batches,
        at=instant_us(at) if isinstance(at, str) else None,
        metrics=values,
        batch_metrics=normal(wanted.metrics.batch_metrics) if wanted.metrics.batch_metrics else None,
    )


def report(tx: Tx, _who: Caller, new: Report) -> None:
    """Work a report in. Raises NotFound, Conflict (an older run, a changed value), InvalidArgument (a searcher metric that is no number)."""
    trial = metrics.reporter(tx, new.trial_id)
    if trial is None:
        raise no_trial(new.trial_id)
    if new.run_id != trial.run_id:
        raise Conflict(f"invalid run id, {new.run_id} (reported) != {trial.run_id} (expected): only the present run may report")
    at = tx.now if new.at is None else new.at
    if new.group in PROFILING:
        metrics.insert_profiling(tx, new.trial_id, new.group, new.batches, new.run_id, at, _body(new))
        tx.ring(f"profiling:{new.trial_id}")
        return
    value = _searcher_value(trial, new) if new.group == VALIDATION else None
    standing, rolled_back = _standing(tx, trial, new)
    signed = _signed(trial, value)
    report_id = metrics.insert(tx, new.trial_id, new.group, new.batches, new.run_id, at, _body(new), signed, int(value is not None))
    if report_id is None:
        before = metrics.live(tx, new.trial_id, new.group, new.batches)
        assert before is not None, "the step is taken by a live report"
        if not _merge(tx, new, before, at, value, signed):
            return
        if value is not None:
            _find_bests(standing, trial, metrics.searched(tx, new.trial_id))
            standing.latest_id, standing.latest_at = before.id, at
    elif value is not None:
        _compare(standing, report_id, signed, value, at)
        standing.latest_id, standing.latest_at = report_id, at  # what was told last, whatever time it bears
    fold(standing.summary, new.group, new.metrics)
    standing.total = max(standing.total, new.batches)
    changed = rolled_back or value is not None
    _store(tx, trial, new, standing, changed)
    if changed:
        _follow(tx, trial, new, standing, rolled_back, signed)
    if new.group == VALIDATION and not trial.unmanaged:
        _tell_search(tx, trial, new)


# -- where a trial stands ------------------------------------------------------------------------------------------------------------


def _standing(tx: Tx, trial: ReporterRow, new: Report) -> tuple[Standing, bool]:
    """Where the trial stands before this report, and whether reports of older runs had to go for it."""
    older = trial.older_batches
    if trial.metrics_run_id != trial.run_id:
        older = trial.total_batches if trial.metrics_run_id else None
    rolled_back = False
    if older is not None and older >= new.batches:
        rolled_back = metrics.archive_beyond(tx, new.trial_id, new.run_id, new.group, new.batches) > 0
        if rolled_back:
            return _recount(trial, metrics.all_live(tx, new.trial_id)), True
    return (
        Standing(
            summary=_summary.decode(trial.summary) if trial.summary else {},
            total=trial.total_batches,
            older=older,
            best_id=trial.best_validation_id,
            best_signed=trial.best_signed,
            best_value=trial.searcher_metric_value,
            latest_id=trial.latest_validation_id,
            latest_at=trial.latest_validation_at,
        ),
        False,
    )


def _recount(trial: ReporterRow, rows: list[ReportRow]) -> Standing:
    """Where the trial stands by its live reports alone."""
    rows = sorted(rows, key=lambda row: (row.reported_at or 0, row.id))
    older = [row.batches for row in rows if row.run_id < trial.run_id]
    standing = Standing({}, max([0, *(row.batches for row in rows)]), max(older, default=None), None, None, None, None, None)
    for row in rows:
        fold(standing.summary, row.metric_group, values_of(row.body))
    _find_bests(standing, trial, [row for row in rows if row.searched and row.metric_group == VALIDATION])
    return standing


def find_bests(tx: Tx, trial_id: int) -> None:
    """Look for a trial's best and latest validation among those that have the searcher metric."""
    trial = metrics.reporter(tx, trial_id)
    assert trial is not None, "whoever asks has looked at it"
    standing = Standing({}, 0, None, None, None, None, None, None)
    _find_bests(standing, trial, sorted(metrics.searched(tx, trial_id), key=lambda row: (row.reported_at or 0, row.id)))
    metrics.set_bests(tx, trial_id, _bests(standing))


def _bests(standing: Standing) -> Bests:
    return Bests(standing.best_id, standing.best_signed, standing.best_value, standing.latest_id, standing.latest_at)


def _find_bests(standing: Standing, trial: ReporterRow, rows: list[ReportRow]) -> None:
    standing.best_id = standing.best_signed = standing.best_value = standing.latest_id = standing.latest_at = None
    for row in rows:
        value = as_number(values_of(row.body).get(trial.searcher_metric))
        _compare(standing, row.id, row.signed, math.nan if value is None else value, row.reported_at or 0)


def _compare(standing: Standing, report_id: int, signed: float | None, value: float, at: int) -> None:
    """Let a validation be the best or the latest one. signed: None for NaN, which is best only where there is no number."""
    if standing.best_id is None or (signed is not None and (standing.best_signed is None or signed < standing.best_signed)):
        standing.best_id, standing.best_signed, standing.best_value = report_id, signed, None if math.isnan(value) else value
    if standing.latest_at is None or at >= standing.latest_at:
        standing.latest_id, standing.latest_at = report_id, at


def _store(tx: Tx, trial: ReporterRow, new: Report, standing: Standing, bests: bool) -> None:
    best = _bests(standing) if bests else None
    summary = _json.encode(standing.summary).decode()
    metrics.note(tx, new.trial_id, standing.total, summary, trial.run_id, standing.older, best)


def _follow(tx: Tx, trial: ReporterRow, new: Report, standing: Standing, rolled_back: bool, signed: float | None) -> None:
    """What follows from a trial's best and latest validation: its best checkpoint, and the experiment's best."""
    if rolled_back:
        checkpoints.refresh_best(tx, new.trial_id)
        metrics.refresh_experiment(tx, trial.experiment_id)
        tx.ring(f"experiment:{trial.experiment_id}")
        return
    checkpoints.validated(tx, new.trial_id, new.batches, signed, trial.best_checkpoint, trial.best_checkpoint_signed)
    if standing.best_value is not None and standing.best_signed != trial.best_signed:
        better = metrics.improve_experiment(tx, trial.experiment_id, new.trial_id, standing.best_value, bool(trial.smaller_is_better))
        if better:
            tx.ring(f"experiment:{trial.experiment_id}")


# -- one report -----------------------------------------------------------------------------------------------------------------------


def _searcher_value(trial: ReporterRow, new: Report) -> float | None:
    """The searcher metric of a validation; None where it has none."""
    value = new.metrics.get(trial.searcher_metric)
    if value is None:
        return None
    found = as_number(value)
    if found is None:
        raise InvalidArgument(f"the searcher metric {trial.searcher_metric!r} must be a number, not {_json.encode(value).decode()}")
    return found


def _signed(trial: ReporterRow, value: float | None) -> float | None:
    if value is None or math.isnan(value):
        return None
    return value if trial.smaller_is_better else -value


def _merge(tx: Tx, new: Report, before: ReportRow, at: int, value: float | None, signed: float | None) -> bool:
    """Add to a report that the step has already; false where this is that very report, sent again. Raises Conflict."""
    before_it = stored.read(before.body)
    known = before_it.values
    for name, reported in new.metrics.items():
        if name in known and _json.encode(known[name]) != _json.encode(reported):
            raise Conflict(f"overwriting existing metric keys is not supported, conflicting key: {name}")
    nothing_new = new.metrics.keys() <= known.keys()
    batch_metrics = None if new.group == VALIDATION else new.batch_metrics
    if new.at is not None and new.at == before.reported_at and nothing_new and batch_metrics in (None, before_it.batch_metrics):
        return False
    if batch_metrics and before_it.batch_metrics:
        raise Conflict("overwriting batch metrics is not supported")
    merged = msgspec.structs.replace(new, metrics=known | new.metrics, batch_metrics=batch_metrics or before_it.batch_metrics)
    has = value is not None
    metrics.merge(tx, before.id, new.run_id, at, _body(merged), signed if has else before.signed, int(has or before.searched))
    return True


def _tell_search(tx: Tx, trial: ReporterRow, new: Report) -> None:
    if trial.searcher_name in _WATCHING and trial.experiment_state in _LISTENING and trial.request_id is not None:
        search_events.add(tx, trial.experiment_id, ValidationCompleted(trial.request_id, new.metrics))
        search.step(tx, trial.experiment_id)  # at once: the next answers show what the search made of it


def _body(new: Report) -> str:
    return stored.write(new.group, new.metrics, new.batch_metrics)
