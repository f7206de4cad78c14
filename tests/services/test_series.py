"""Curves of trials and what the charts of an experiment look at."""

import pytest

from tests.services.reporting import Lab, plain
from undeterred.errors import InvalidArgument, NotFound
from undeterred.services import charts, profiler, series
from undeterred.services.charts import Look
from undeterred.services.drawn import Drawn
from undeterred.services.profiler import Watched
from undeterred.store.db import Database
from undeterred.wire import charts as wire
from undeterred.wire import profiler as profiler_wire
from undeterred.wire.common import Int32FieldFilter, MetricType


def look() -> Look:
    return Look(names=set(), searcher=set(), batches=set(), sample=[])


def lab_with_curve(db: Database, steps: int = 40) -> tuple[Lab, int]:
    lab = Lab(db, searcher="random")
    trial = lab.trial()
    for step in range(1, steps + 1):
        lab.report(trial, "training", step, {"loss": 1 / step, "epoch": step // 10}, at=f"2026-01-02T03:04:{step % 60:02d}Z")
    return lab, trial


def steps_of(db: Database, trial: int, **given: object) -> list[int]:
    request = wire.CompareTrialsRequest(trial_ids=[trial], metric_names=["loss"], group="training", **given)  # type: ignore[arg-type]
    curves = plain(db.read_now(series.compare, request, Drawn()))["trials"][0]["metrics"]
    return [point["batches"] for point in curves[0]["data"]] if curves else []


def test_a_curve_has_values_time_and_epoch(db: Database) -> None:
    _, trial = lab_with_curve(db, 3)
    request = wire.CompareTrialsRequest(trial_ids=[trial, trial, 99], metric_names=["loss", "zzz"])
    shown = plain(db.read_now(series.compare, request, Drawn()))["trials"]
    assert len(shown) == 1
    assert (shown[0]["trial"]["taskIds"], shown[0]["trial"]["summaryMetrics"]) == ([], None)
    assert [(c["group"], c["type"]) for c in shown[0]["metrics"]] == [("training", "METRIC_TYPE_TRAINING")]
    assert shown[0]["metrics"][0]["data"][1] == {
        "batches": 2,
        "values": {"loss": 0.5, "zzz": None},
        "time": "2026-01-02T03:04:02Z",
        "epoch": 0,
    }
    with pytest.raises(NotFound):
        db.read_now(series.compare, wire.CompareTrialsRequest(trial_ids=[99], metric_names=["loss"]), Drawn())


def test_a_curve_that_was_drawn_before_shows_what_was_reported_since(db: Database) -> None:
    lab, trial = lab_with_curve(db, 3)
    request = wire.CompareTrialsRequest(trial_ids=[trial], metric_names=["loss", "more"], group="training")
    drawn = Drawn()

    def look_again() -> list[dict[str, object]]:
        points = plain(db.read_now(series.compare, request, drawn))["trials"][0]["metrics"][0]["data"]
        return [point["values"] for point in points]

    before = look_again()
    assert look_again() == before
    lab.report(trial, "training", 3, {"more": 7})
    assert look_again() == [*before[:2], {"loss": 1 / 3, "more": 7}]
    lab.report(trial, "training", 4, {"loss": 0.1})
    assert look_again()[-1] == {"loss": 0.1, "more": None}
    assert len(look_again()) == 4


def test_the_draw_repeats_and_nests(db: Database) -> None:
    _, trial = lab_with_curve(db)
    ten = steps_of(db, trial, max_datapoints=10)
    assert len(ten) == 10
    assert ten == sorted(ten) == steps_of(db, trial, max_datapoints=10)
    assert set(ten) <= set(steps_of(db, trial, max_datapoints=20))
    assert steps_of(db, trial, max_datapoints=-1) == list(range(1, 41))
    everything = wire.PolymorphicFilter(name="loss", double_range=wire.DoubleFieldFilter(gt=0.0))
    assert steps_of(db, trial, max_datapoints=10, time_series_filter=everything) == ten, "SQL and Python draw the same points"


def test_windows_and_filters(db: Database) -> None:
    _, trial = lab_with_curve(db)

    def through(**given: object) -> list[int]:
        return steps_of(db, trial, time_series_filter=wire.PolymorphicFilter(**given))  # type: ignore[arg-type]

    assert steps_of(db, trial, start_batches=5, end_batches=7) == [5, 6, 7]
    assert through(integer_range=Int32FieldFilter(gt=2, lte=4)) == [3, 4]
    assert through(name="batches", integer_range=Int32FieldFilter(incl=[10, 30], not_in=[30])) == [10]
    assert through(name="loss", double_range=wire.DoubleFieldFilter(gte=0.5)) == [1, 2]
    assert through(name="epoch", double_range=wire.DoubleFieldFilter(gt=3)) == [40]
    assert through(name="time", time_range=wire.TimestampFieldFilter(lt="2026-01-02T03:04:03Z")) == [1, 2]
    for wrong in (
        wire.PolymorphicFilter(integer_range=Int32FieldFilter(gt=5, lt=2)),
        wire.PolymorphicFilter(integer_range=Int32FieldFilter(gt=5), double_range=wire.DoubleFieldFilter(lt=2)),
    ):
        with pytest.raises(InvalidArgument):
            steps_of(db, trial, time_series_filter=wrong)


def test_how_metrics_are_named() -> None:
    ids = wire.CompareTrialsRequest(metric_ids=["training.a.b", "x.c"])
    assert series.metrics_wanted(ids) == {"training": ["a.b"], "x": ["c"]}
    for wrong in (
        wire.CompareTrialsRequest(metric_ids=["loss"]),
        wire.CompareTrialsRequest(metric_ids=["training."]),
        wire.CompareTrialsRequest(metric_ids=["training.loss"], metric_names=["loss"]),
        wire.CompareTrialsRequest(metric_names=["a"], group="training", metric_type=MetricType.METRIC_TYPE_TRAINING),
        wire.CompareTrialsRequest(metric_names=["a"], metric_type=MetricType.METRIC_TYPE_PROFILING),
    ):
        with pytest.raises(InvalidArgument):
            series.metrics_wanted(wrong)


def test_looks_tell_only_what_is_new(db: Database) -> None:
    lab, trial = lab_with_curve(db, 2)
    seen = look()
    first, ended = db.read_now(charts.names, [lab.experiment_id], seen)
    assert first is not None
    assert (first.searcher_metrics, first.training_metrics, ended) == (["loss"], ["epoch", "loss"], False)
    assert db.read_now(charts.names, [lab.experiment_id], seen)[0] is None
    lab.report(trial, "validation", 2, {"loss": 1})
    lab.db.write_now(lambda tx: tx.run("UPDATE experiments SET state = 'COMPLETED'"))
    second, ended = db.read_now(charts.names, [lab.experiment_id], seen)
    assert second is not None
    assert (second.searcher_metrics, second.training_metrics, second.validation_metrics, ended) == ([], [], ["loss"], True)


def test_batches_and_snapshots(db: Database) -> None:
    lab, trial = lab_with_curve(db, 3)
    lab.report(trial, "training", 9, {"other": 1})
    seen = look()
    request = wire.MetricBatchesRequest(experiment_id=lab.experiment_id, metric_name="loss", group="training")
    found, _ = db.read_now(charts.batches, request, "training", seen)
    assert found is not None
    assert found.batches == [1, 2, 3]
    lab.report(trial, "training", 4, {"loss": 1})
    again, _ = db.read_now(charts.batches, request, "training", seen)
    assert again is not None
    assert again.batches == [4]
    near = wire.TrialsSnapshotRequest(experiment_id=lab.experiment_id, metric_name="loss", batches_processed=3, batches_margin=1)
    shown, _ = db.read_now(charts.snapshot, near, "training", look())
    assert shown is not None
    assert [t.batches_processed for t in shown.trials] == [2, 3, 4]
    with pytest.raises(InvalidArgument, match="margin"):
        charts.checked(wire.TrialsSnapshotRequest(metric_name="loss", group="training", batches_margin=101))


def test_samples_are_of_the_best_trials(db: Database) -> None:
    lab = Lab(db, searcher="random")
    one, two, three = lab.trial(), lab.trial(), lab.trial()
    for trial, loss in ((one, 3), (two, 1)):
        lab.report(trial, "validation", 1, {"loss": loss})
    seen = look()
    request = wire.TrialsSampleRequest(experiment_id=lab.experiment_id, metric_name="loss", max_trials=2)
    first, _ = db.read_now(charts.sample, request, "validation", seen)
    assert ([t.trial_id for t in first.trials], first.promoted_trials) == ([two, one], [two, one])
    lab.report(three, "validation", 1, {"loss": 0})
    second, _ = db.read_now(charts.sample, request, "validation", seen)
    assert (second.promoted_trials, second.demoted_trials) == ([three], [one])
    request.experiment_id = Lab(db, searcher="single").experiment_id
    with pytest.raises(InvalidArgument):
        db.read_now(charts.sample, request, "validation", look())


def test_samples_of_a_halving_search_are_of_the_longest_trials(db: Database) -> None:
    lab = Lab(db, searcher="async_halving")
    worse, better, longest, unvalidated = (lab.trial() for _ in range(4))
    for trial, step, loss in ((worse, 3, 2), (better, 3, 1), (longest, 9, 5)):
        lab.report(trial, "validation", step, {"loss": loss})
    lab.report(unvalidated, "training", 99, {"loss": 0})
    request = wire.TrialsSampleRequest(experiment_id=lab.experiment_id, metric_name="loss")
    told, _ = db.read_now(charts.sample, request, "validation", look())
    assert told.promoted_trials == [longest, better, worse]


def test_profiler_series(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.report(trial, "gpu", 0, {"ag": {"G1": {"util": 50}, "G2": {"util": 60}}}, at="2026-01-02T03:04:01Z")
    lab.report(trial, "cpu", 0, {"ag": {"cpu": 12.5}}, at="2026-01-02T03:04:02Z")
    lab.report(trial, "disk", 0, {"ag": {"/": {"disk_util": 7}}}, at="2026-01-02T03:04:03Z")
    shown, lives = db.read_now(profiler.available, trial, Watched(series={}))
    assert [(s.name, s.gpu_uuid) for s in shown.labels] == [("cpu", ""), ("util", "G1"), ("util", "G2")]
    assert lives

    def values(name: str, agent: str = "ag", device: str = "") -> list[object]:
        labels = profiler_wire.TrialProfilerMetricLabels(trial_id=trial, name=name, agent_id=agent, gpu_uuid=device)
        return [p["batch"]["values"][0] for p in plain(db.read_now(profiler.points, labels, Watched())[0])]

    assert (values("util"), values("util", device="G2"), values("cpu")) == ([50, 60], [60], [12.5])
    assert values("disk_util") == values("util", agent="other") == values("") == []
