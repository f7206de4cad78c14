"""What is reported out of order, twice over, or in an older way: which is the latest, what stands first."""

import pytest

from tests.services.reporting import ADMIN, Lab, plain
from undeterred.errors import InvalidArgument, NotFound
from undeterred.services import (
    charts,
    checkpoints,
    heartbeats,
    metric_streams,
    profiler,
    series,
    shown_checkpoints,
    trial_logs_kept,
    trials,
    workloads,
)
from undeterred.services.charts import Look
from undeterred.services.drawn import Drawn
from undeterred.services.profiler import Watched
from undeterred.store.db import Database, Tx
from undeterred.wire import charts as wire
from undeterred.wire import checkpoints as checkpoint_wire
from undeterred.wire import metrics as metrics_wire
from undeterred.wire import profiler as profiler_wire
from undeterred.wire import trials as trial_wire
from undeterred.wire.common import Int32FieldFilter, MetricType, OrderBy

UUID = "33333333-3333-3333-3333-{:012d}"
Sort = checkpoint_wire.CheckpointSortBy


def at(second: int) -> str:
    return f"2026-01-02T03:04:{second:02d}Z"


def points(db: Database, drawn: Drawn, trial: int, **given: object) -> list[dict[str, object]]:
    request = wire.CompareTrialsRequest(trial_ids=[trial], group="training", **given)  # type: ignore[arg-type]
    curves = plain(db.read_now(series.compare, request, drawn))["trials"][0]["metrics"]
    found: list[dict[str, object]] = curves[0]["data"] if curves else []
    return found


def test_a_run_goes_on_from_the_highest_step_whenever_it_was_told(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.checkpoint(trial, UUID.format(1), 20, a=1)
    lab.checkpoint(trial, UUID.format(2), 10, a=1)
    begun = db.write_now(trials.start, ADMIN, trial, True)
    assert (begun.latest_checkpoint, begun.steps_completed) == (UUID.format(1), 20)
    lab.checkpoint(trial, UUID.format(3), 20, a=1)
    assert db.write_now(trials.start, ADMIN, trial, True).latest_checkpoint == UUID.format(3)


def test_the_latest_validation_is_the_one_told_last(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.report(trial, "validation", 10, {"loss": 1}, at=at(30))
    lab.report(trial, "validation", 5, {"loss": 2}, at=at(20))
    shown = lab.show(trial)
    assert (shown.latest_validation, shown.best_validation) != (None, None)
    assert plain(shown.latest_validation)["totalBatches"] == 5
    assert plain(shown.best_validation)["totalBatches"] == 10
    lab.report(trial, "validation", 20, {"acc": 2}, at=at(40))
    assert plain(lab.show(trial).latest_validation)["totalBatches"] == 5, "it has no searcher metric"
    lab.report(trial, "validation", 20, {"loss": 3}, at=at(10))
    assert plain(lab.show(trial).latest_validation)["totalBatches"] == 20


def test_checkpoints_that_are_equal_stand_by_time(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    for number, step, second in ((1, 10, 30), (2, 10, 10), (3, 20, 20)):
        lab.checkpoint(trial, UUID.format(number), step, report_time=at(second), a=1)

    def listed(order: OrderBy = OrderBy.ORDER_BY_ASC, **given: object) -> list[int]:
        request = checkpoint_wire.GetTrialCheckpointsRequest(id=trial, order_by=order, **given)  # type: ignore[arg-type]
        return [int(each.uuid[-1]) for each in db.read_now(shown_checkpoints.of_trial, request).checkpoints]

    assert listed() == [2, 3, 1]
    assert listed(OrderBy.ORDER_BY_DESC) == [1, 3, 2]
    assert listed(sort_by_attr=Sort.SORT_BY_BATCH_NUMBER) == [2, 1, 3]
    assert listed(OrderBy.ORDER_BY_DESC, sort_by_attr=Sort.SORT_BY_BATCH_NUMBER) == [3, 1, 2]
    assert listed(sort_by_attr=Sort.SORT_BY_STATE) == listed(OrderBy.ORDER_BY_DESC, sort_by_attr=Sort.SORT_BY_STATE) == [1, 3, 2]
    assert listed(sort_by_metric="loss") == listed(OrderBy.ORDER_BY_DESC, sort_by_metric="loss") == [2, 3, 1]
    lab.report(trial, "validation", 20, {"loss": 1})
    assert listed(sort_by_attr=Sort.SORT_BY_SEARCHER_METRIC) == [2, 1, 3]
    assert listed(OrderBy.ORDER_BY_DESC, sort_by_attr=Sort.SORT_BY_SEARCHER_METRIC) == [3, 2, 1]


@pytest.mark.parametrize(("smaller_is_better", "first"), [(1, 3), (0, 2)])
def test_a_trials_best_checkpoint_comes_first_where_no_order_is_given(db: Database, smaller_is_better: int, first: int) -> None:
    lab = Lab(db, smaller_is_better=smaller_is_better)
    trial = lab.trial()
    for number, loss in ((1, 2.0), (2, 3.0), (3, 1.0)):
        lab.report(trial, "validation", number, {"loss": loss})
        lab.checkpoint(trial, UUID.format(number), number, a=1)
    request = checkpoint_wire.GetTrialCheckpointsRequest(id=trial, sort_by_attr=Sort.SORT_BY_SEARCHER_METRIC, limit=1)
    assert [each.uuid for each in db.read_now(shown_checkpoints.of_trial, request).checkpoints] == [UUID.format(first)]


def test_what_is_left_of_files_is_compared_with_what_was_told(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.checkpoint(trial, UUID.format(1), 1, a=5)

    def patch(**left: str) -> tuple[str, dict[str, str]]:
        files = checkpoint_wire.PatchCheckpointOptionalResources(resources={name.replace("_", "."): size for name, size in left.items()})
        db.write_now(checkpoints.patch, ADMIN, [checkpoint_wire.PatchCheckpoint(uuid=UUID.format(1), resources=files)])
        shown = db.read_now(checkpoints.get, UUID.format(1))
        return shown.state.value, shown.resources

    assert patch(a="5", metadata_json="2") == ("STATE_COMPLETED", {"a": "5", "metadata.json": "2"})
    assert lab.experiment("checkpoint_size") == (7,)
    assert patch() == ("STATE_DELETED", {"a": "5", "metadata.json": "2"})
    assert patch(a="5", metadata_json="2")[0] == "STATE_DELETED", "nothing is new"
    assert patch(a="5") == ("STATE_PARTIALLY_DELETED", {"a": "5"})
    assert lab.experiment("checkpoint_count", "checkpoint_size") == (1, 5)


def test_sizes_stay_within_64_bits(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.checkpoint(trial, UUID.format(1), 1, a=9 * 10**18)
    with pytest.raises(InvalidArgument, match="64 bits"):
        lab.checkpoint(trial, UUID.format(2), 2, a=9 * 10**18)
    assert (lab.show(trial).total_checkpoint_size, lab.show(trial).checkpoint_count) == ("9000000000000000000", 1)
    lab.checkpoint(trial, UUID.format(2), 2, a=5)
    assert lab.experiment("checkpoint_size") == (9 * 10**18 + 5,)


def test_what_is_wrong_with_checkpoints_is_named(db: Database) -> None:
    lab = Lab(db)
    lab.checkpoint(lab.trial(), UUID.format(1), 1, a=5)
    with pytest.raises(NotFound, match=f"checkpoints '{UUID.format(8)}, {UUID.format(9)}' not found"):
        db.write_now(checkpoints.removable, [UUID.format(9), UUID.format(1), UUID.format(8)], ["*"])
    with pytest.raises(InvalidArgument, match="not a valid uuid"):
        db.write_now(checkpoints.removable, ["zz"], [".."])


def test_after_a_restart_the_last_value_is_the_newest_one(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.report(trial, "training", 10, {"loss": 1}, at=at(30))
    lab.report(trial, "training", 20, {"loss": 2}, at=at(20))
    lab.report(trial, "training", 40, {"loss": 4}, at=at(40))
    assert lab.summary(trial)["avg_metrics"]["loss"]["last"] == 4
    db.write_now(lambda tx: tx.run("UPDATE trials SET run_id = 2"))
    lab.report(trial, "validation", 30, {"loss": 9}, run=2, at=at(50))
    assert lab.summary(trial)["avg_metrics"]["loss"] == {"count": 2, "last": 1, "max": 2, "mean": 1.5, "min": 1, "sum": 3, "type": "number"}


def test_metrics_of_a_source_come_by_step(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.checkpoint(trial, UUID.format(1), 1, a=5)
    source = metrics_wire.TrialSourceInfo(
        trial_id=trial,
        checkpoint_uuid=UUID.format(1),
        trial_source_info_type=metrics_wire.TrialSourceInfoType.TRIAL_SOURCE_INFO_TYPE_INFERENCE,
    )
    db.write_now(metric_streams.report_source, source)
    for group, step in (("validation", 2), ("a", 3), ("training", 1), ("b", -1)):
        lab.report(trial, group, step, {"loss": 1})

    def groups(**given: object) -> list[str]:
        request = metrics_wire.GetTrialMetricsByCheckpointRequest(checkpoint_uuid=UUID.format(1), **given)  # type: ignore[arg-type]
        return [each.group for each in db.read_now(metric_streams.by_checkpoint, request).metrics]

    assert groups() == ["training", "validation", "a"]
    assert groups(metric_group="a") == ["a"]
    assert groups(trial_source_info_type=metrics_wire.TrialSourceInfoType.TRIAL_SOURCE_INFO_TYPE_INFERENCE) == groups()
    assert groups(trial_source_info_type=metrics_wire.TrialSourceInfoType.TRIAL_SOURCE_INFO_TYPE_UNSPECIFIED) == []


@pytest.mark.parametrize("progress", ["Infinity", "-Infinity", "NaN"])
def test_a_managed_trials_progress_is_a_number(db: Database, progress: str) -> None:
    lab = Lab(db, unmanaged=0, state="ACTIVE")
    trial = lab.trial()
    with pytest.raises(InvalidArgument, match="invalid progress value"):
        db.write_now(trials.report_progress, ADMIN, trial_wire.ReportTrialProgressRequest(trial_id=trial, progress=progress))


def test_only_trials_have_checkpoints(db: Database) -> None:
    Lab(db)
    db.write_now(lambda tx: tx.run("INSERT INTO tasks (id, type, started_at) VALUES ('gc', 'CHECKPOINT_GC', 1)"))
    sent = checkpoint_wire.Checkpoint(uuid=UUID.format(1), task_id="gc")
    with pytest.raises(InvalidArgument, match="belong to trials"):
        db.write_now(checkpoints.report, ADMIN, sent)


def test_workloads_of_one_step_stand_by_time(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.checkpoint(trial, UUID.format(1), 10, report_time=at(1), a=1)
    lab.report(trial, "validation", 10, {"loss": 1}, at=at(2))
    lab.report(trial, "training", 10, {"loss": 2}, at=at(3))
    lab.report(trial, "validation", 20, {"loss": 3}, at=at(4))

    def kinds(**given: object) -> list[str]:
        request = trial_wire.GetTrialWorkloadsRequest(trial_id=trial, **given)  # type: ignore[arg-type]
        return [next(iter(plain(each))) for each in db.read_now(workloads.list_workloads, request).workloads]

    assert kinds() == ["checkpoint", "validation", "training", "validation"]
    assert kinds(order_by=OrderBy.ORDER_BY_DESC) == ["validation", "training", "validation", "checkpoint"]
    assert kinds(sort_key="zzz") == kinds()
    wanted = trial_wire.GetTrialWorkloadsRequestFilterOption.FILTER_OPTION_CHECKPOINT
    assert kinds(filter=wanted) == ["checkpoint", "validation", "validation"]


def test_epochs_go_before_epoch(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    told: list[dict[str, object]] = [{"epoch": 1}, {"epochs": 2}, {"epoch": 3, "epochs": 4}, {"epoch": 5, "epochs": None}]
    for step, values in enumerate(told):
        lab.report(trial, "training", step, {"loss": 1} | values)
    for odd in ("NaN", "two", True, [1]):
        with pytest.raises(InvalidArgument, match="non numeric 'epochs'"):
            lab.report(trial, "training", 9, {"epochs": odd})
    assert [point["epoch"] for point in points(db, Drawn(), trial, metric_names=["loss"])] == [1, 2, 4, 5]


def test_a_filter_stands_for_the_window(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    for step in (-1, 0, 10, 20):
        lab.report(trial, "training", step, {"loss": 1})

    def steps(**given: object) -> list[object]:
        return [point["batches"] for point in points(db, Drawn(), trial, metric_names=["loss"], **given)]

    some = wire.PolymorphicFilter(name="batches", integer_range=Int32FieldFilter(lte=10))
    assert steps() == [0, 10, 20]
    assert steps(start_batches=5, end_batches=15) == [10]
    assert steps(end_batches=-3) == [0]
    assert steps(start_batches=5, end_batches=7, time_series_filter=some) == [-1, 0, 10]


def test_a_report_that_leaves_the_summary_as_it_was_is_drawn(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    drawn = Drawn()
    for step in (1, 2):
        lab.report(trial, "training", step, {"good": True})
        assert len(points(db, drawn, trial, metric_names=["good"])) == step


def test_groups_in_the_older_way(db: Database) -> None:
    both = {"experiment_id": 1, "metric_name": "loss", "group": "training", "metric_type": MetricType.METRIC_TYPE_VALIDATION}
    assert charts.checked(wire.TrialsSnapshotRequest(**both)) == charts.checked(wire.TrialsSampleRequest(**both)) == "validation"  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="both"):
        charts.checked(wire.MetricBatchesRequest(**both))  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="maxTrials"):
        charts.checked(wire.TrialsSampleRequest(**both, max_trials=-1))  # type: ignore[arg-type]
    charts.checked(wire.TrialsSnapshotRequest(**both, batches_margin=-1))  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="margin"):
        charts.checked(wire.TrialsSnapshotRequest(**both, batches_margin=101))  # type: ignore[arg-type]


def test_names_of_metrics_come_by_experiment(db: Database) -> None:
    labs = [Lab(db) for _ in range(2)]
    db.write_now(lambda tx: tx.run("UPDATE experiments SET searcher_metric = 'm' || id"))
    first, second = (lab.experiment_id for lab in labs)
    told, _ = db.read_now(charts.names, [second, first, second], Look(names=set(), searcher=set(), batches=set(), sample=[]))
    assert told is not None
    assert told.searcher_metrics == [f"m{first}", f"m{second}"]


def test_series_of_a_profiler_by_kind(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.report(trial, "disk", 0, {"ag": {"disk_free": 1, "/": {"disk_util": 2}}})
    lab.report(trial, "network", 0, {"ag": {"eth0": {"net_sent": 0.1}}})
    lab.report(trial, "cpu", 0, {"ag": {"cpu_util": 1 / 3}})

    def values(name: str, gpu: str = "") -> list[tuple[object, str]]:
        labels = profiler_wire.TrialProfilerMetricLabels(trial_id=trial, name=name, agent_id="ag", gpu_uuid=gpu)
        found, _ = db.read_now(profiler.points, labels, Watched())
        return [(each.batch.values[0], each.batch.labels.gpu_uuid) for each in found if each.batch and each.batch.labels]

    told, _ = db.read_now(profiler.available, trial, Watched(series={}))
    assert [(label.name, label.gpu_uuid) for label in told.labels] == [("cpu_util", ""), ("disk_free", ""), ("net_sent", "")]
    assert (values("disk_free"), values("disk_util"), values("net_sent")) == ([(1, "")], [], [(0.1, "")])
    assert values("cpu_util", "GPU-1") == [(0.33333334, "GPU-1")], "a device means nothing to a processor; 32 bits of the number are told"
    assert values("gpu_util") == []


def test_a_state_is_answered_as_it_was_sent(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    state = trial_wire.TrialState.STATE_ACTIVE
    assert db.write_now(trials.patch, ADMIN, trial_wire.PatchTrialRequest(trial_id=trial, state=state)).state is state
    assert lab.show(trial).state is trial_wire.TrialState.STATE_QUEUED
    request = wire.CompareTrialsRequest(trial_ids=[trial], metric_names=["loss"])
    assert plain(db.read_now(series.compare, request, Drawn()))["trials"][0]["trial"]["state"] == "STATE_ACTIVE"


def test_a_second_end_is_the_end(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()

    def to(state: trial_wire.TrialState) -> str | None:
        return db.write_now(trials.patch, ADMIN, trial_wire.PatchTrialRequest(trial_id=trial, state=state)).end_time

    first = to(trial_wire.TrialState.STATE_COMPLETED)
    assert first is not None
    ended = lab.experiment("ended_at")
    assert to(trial_wire.TrialState.STATE_RUNNING) == first
    assert lab.experiment("state", "ended_at") == ("RUNNING", *ended)
    second = to(trial_wire.TrialState.STATE_COMPLETED)
    assert second is not None
    assert second > first
    assert lab.experiment("ended_at") > ended
    to(trial_wire.TrialState.STATE_RUNNING)
    db.write_now(lambda tx: tx.run("UPDATE trials SET last_activity_at = last_activity_at + 1000000000"))
    assert db.write_now(heartbeats.lapse, -2_000_000_000) == 1
    lost = lab.show(trial)
    assert (lost.state, str(lost.end_time) > second) == (trial_wire.TrialState.STATE_ERROR, True)


def test_any_negative_number_of_days_keeps_logs_for_ever(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    db.write_now(trial_logs_kept.put, ADMIN, trial, -3)
    assert lab.show(trial).log_retention_days == -3
    assert db.read_now(trial_logs_kept.remaining, trial, 5).remaining_days == -1
    for days in (-32769, 32768):
        with pytest.raises(InvalidArgument, match=str(days)):
            db.write_now(trial_logs_kept.put, ADMIN, trial, days)
    with pytest.raises(NotFound):
        db.write_now(trial_logs_kept.put, ADMIN, 99, 1)


def test_who_a_checkpoint_is_of_is_asked_first(db: Database) -> None:
    def ask(tx: Tx) -> None:
        checkpoints.report(tx, ADMIN, checkpoint_wire.Checkpoint(uuid="no uuid", task_id="nobody"))

    with pytest.raises(NotFound, match="task 'nobody' not found"):
        db.write_now(ask)
