"""Trials: made, started, heard of, ended; and what that makes of an unmanaged experiment."""

import pytest

from tests.services.reporting import ADMIN, Lab, plain
from undeterred.errors import AlreadyExists, InvalidArgument, NotFound
from undeterred.services import run_reports, trial_lists, trial_logs_kept, trials, workloads
from undeterred.store import allocations
from undeterred.store.db import Database, Tx
from undeterred.wire import trials as wire
from undeterred.wire.common import OrderBy
from undeterred.wire.experiments import ExperimentState
from undeterred.wire.runs import RunPrepareForReportingRequest

UUID = "11111111-1111-1111-1111-{:012d}"


def create(lab: Lab, number: int = 1) -> wire.Trial:
    request = wire.CreateTrialRequest(experiment_id=lab.experiment_id, hparams={"lr": 0.1}, unmanaged=True)
    return lab.db.write_now(trials.create, ADMIN, request, UUID.format(number))


def patch(lab: Lab, trial_id: int, state: str) -> wire.Trial:
    return lab.db.write_now(trials.patch, ADMIN, wire.PatchTrialRequest(trial_id=trial_id, state=wire.TrialState(f"STATE_{state}")))


def test_a_new_trial_waits_and_is_counted(db: Database) -> None:
    lab = Lab(db)
    trial = create(lab)
    assert (trial.state, trial.wall_clock_time, plain(trial.hparams)) == (wire.TrialState.STATE_PAUSED, 0, {"lr": 0.1})
    assert trial.task_ids == [f"{lab.experiment_id}.{UUID.format(1)}"]
    assert lab.experiment("num_trials", "best_trial_id") == (1, trial.id)


def test_only_unmanaged_ones_are_made(db: Database) -> None:
    managed = Lab(db, unmanaged=0)
    with pytest.raises(InvalidArgument, match="only be created on unmanaged"):
        create(managed)
    with pytest.raises(NotFound, match="experiment '99' not found"):
        db.write_now(trials.create, ADMIN, wire.CreateTrialRequest(experiment_id=99, unmanaged=True), UUID.format(1))
    with pytest.raises(InvalidArgument, match="only unmanaged trials"):
        db.write_now(trials.create, ADMIN, wire.CreateTrialRequest(experiment_id=managed.experiment_id), UUID.format(1))


def test_put_finds_the_same_trial_again(db: Database) -> None:
    lab = Lab(db)

    def put(name: str, lr: float) -> wire.Trial:
        inner = wire.CreateTrialRequest(experiment_id=lab.experiment_id, hparams={"lr": lr}, unmanaged=True)
        return db.write_now(trials.put, ADMIN, wire.PutTrialRequest(create_trial_request=inner, external_trial_id=name), UUID.format(7))

    first, again, empty = put("mine", 0.1), put("mine", 0.2), put("", 3)
    assert (again.id, plain(again.hparams)) == (first.id, {"lr": 0.2})
    assert (first.task_id, empty.task_id) == (f"{lab.experiment_id}.mine", f"{lab.experiment_id}.")
    with pytest.raises(InvalidArgument):
        db.write_now(trials.put, ADMIN, wire.PutTrialRequest(external_trial_id="x"), UUID.format(8))


def test_runs_begin_again_at_the_latest_checkpoint(db: Database) -> None:
    lab = Lab(db)
    trial = create(lab).id
    first = db.write_now(trials.start, ADMIN, trial, True)
    assert (first.trial_run_id, first.steps_completed) == (1, 0)
    assert lab.experiment("state") == ("RUNNING",)
    lab.checkpoint(trial, UUID.format(20), 20, a=1)
    second = db.write_now(trials.start, ADMIN, trial, True)
    assert (second.trial_run_id, second.latest_checkpoint, second.steps_completed) == (2, UUID.format(20), 20)
    with pytest.raises(AlreadyExists):
        db.write_now(trials.start, ADMIN, trial, False)


def test_the_experiment_follows_its_trials(db: Database) -> None:
    lab = Lab(db)
    one, two = create(lab, 1).id, create(lab, 2).id
    assert patch(lab, one, "COMPLETED").end_time is not None
    assert lab.experiment("state", "progress") == ("COMPLETED", 1)
    patch(lab, two, "RUNNING")
    assert lab.experiment("state") == ("RUNNING",)
    patch(lab, two, "ERROR")
    assert lab.experiment("state") == ("COMPLETED",)
    ended = lab.show(one).end_time
    assert patch(lab, one, "RUNNING").end_time == ended
    for state in ("QUEUED", "UNSPECIFIED"):
        with pytest.raises(InvalidArgument):
            patch(lab, one, state)


def test_a_heartbeat_moves_nothing_but_the_last_activity(db: Database) -> None:
    lab = Lab(db)
    trial = create(lab).id
    db.write_now(lambda tx: tx.run("UPDATE trials SET last_activity_at = 5"))
    shown = db.write_now(trials.patch, ADMIN, wire.PatchTrialRequest(trial_id=trial))
    assert shown.state is wire.TrialState.STATE_PAUSED
    assert db.read_now(lambda tx: tx.value("SELECT last_activity_at FROM trials")) > 5


def test_an_active_trial_is_shown_by_its_newest_allocation(db: Database) -> None:
    lab = Lab(db, unmanaged=0, state="ACTIVE")
    trial = lab.trial()
    task = lab.task(trial)
    db.write_now(lambda tx: tx.run("UPDATE trials SET state = 'ACTIVE'"))
    assert lab.show(trial).state is wire.TrialState.STATE_QUEUED

    def run(tx: Tx) -> None:
        for number, (state, end) in enumerate((("TERMINATED", 5_000_000), ("RUNNING", None)), 1):
            allocations.insert(tx, f"{task}.{number}", task, number, None, "default", 1)
            tx.run(
                "UPDATE allocations SET state = :state, started_at = 2000000, ended_at = :at WHERE id = :id",
                state=state,
                at=end,
                id=f"{task}.{number}",
            )

    db.write_now(run)
    shown = lab.show(trial)
    assert shown.state is wire.TrialState.STATE_RUNNING
    assert float(shown.wall_clock_time) > 3


def test_kill_and_early_exit_need_a_living_experiment(db: Database) -> None:
    unmanaged = Lab(db)
    trial = create(unmanaged).id
    with pytest.raises(NotFound, match=f"experiment '{unmanaged.experiment_id}' not found"):
        db.write_now(trials.kill, ADMIN, trial)
    request = wire.ReportTrialSearcherEarlyExitRequest(trial_id=trial)
    with pytest.raises(NotFound, match="experiment"):
        db.write_now(trials.early_exit, ADMIN, request)
    with pytest.raises(NotFound, match="trial '77'"):
        db.write_now(trials.kill, ADMIN, 77)


def test_an_ended_trial_of_a_living_experiment_is_neither_killed_nor_leaves(db: Database) -> None:
    lab = Lab(db, unmanaged=0, state="ACTIVE")
    trial = lab.trial()
    db.write_now(lambda tx: tx.run("UPDATE trials SET state = 'COMPLETED'"))
    with pytest.raises(NotFound, match="has ended"):
        db.write_now(trials.kill, ADMIN, trial)
    leaving = wire.TrialEarlyExit(reason=wire.TrialEarlyExitExitedReason.EXITED_REASON_INVALID_HP)
    with pytest.raises(NotFound, match="has ended"):
        db.write_now(trials.early_exit, ADMIN, wire.ReportTrialSearcherEarlyExitRequest(trial_id=trial, early_exit=leaving))


def test_an_early_exit_is_noted_with_its_time(db: Database) -> None:
    lab = Lab(db, unmanaged=0, state="ACTIVE")
    trial = lab.trial()
    reason = wire.TrialEarlyExitExitedReason.EXITED_REASON_INVALID_HP
    db.write_now(
        trials.early_exit, ADMIN, wire.ReportTrialSearcherEarlyExitRequest(trial_id=trial, early_exit=wire.TrialEarlyExit(reason=reason))
    )
    found = db.read_now(lambda tx: tx.one(lambda *c: c, "SELECT early_exit, early_exit_at > 0 FROM trials"))
    assert found is not None
    assert (found[0], bool(found[1])) == ("INVALID_HP", True)
    with pytest.raises(InvalidArgument):
        db.write_now(trials.early_exit, ADMIN, wire.ReportTrialSearcherEarlyExitRequest(trial_id=trial))


def test_who_does_not_leave_after_an_early_exit_is_killed(db: Database) -> None:
    lab = Lab(db, unmanaged=0, state="ACTIVE")
    trial = lab.trial()
    db.write_now(lambda tx: tx.run("UPDATE trials SET state = 'ACTIVE', early_exit = 'INVALID_HP', early_exit_at = :now", now=tx.now))
    due_at = db.write_now(trials.end_early)
    assert due_at is not None
    assert lab.show(trial).state is wire.TrialState.STATE_QUEUED
    db.write_now(lambda tx: tx.run("UPDATE trials SET early_exit_at = :at", at=tx.now - 10_000_000))
    assert db.write_now(trials.end_early) is None
    assert lab.show(trial).state is wire.TrialState.STATE_CANCELED


@pytest.mark.parametrize("progress", [1.5, -0.1, "NaN"])
def test_progress_outside_of_0_to_1_is_refused(db: Database, progress: float | str) -> None:
    lab = Lab(db)
    trial = create(lab).id
    db.write_now(trials.report_progress, ADMIN, wire.ReportTrialProgressRequest(trial_id=trial, progress=0.25))
    with pytest.raises(InvalidArgument, match="invalid progress value"):
        db.write_now(trials.report_progress, ADMIN, wire.ReportTrialProgressRequest(trial_id=trial, progress=progress))
    assert lab.experiment("progress") == (0.25,)


def test_lists_sort_and_page(db: Database) -> None:
    lab = Lab(db)
    one, two, three, nan = (lab.trial() for _ in range(4))
    for trial, loss in ((one, 0.5), (two, 0.1), (nan, "NaN")):
        lab.report(trial, "validation", 1, {"loss": loss})

    def ids(**given: object) -> list[int]:
        request = wire.GetExperimentTrialsRequest(experiment_id=lab.experiment_id, **given)  # type: ignore[arg-type]
        return [trial.id for trial in db.read_now(trial_lists.of_experiment, request).trials]

    best = wire.GetExperimentTrialsRequestSortBy.SORT_BY_BEST_VALIDATION_METRIC
    assert ids() == [one, two, three, nan]
    assert ids(sort_by=best) == [two, one, nan, three]
    assert ids(sort_by=best, order_by=OrderBy.ORDER_BY_DESC) == [three, nan, one, two]
    assert ids(limit=2, offset=-3) == [two, three]
    assert ids(limit=-2) == []
    for sort_by in wire.GetExperimentTrialsRequestSortBy:
        assert sorted(ids(sort_by=sort_by)) == [one, two, three, nan]
    with pytest.raises(InvalidArgument):
        ids(limit=-3)
    with pytest.raises(InvalidArgument):
        ids(states=[ExperimentState.STATE_QUEUED])


def test_workloads_by_step_and_by_metric(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    for step in (10, 20, 30):
        lab.report(trial, "training", step, {"loss": 40 - step}, batches=[{"loss": 1}])
    lab.report(trial, "validation", 20, {"loss": 15})
    lab.report(trial, "other", 20, {"loss": 1})
    lab.checkpoint(trial, UUID.format(20), 20, a=1)

    def work(**given: object) -> list[tuple[str, int]]:
        request = wire.GetTrialWorkloadsRequest(trial_id=trial, **given)  # type: ignore[arg-type]
        shown = plain(db.read_now(workloads.list_workloads, request))["workloads"]
        return [(kind, inner["totalBatches"]) for each in shown for kind, inner in each.items()]

    every = [("training", 10), ("training", 20), ("validation", 20), ("checkpoint", 20), ("training", 30)]
    assert work() == every
    assert work(order_by=OrderBy.ORDER_BY_DESC) == every[::-1]
    assert work(offset=1, limit=2) == every[1:3]
    assert work(offset=-2) == every[-2:]
    assert work(sort_key="loss") == [("training", 30), ("validation", 20), ("training", 20), ("training", 10), ("checkpoint", 20)]
    assert work(filter=wire.GetTrialWorkloadsRequestFilterOption.FILTER_OPTION_CHECKPOINT) == [("validation", 20), ("checkpoint", 20)]


def test_a_storage_has_one_id(db: Database) -> None:
    trial = Lab(db).trial()

    def prepare(**storage: object) -> object:
        return db.write_now(run_reports.prepare, ADMIN, RunPrepareForReportingRequest(run_id=trial, checkpoint_storage=storage)).storage_id

    first = prepare(type="directory", container_path="/c")
    assert prepare(container_path="/c", type="directory") == first
    assert prepare(type="shared_fs", host_path="/tmp", storage_path="cp") != first
    for wrong in ({"type": "floppy"}, {"type": "s3"}):
        with pytest.raises(InvalidArgument):
            prepare(**wrong)


def test_metadata_has_limits(db: Database) -> None:
    trial = Lab(db).trial()
    value = run_reports.checked({"a": {"b": [1, {"c": None}]}, "n": 2147483648})
    assert plain(db.write_now(run_reports.post_metadata, ADMIN, trial, value)) == value
    assert plain(db.read_now(run_reports.get_metadata, trial)) == value
    deep: object = 1
    for _ in range(11):
        deep = {"d": deep}
    for wrong in ({"a.b": 1}, {"k" * 51: 1}, {"t": "x" * 5001}, {"l": [1] * 101}, deep, {f"k{i}": 1 for i in range(1001)}):
        with pytest.raises(InvalidArgument, match="error flattening metadata"):
            run_reports.checked(wrong)


def test_remaining_days_of_logs(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    assert db.read_now(trial_logs_kept.remaining, trial, -1).remaining_days == -1
    db.write_now(trial_logs_kept.put, ADMIN, trial, 10)
    assert plain(db.read_now(trial_logs_kept.remaining, trial, -1)) == {}
    db.write_now(lambda tx: tx.run("UPDATE tasks SET ended_at = :now", now=tx.now))
    assert db.read_now(trial_logs_kept.remaining, trial, -1).remaining_days == 9
    with pytest.raises(InvalidArgument):
        db.write_now(trial_logs_kept.put, ADMIN, trial, 40000)
    with pytest.raises(NotFound):
        db.write_now(trial_logs_kept.put, ADMIN, 99, 1)
