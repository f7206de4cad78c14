"""What the charts of an experiment show, one look at a time: the api repeats a look until the experiment has ended."""

from typing import Any

import msgspec
from msgspec import Raw

from undeterred.domain.metrics.stored import values_of
from undeterred.domain.metrics.summary import TRAINING, VALIDATION, group_of
from undeterred.domain.metrics.values import as_number
from undeterred.errors import InvalidArgument
from undeterred.services import series as curves
from undeterred.services.missing import no_experiment
from undeterred.store import series
from undeterred.store.db import Tx
from undeterred.terms import ExperimentState, is_terminal
from undeterred.wire import charts as wire
from undeterred.wire.base import double

BATCH = 2000
TRIALS, POINTS = 25, 1000
MARGIN_MAX = 100
_ASHA = frozenset({"async_halving", "adaptive_asha"})

_summary = msgspec.json.Decoder(dict[str, dict[str, Any]])


class Look(msgspec.Struct):
    """What a stream has seen so far."""

    names: set[tuple[str, str]] = set()
    searcher: set[str] = set()
    batches: set[int] = set()
    sample: list[int] = []
    last_id: int = 0


def names(tx: Tx, ids: list[int], seen: Look) -> tuple[wire.ExpMetricNamesResponse | None, bool]:
    """The names of metrics that are new since the last look (None: no news), and whether all experiments have ended."""
    if not ids:
        raise InvalidArgument("must specify at least one experiment id")
    found = series.experiments(tx, ids)
    asked = sorted(set(ids))
    for experiment_id in asked:
        if experiment_id not in found:
            raise no_experiment(experiment_id)
    answer = wire.ExpMetricNamesResponse()
    for experiment_id in asked:
        metric = found[experiment_id].searcher_metric
        if metric not in seen.searcher:
            seen.searcher.add(metric)
            answer.searcher_metrics.append(metric)
    every = {
        (group_of(key), name)
        for text in series.summaries(tx, list(found))
        for key, group in _summary.decode(text).items()
        for name in group
    }
    new = sorted(every - seen.names)
    seen.names |= every
    answer.training_metrics = [name for group, name in new if group == TRAINING]
    answer.validation_metrics = [name for group, name in new if group == VALIDATION]
    answer.metric_names = [wire.MetricIdentifier(group=group, name=name) for group, name in new]
    return answer if new or answer.searcher_metrics else None, all(_ended(row.state) for row in found.values())


def batches(tx: Tx, request: wire.MetricBatchesRequest, group: str, seen: Look) -> tuple[wire.MetricBatchesResponse | None, bool]:
    """The steps with a report of the metric that are new since the last look, and whether the experiment has ended."""
    ended = _has_ended(tx, request.experiment_id)
    new = set()
    for row in _fresh(tx, request.experiment_id, group, 0, curves.LAST_STEP, seen):
        if row.batches not in seen.batches and request.metric_name in values_of(row.body):
            new.add(row.batches)
    seen.batches |= new
    return wire.MetricBatchesResponse(batches=sorted(new)) if new else None, ended


def snapshot(tx: Tx, request: wire.TrialsSnapshotRequest, group: str, seen: Look) -> tuple[wire.TrialsSnapshotResponse | None, bool]:
    """The reports of the metric near a step that are new since the last look, and whether the experiment has ended."""
    ended = _has_ended(tx, request.experiment_id)
    first, last = max(request.batches_processed - request.batches_margin, 0), request.batches_processed + request.batches_margin
    rows = [
        (row, as_number(values_of(row.body).get(request.metric_name)))
        for row in _fresh(tx, request.experiment_id, group, first, last, seen)
    ]
    found = [(row, value) for row, value in rows if value is not None]
    hparams = series.hparams(tx, sorted({row.trial_id for row, _ in found}))
    shown = [
        wire.TrialsSnapshotResponseTrial(
            trial_id=row.trial_id, hparams=Raw(hparams[row.trial_id].encode()), metric=double(value), batches_processed=row.batches
        )
        for row, value in found
    ]
    return wire.TrialsSnapshotResponse(trials=shown) if shown else None, ended


def sample(tx: Tx, request: wire.TrialsSampleRequest, group: str, seen: Look) -> tuple[wire.TrialsSampleResponse, bool]:
    """The curves of the best trials (the longest, for ASHA), which came in or went out since the last look, and whether the experiment
    has ended."""
    experiment = series.experiments(tx, [request.experiment_id]).get(request.experiment_id)
    if experiment is None:
        raise no_experiment(request.experiment_id)
    if experiment.searcher_name == "single":
        raise InvalidArgument("trial sampling is for experiments with several trials: this one has a single searcher")
    chosen = series.best_trials(tx, experiment.id, experiment.searcher_name in _ASHA, request.max_trials or TRIALS)
    last = request.end_batches if request.end_batches > 0 else curves.LAST_STEP
    points = request.max_datapoints or POINTS
    shown = []
    for trial in chosen:
        data = curves.curve(tx, trial.id, group, [request.metric_name], request.start_batches, last, points)
        shown.append(wire.TrialsSampleResponseTrial(trial_id=trial.id, hparams=Raw(trial.hparams.encode()), data=data))
    ids = [trial.id for trial in chosen]
    answer = wire.TrialsSampleResponse(
        trials=shown,
        promoted_trials=[i for i in ids if i not in seen.sample],
        demoted_trials=[i for i in seen.sample if i not in ids],
    )
    seen.sample = ids
    return answer, _ended(experiment.state)


def checked(request: wire.MetricBatchesRequest | wire.TrialsSnapshotRequest | wire.TrialsSampleRequest) -> str:
    """The group of a request that names one metric; given in both ways, the older one counts where there was no other before.
    Raises InvalidArgument."""
    if not request.metric_name:
        raise InvalidArgument("must specify a metric name")
    both = request.group and request.metric_type in curves.GROUPS and not isinstance(request, wire.MetricBatchesRequest)
    group = curves.GROUPS[request.metric_type] if both else curves.group_of(request.group, request.metric_type)
    if isinstance(request, wire.TrialsSnapshotRequest) and request.batches_margin > MARGIN_MAX:
        raise InvalidArgument(f"margin must be <= {MARGIN_MAX}")
    if isinstance(request, wire.TrialsSampleRequest) and request.max_trials < 0:
        raise InvalidArgument(f"maxTrials must be 0 ({TRIALS}) or more, not {request.max_trials}")
    return group


def _fresh(tx: Tx, experiment_id: int, group: str, first: int, last: int, seen: Look) -> list[series.SampleRow]:
    """The reports since the last look."""
    rows: list[series.SampleRow] = []
    while more := series.reports(tx, experiment_id, group, first, last, seen.last_id, BATCH):
        rows += more
        seen.last_id = more[-1].id
    return rows


def _has_ended(tx: Tx, experiment_id: int) -> bool:
    found = series.experiments(tx, [experiment_id]).get(experiment_id)
    if found is None:
        raise no_experiment(experiment_id)
    return _ended(found.state)


def _ended(state: str) -> bool:
    return is_terminal(ExperimentState(state)) or state.startswith("DELET")
