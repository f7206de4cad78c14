"""Reports of metrics: what they change, what they must not, what a retry does."""

import json
from typing import Any

import pytest

from tests.services.reporting import ADMIN, Lab, plain
from undeterred.errors import Conflict, InvalidArgument, NotFound
from undeterred.services import metric_streams, metrics, search
from undeterred.store import search_events
from undeterred.store.db import Database, Tx
from undeterred.wire.metrics import Metrics, TrialMetrics

AT = "2026-01-02T03:04:05.5Z"


def stream(lab: Lab, trial: int, group: str) -> list[dict[str, Any]]:
    message, after = lab.db.read_now(metric_streams.page, trial, group, -1)
    assert after is None
    found: list[dict[str, Any]] = json.loads(message)["result"]["metrics"] if message else []
    return found


def test_a_report_is_counted_and_streamed(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.report(trial, "training", 1, {"loss": 2.0, "acc": 0.5}, at=AT)
    lab.report(trial, "training", 2, {"loss": 1})
    shown = lab.show(trial)
    assert shown.total_batches_processed == 2
    assert lab.summary(trial)["avg_metrics"]["acc"]["last"] is None
    assert lab.summary(trial)["avg_metrics"]["loss"] == {"count": 2, "last": 1, "max": 2, "mean": 1.5, "min": 1, "sum": 3, "type": "number"}
    first = stream(lab, trial, "training")[0]
    assert first["metrics"] == {"avg_metrics": {"acc": 0.5, "loss": 2}, "batch_metrics": None}
    assert (first["endTime"], first["totalBatches"], first["trialRunId"]) == ("2026-01-02T03:04:05.500Z", 1, 1)


def test_a_retry_is_not_counted_but_the_same_value_later_is(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    for _ in range(3):
        lab.report(trial, "validation", 1, {"loss": 2.0}, at=AT)
    assert lab.summary(trial)["validation_metrics"]["loss"]["count"] == 1
    lab.report(trial, "validation", 1, {"loss": 2.0}, at="2026-01-02T03:04:06Z")
    assert lab.summary(trial)["validation_metrics"]["loss"]["count"] == 2
    assert len(stream(lab, trial, "validation")) == 1


def test_a_retried_validation_tells_the_search_once(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "step", lambda *_: False)  # which would read it
    lab = Lab(db, searcher="adaptive_asha", unmanaged=0, state="ACTIVE")
    trial = lab.trial()
    for _ in range(2):
        lab.report(trial, "validation", 1, {"loss": 2.0, "epochs": 1}, at=AT)
    events = db.read_now(search_events.unread, lab.experiment_id)
    assert [getattr(event, "metrics", None) for _, event in events] == [{"loss": 2, "epochs": 1}]


def test_who_searches_without_validations_is_not_told(db: Database) -> None:
    lab = Lab(db, searcher="random", unmanaged=0, state="ACTIVE")
    lab.report(lab.trial(), "validation", 1, {"loss": 2.0})
    assert db.read_now(search_events.unread, lab.experiment_id) == []


def test_reports_of_one_step_are_merged(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.report(trial, "training", 6, {"loss": 1.0}, batches=[{"loss": 1.1}])
    lab.report(trial, "training", 6, {"acc": 0.7})
    assert stream(lab, trial, "training")[0]["metrics"] == {"avg_metrics": {"acc": 0.7, "loss": 1}, "batch_metrics": [{"loss": 1.1}]}
    with pytest.raises(Conflict, match="conflicting key: loss"):
        lab.report(trial, "training", 6, {"loss": 1.5})
    with pytest.raises(Conflict, match="batch metrics"):
        lab.report(trial, "training", 6, {"zzz": 1}, batches=[{"loss": 3}])
    assert stream(lab, trial, "training")[0]["metrics"]["avg_metrics"] == {"acc": 0.7, "loss": 1}


def test_a_merge_can_bring_the_searcher_metric(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.report(trial, "validation", 1, {"acc": 0.5})
    assert lab.show(trial).best_validation is None
    lab.report(trial, "validation", 1, {"loss": 3})
    assert plain(lab.show(trial).best_validation)["metrics"]["avgMetrics"] == {"acc": 0.5, "loss": 3}
    assert lab.experiment("best_trial_id", "best_metric") == (trial, 3)


def test_only_the_present_run_may_report(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial(run_id=2)
    with pytest.raises(Conflict, match=r"invalid run id, 1 .reported. != 2"):
        lab.report(trial, "training", 1, {"loss": 1})
    with pytest.raises(NotFound, match="trial '999' not found"):
        lab.report(999, "training", 1, {"loss": 1})


@pytest.mark.parametrize(
    ("group", "sent"),
    [
        ("", Metrics(avg_metrics={})),
        ("a.b", Metrics(avg_metrics={})),
        ("training", None),
        ("training", Metrics()),
        ("training", Metrics(avg_metrics={"epoch": "three"})),
    ],
)
def test_malformed_reports_are_refused(group: str, sent: Metrics | None) -> None:
    with pytest.raises(InvalidArgument):
        metrics.read(TrialMetrics(trial_id=1, steps_completed=1, metrics=sent), group)


def test_a_step_is_needed_but_for_profiling() -> None:
    with pytest.raises(InvalidArgument, match="stepsCompleted"):
        metrics.read(TrialMetrics(trial_id=1, metrics=Metrics(avg_metrics={})), "inference")
    assert metrics.read(TrialMetrics(trial_id=1, metrics=Metrics(avg_metrics={})), "gpu").batches == 0


def test_a_searcher_metric_must_be_a_number(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    with pytest.raises(InvalidArgument, match="must be a number"):
        lab.report(trial, "validation", 1, {"loss": "high"})
    assert stream(lab, trial, "validation") == []
    lab.report(trial, "validation", 1, {"loss": None})
    assert lab.show(trial).latest_validation is None


def test_best_and_latest_with_nan(db: Database) -> None:
    lab = Lab(db, smaller_is_better=0)
    trial = lab.trial()
    lab.report(trial, "validation", 1, {"loss": "NaN"})
    assert lab.show(trial).best_validation is not None
    assert lab.experiment("best_metric") == (None,)
    lab.report(trial, "validation", 2, {"loss": 0.5})
    lab.report(trial, "validation", 3, {"loss": 0.9})
    lab.report(trial, "validation", 4, {"loss": "NaN"})
    shown = lab.show(trial)
    assert shown.best_validation is not None
    assert shown.latest_validation is not None
    assert (shown.best_validation.total_batches, shown.latest_validation.total_batches) == (3, 4)
    assert lab.experiment("best_metric") == (0.9,)


def test_a_restarted_run_archives_what_it_does_over(db: Database) -> None:
    lab = Lab(db)
    trial, other = lab.trial(), lab.trial()
    lab.report(other, "validation", 1, {"loss": 4})
    for step, loss in ((10, 5), (20, 4.5), (30, 3.5)):
        lab.report(trial, "training", step, {"loss": loss - 0.5})
        lab.report(trial, "validation", step, {"loss": loss})
    lab.report(trial, "extra", 30, {"z": 30})
    assert lab.experiment("best_trial_id", "best_metric") == (trial, 3.5)
    lab.db.write_now(lambda tx: tx.run("UPDATE trials SET run_id = 2 WHERE id = :id", id=trial))
    lab.report(trial, "training", 21, {"loss": 3.9}, run=2)
    assert [r["totalBatches"] for r in stream(lab, trial, "training")] == [10, 20, 21]
    assert [r["totalBatches"] for r in stream(lab, trial, "validation")] == [10, 20]
    assert stream(lab, trial, "extra") == []
    shown, summary = lab.show(trial), lab.summary(trial)
    assert shown.total_batches_processed == 21
    assert (summary["validation_metrics"]["loss"]["count"], summary["avg_metrics"]["loss"]["last"]) == (2, 3.9)
    assert shown.best_validation is not None
    assert shown.best_validation.total_batches == 20
    assert lab.experiment("best_trial_id", "best_metric") == (other, 4)
    lab.report(trial, "training", 20, {"loss": 7}, run=2)
    assert [(r["totalBatches"], r["trialRunId"]) for r in stream(lab, trial, "training")] == [(10, 1), (20, 2), (21, 2)]


def test_profiling_is_kept_raw_and_once(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    for value in (50, 50, 60):
        lab.report(trial, "gpu", 1, {"ag": {"GPU-1": {"util": value}}}, at=AT)
    assert lab.summary(trial) == {}
    assert lab.show(trial).total_batches_processed == 0
    assert db.read_now(lambda tx: tx.value("SELECT COUNT(*) FROM metrics WHERE profiling = 1")) == 2
    assert stream(lab, trial, "gpu") == []


def test_streams_come_in_pages(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_streams, "PAGE", 3)
    lab = Lab(db)
    trial = lab.trial()
    for step in range(7):
        lab.report(trial, "training", step, {"loss": step})
    after: int | None = -1
    sizes = []
    while after is not None:
        message, after = db.read_now(metric_streams.page, trial, "training", after)
        sizes.append(len(json.loads(message)["result"]["metrics"]) if message else 0)
    assert sizes == [3, 3, 1]
    assert db.read_now(metric_streams.check, [trial, trial]) == [trial, trial]
    with pytest.raises(InvalidArgument):
        db.read_now(metric_streams.check, [])


class Counting:
    """A transaction that counts its statements."""

    def __init__(self, tx: Tx) -> None:
        self.tx, self.statements = tx, 0

    def __getattr__(self, name: str) -> Any:
        self.statements += name in ("one", "value", "run", "all", "column", "many")
        return getattr(self.tx, name)


def test_a_report_costs_the_same_however_many_there_were(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()

    def statements(tx: Tx, step: int) -> int:
        counting = Counting(tx)
        sent = TrialMetrics(trial_id=trial, trial_run_id=1, steps_completed=step, metrics=Metrics(avg_metrics={"loss": step}))
        metrics.report(counting, ADMIN, metrics.read(sent, "training"))  # type: ignore[arg-type]  # it does what a Tx does
        return counting.statements

    assert {db.write_now(statements, step) for step in range(50)} == {3}
