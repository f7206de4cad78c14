"""Searches by their rules: traces of a real master, properties, late and doubled events."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.search.drive import Driver, play
from undeterred.domain.search import searcher
from undeterred.domain.search.numpy_random import NumpyRandom
from undeterred.domain.search.space import axes, grid_point, sample
from undeterred.domain.search.values import (
    Create,
    Failed,
    Shutdown,
    Stop,
    TrialCreated,
    TrialExited,
    TrialExitedEarly,
    TrialProgress,
    ValidationCompleted,
)
from undeterred.errors import Internal, InvalidArgument
from undeterred.terms import EarlyExit

BASE = {"base": {"type": "double", "minval": 0.0, "maxval": 1.0}, "steps": 12, "dt": 0.25}
SEEN_777 = [
    0.152663734901322,
    0.2480596664194269,
    0.7684962219206448,
    0.3875795161700687,
    0.9888761485727554,
    0.8123207931880657,
    0.186442600356727,
    0.21684852900213336,
]
IDS_777 = ["3b3e674d-a6cb-4233-979e-e10fb18fe1a2", "74704390", "929fea44", "54a13b85", "4a8c60a0", "385ba51e", "78830164", "6379260d"]
ASHA = {"name": "async_halving", "metric": "loss", "max_trials": 8, "max_time": 9, "time_metric": "t", "divisor": 3, "num_rungs": 3}


def config(space: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {"searcher": {"metric": "loss", **fields}, "hyperparameters": BASE if space is None else space}


def report(driver: Driver, rid: str, loss: float, time: float) -> list[Any]:
    return driver.send(ValidationCompleted(rid, {"loss": loss, "t": time}))


def test_seed_777_gives_what_the_real_master_gave() -> None:
    driver = Driver(config(name="random", max_trials=8), 777)
    assert [t.hparams["base"] for t in driver.played.trials] == SEEN_777
    assert all(t.request_id.startswith(seen) for t, seen in zip(driver.played.trials, IDS_777, strict=True))
    assert driver.played.trials[0].hparams == {"base": SEEN_777[0], "dt": 0.25, "steps": 12}


def test_grid_takes_last_values_first() -> None:
    space = {"base": {"type": "categorical", "vals": [0.1, 0.2]}, "z": {"type": "int", "minval": 1, "maxval": 3, "count": 3}}
    played = play(config(space, name="grid", max_concurrent_trials=2), 777, 0, 1, True)
    assert [(t.hparams["base"], t.hparams["z"]) for t in played.trials] == [(0.2, 3), (0.2, 2), (0.2, 1), (0.1, 3), (0.1, 2), (0.1, 1)]
    assert played.shutdowns == [Shutdown()]


def test_progress_of_a_grid_as_traced() -> None:
    """6 points, two at a time, 3 steps each: the numbers of the recorded run."""
    space = {"a": {"type": "int", "minval": 1, "maxval": 6, "count": 6}}
    driver = Driver(config(space, name="grid", max_concurrent_trials=2), 777)
    seen = []
    for pair in range(3):
        now = [t.request_id for t in driver.played.trials[2 * pair : 2 * pair + 2]]
        for step in range(1, 4):
            for rid in now:
                driver.send(TrialProgress(rid, step / 3))
                seen.append(round(searcher.progress(driver.config, driver.played.state), 3))
        for rid in now:
            driver.send(TrialExited(rid))
    assert seen == [0.167, 0.333, 0.5, 0.667, 0.833, 1, 0.583, 0.667, 0.75, 0.833, 0.917, 1, 0.722, 0.778, 0.833, 0.889, 0.944, 1]


def test_progress_after_one_of_a_grid_was_killed() -> None:
    space = {"a": {"type": "categorical", "vals": [1, 2, 3]}}
    driver = Driver(config(space, name="grid", max_concurrent_trials=1), 1)
    driver.send(TrialExitedEarly(driver.played.trials[0].request_id, EarlyExit.USER_CANCELED))
    driver.send(TrialProgress(driver.played.trials[1].request_id, 1 / 6))
    assert searcher.progress(driver.config, driver.played.state) == pytest.approx(0.583, abs=1e-3)


def test_trace_of_one_bracket() -> None:
    """Rungs 1, 3, 9: the worked example of the facts."""
    driver = Driver({"searcher": {**ASHA, "max_concurrent_trials": 3}, "hyperparameters": BASE}, 777)
    first, second, third = (t.request_id for t in driver.played.trials)
    assert report(driver, first, 0.5, 1) == []
    assert searcher.progress(driver.config, driver.played.state) == pytest.approx(1 / 9.6)
    assert report(driver, second, 0.4, 1) == []
    stop, create = report(driver, third, 0.6, 1)
    assert stop == Stop(third)
    assert isinstance(create, Create)
    assert report(driver, first, 0.5, 4) == []
    assert report(driver, first, 0.4, 9)[0] == Stop(first)
    assert driver.played.state.trials[first].rung == 2


def test_reports_of_a_stopped_trial_change_nothing() -> None:
    driver = Driver({"searcher": {**ASHA, "max_concurrent_trials": 2}, "hyperparameters": BASE}, 7)
    first, second = (t.request_id for t in driver.played.trials)
    report(driver, first, 0.1, 1)
    assert len(report(driver, second, 0.2, 1)) == 2
    before = driver.played.state
    assert report(driver, second, 0.2, 1) == []
    assert report(driver, second, 0.0, 9) == []
    assert driver.send(TrialExitedEarly(second, EarlyExit.ERRORED)) == []
    assert driver.played.state.memory == before.memory


def test_a_trial_that_ends_by_itself_is_not_replaced_but_a_failed_one_is() -> None:
    driver = Driver({"searcher": {**ASHA, "max_concurrent_trials": 2}, "hyperparameters": BASE}, 7)
    first, second = (t.request_id for t in driver.played.trials)
    assert driver.send(TrialExited(first)) == []
    assert [type(a) for a in driver.send(TrialExitedEarly(second, EarlyExit.ERRORED))] == [Create]
    third = driver.played.trials[2].request_id
    assert driver.send(TrialExited(third)) == [Shutdown()]


@pytest.mark.parametrize("metrics", [{"loss": 1.5}, {"loss": 1.5, "t": "soon"}, {"loss": 1.5, "t": True}])
def test_a_report_without_the_time_metric_ends_the_search(metrics: dict[str, Any]) -> None:
    driver = Driver({"searcher": ASHA, "hyperparameters": BASE}, 777)
    rid = driver.played.trials[0].request_id
    (failed,) = driver.send(ValidationCompleted(rid, metrics))
    assert isinstance(failed, Failed)
    assert failed.text.startswith(f"error while handling a validation completed event: {rid}: error parsing searcher time metric (t)")
    assert " in validation metrics: map[loss:1.5" in failed.text
    assert driver.send(TrialExitedEarly(rid, EarlyExit.ERRORED)) == []


def test_a_metric_that_is_not_a_number_is_the_worst() -> None:
    driver = Driver({"searcher": {**ASHA, "smaller_is_better": False, "max_concurrent_trials": 3}, "hyperparameters": BASE}, 7)
    first, second, third = (t.request_id for t in driver.played.trials)
    assert driver.send(ValidationCompleted(first, {"loss": "NaN", "t": 1})) == []
    assert report(driver, second, -1e300, 1) == []
    assert report(driver, third, float("nan"), 1)[0] == Stop(third)


@pytest.mark.parametrize(
    ("reasons", "end"),
    [
        ([EarlyExit.ERRORED] * 3, Shutdown(failure=True)),
        ([EarlyExit.USER_CANCELED] * 3, Shutdown(cancel=True)),
        ([EarlyExit.ERRORED, None, EarlyExit.ERRORED], Shutdown()),
        ([EarlyExit.ERRORED, EarlyExit.USER_CANCELED, EarlyExit.ERRORED], Shutdown()),
    ],
)
def test_how_a_search_ends(reasons: list[EarlyExit | None], end: Shutdown) -> None:
    driver = Driver(config(name="random", max_trials=3, max_concurrent_trials=1), 5)
    for i, reason in enumerate(reasons):
        rid = driver.played.trials[i].request_id
        driver.send(TrialExitedEarly(rid, reason) if reason else TrialExited(rid))
        assert driver.send(TrialExited(rid)) == []
    assert driver.played.shutdowns == [end]


def test_an_empty_grid_is_over_at_once() -> None:
    assert searcher.start(config({}, name="grid"), 1)[1] == [Shutdown()]


def test_reopened_trials_run_again() -> None:
    driver = Driver(config(name="random", max_trials=2), 5)
    first, second = (t.request_id for t in driver.played.trials)
    driver.send(TrialExited(first))
    driver.send(TrialExitedEarly(second, EarlyExit.ERRORED))
    driver.played.state = searcher.reopen(driver.played.state, [second])
    assert searcher.progress(driver.config, driver.played.state) == 0.5
    assert driver.send(TrialExited(second)) == [Shutdown()]


def test_an_event_that_changes_nothing_gives_the_same_object() -> None:
    for fields in ({"name": "single"}, {**ASHA}):
        cfg = {"searcher": {"metric": "loss", **fields}, "hyperparameters": BASE}
        state, (create, *_) = searcher.start(cfg, 3)
        assert isinstance(create, Create)
        for event in (TrialCreated(create.request_id), ValidationCompleted(create.request_id, {"loss": 1.0, "t": 0})):
            assert searcher.handle(cfg, state, event)[0] is state


def test_strangers_and_removed_methods_are_refused() -> None:
    state, _ = searcher.start(config(name="single"), 3)
    with pytest.raises(Internal, match="not part of this search"):
        searcher.handle(config(name="single"), state, TrialExited("nobody"))
    with pytest.raises(InvalidArgument, match="the 'custom' searcher has been removed"):
        searcher.start(config(name="custom"), 3)


def test_state_stays_small() -> None:
    driver = Driver(config(name="random", max_trials=1000, max_concurrent_trials=0), 3)
    assert len(searcher.dump(driver.played.state)) < 100 * 1000
    assert len(searcher.dump(searcher.start(config(name="single"), 3)[0])) < 200


@given(st.integers(0, 2**32 - 1), st.integers(0, 300_000))
def test_a_stream_goes_on_where_it_was(seed: int, drawn: int) -> None:
    whole = NumpyRandom(seed)
    for _ in range(drawn % 2000):
        whole.word()
    assert NumpyRandom(seed, whole.drawn).uniform(0, 1) == whole.uniform(0, 1)
    assert NumpyRandom(seed, drawn).drawn == drawn


hparam = st.one_of(
    st.integers(-50, 50).map(lambda low: {"type": "int", "minval": low, "maxval": low + 9, "count": 4}),
    st.floats(-5, 5).map(lambda low: {"type": "double", "minval": low, "maxval": low + 1, "count": 3}),
    st.integers(-5, 5).map(lambda low: {"type": "log", "base": 10, "minval": low, "maxval": low + 1, "count": 2}),
    st.lists(st.integers(), min_size=1, max_size=3).map(lambda vals: {"type": "categorical", "vals": vals}),
    st.just(3),
)
spaces = st.dictionaries(st.sampled_from("abcd"), st.one_of(hparam, st.dictionaries(st.sampled_from("xy"), hparam)), max_size=3)


@given(spaces, st.integers(0, 2**32 - 1))
def test_sampled_and_grid_points_have_the_shape_of_the_space(space: dict[str, Any], seed: int) -> None:
    point = sample(space, NumpyRandom(seed))
    assert list(point) == sorted(space)
    assert point == sample(dict(reversed(space.items())), NumpyRandom(seed))
    for name, spec in space.items():
        if isinstance(spec, dict) and spec.get("type") == "int":
            assert spec["minval"] <= point[name] <= spec["maxval"]
        if isinstance(spec, dict) and spec.get("type") == "double":
            assert spec["minval"] <= point[name] <= spec["maxval"]
    if space:
        assert grid_point(axes(space), 0).keys() == space.keys()


@given(
    st.sampled_from(["random", "grid", "single", "async_halving", "adaptive_asha"]),
    st.integers(0, 2**32 - 1),
    st.integers(1, 12),
    st.integers(0, 4),
    st.data(),
)
def test_any_play_ends_and_keeps_its_limits(name: str, seed: int, max_trials: int, at_once: int, data: st.DataObject) -> None:
    space = {"x": {"type": "int", "minval": 1, "maxval": max_trials + 1, "count": max_trials}}
    cfg = {"searcher": {**ASHA, "name": name, "max_trials": max_trials, "max_concurrent_trials": at_once}, "hyperparameters": space}
    driver = Driver(cfg, seed)
    again, actions = searcher.start(cfg, seed)
    assert (again, [a for a in actions if isinstance(a, Create)]) == (driver.played.state, driver.played.trials)
    for _ in range(2000):
        live = [rid for rid, trial in driver.played.state.trials.items() if not trial.closed]
        if not live:
            break
        rid = data.draw(st.sampled_from(live))
        match data.draw(st.integers(0, 4)):
            case 0:
                driver.send(TrialExited(rid))
            case 1:
                driver.send(TrialExitedEarly(rid, data.draw(st.sampled_from(EarlyExit))))
            case 2:
                driver.send(TrialProgress(rid, data.draw(st.floats())))
            case _:
                report(driver, rid, data.draw(st.floats()), data.draw(st.sampled_from([0, 1, 2, 3, 9, 20])))
        assert 0 <= searcher.progress(cfg, driver.played.state) <= 1 or name in ("random", "grid", "single")
    assert len(driver.played.shutdowns) == 1
    assert len(driver.played.trials) <= max(max_trials, 3 if name == "adaptive_asha" else 1)
    assert len({t.request_id for t in driver.played.trials}) == len(driver.played.trials)
    if name == "grid":
        assert sorted(t.hparams["x"] for t in driver.played.trials) == list(
            dict.fromkeys(sorted(t.hparams["x"] for t in driver.played.trials))
        )
        assert len(driver.played.trials) == max_trials
