"""Every searcher vector of the shared contract."""

import uuid
from collections import Counter
from typing import Any

import pytest

from tests.domain.search.drive import play
from tests.domain.search.vectors import vectors
from undeterred.domain.search import searcher
from undeterred.domain.search.adaptive_asha import bracket_concurrency, bracket_trials, make_brackets
from undeterred.domain.search.async_halving import Unusable, climb, inserted, read_metrics, rung_units
from undeterred.domain.search.numpy_random import NumpyRandom
from undeterred.domain.search.preview import preview
from undeterred.domain.search.space import axes, grid_point, grid_size, sample
from undeterred.domain.search.values import Config, Ladders, Searcher, State, Trial
from undeterred.errors import InvalidArgument


def test_bracket_max_trials() -> None:
    for case in vectors("bracket_max_trials"):
        assert bracket_trials(case["max_trials"], case["divisor"], case["bracket_rungs"]) == case["expect"], case


def test_bracket_max_concurrent_trials() -> None:
    for case in vectors("bracket_max_concurrent_trials"):
        assert bracket_concurrency(case["max_concurrent_trials"], case["divisor"], case["bracket_max_trials"]) == case["expect"], case


def test_make_brackets() -> None:
    for case in vectors("make_brackets"):
        config = Config.of({"searcher": {"name": "adaptive_asha", "metric": "loss", **case["config"]}})
        made = [{f: getattr(b, f) for f in ("num_rungs", "max_trials", "max_concurrent_trials")} for b in make_brackets(config.searcher)]
        assert made == case["expect"], case


def test_make_rungs() -> None:
    for case in vectors("make_rungs"):
        assert rung_units(case["num_rungs"], case["max_time"], case["divisor"]) == case["expect_units"], case


def test_insert_metric() -> None:
    for case in vectors("insert_metric"):
        rung, index = inserted([(m, i) for i, m in enumerate(case["existing"])], (case["new"], 99))
        assert index == case["expect_index"], case
        assert [metric for metric, _ in rung] == case["expect"], case
        assert rung[index] == (case["new"], 99)


def test_get_metric() -> None:
    for case in vectors("get_metric"):
        read = Searcher(
            "async_halving", metric=case["metric"], time_metric=case["time_metric"], smaller_is_better=case["smaller_is_better"]
        )
        expect = case["expect"]
        if "error_contains" in expect:
            with pytest.raises(Unusable, match=expect["error_contains"]):
                read_metrics(read, case["metrics"])
        else:
            assert read_metrics(read, case["metrics"]) == (expect["time_step"], expect["metric"]), case


def test_early_stopping() -> None:
    section = vectors("early_stopping")
    fresh: dict[str, Any] = {"trial_rungs": {"1": 0}, "rungs": [[], [], []]}
    after = fresh
    checked = 0
    for case in [*section["cases"], *section["derived"]]:
        before = case.get("before") or (fresh if checked == 3 else after)  # the derived cases follow each other
        report = case["report"]
        rungs, rung, stop = climb(
            [[(m, int(t)) for t, m in r] for r in before["rungs"]],
            [1, 3, 9],
            3.0,
            before["trial_rungs"][report["trial"]],
            report["units"],
            (report["metric"], int(report["trial"])),
        )
        after = case["after"]
        assert stop is case["stop"], case
        assert rung == after["trial_rungs"][report["trial"]], case
        assert [[[str(n), m] for m, n in r] for r in rungs] == after["rungs"], case
        checked += 1
    assert checked == 5


def test_search_simulations() -> None:
    for case in vectors("search_simulations"):
        config = {"searcher": case["searcher"], "hyperparameters": case["hyperparameters"]}
        played = play(config, case["seed"], **case["sim"])
        expect = case["expect"]
        assert len(played.trials) == expect["total_trials"], case["name"]
        assert len(played.shutdowns) == 1
        assert not played.shutdowns[0].failure
        if expect.get("any_stopped") is False:
            assert not played.stopped_at
        if "stopped_at" in expect:
            assert _counts(played.stopped_at.values()) == expect["stopped_at"], case["name"]
        if "rungs" in expect:
            s = case["searcher"]
            assert rung_units(s["num_rungs"], s["max_time"], s["divisor"]) == expect["rungs"]
        for number, bracket in enumerate(expect.get("brackets", [])):
            own = [rid for rid, trial in played.state.trials.items() if trial.bracket == number]
            assert len(own) == bracket["trials"]
            assert _counts(played.stopped_at[rid] for rid in own) == bracket["stopped_at"]
        if "hparam_values_sorted" in expect:
            assert sorted(v for t in played.trials for v in t.hparams.values()) == expect["hparam_values_sorted"]
        for trial, wanted in zip(played.trials, case.get("derived_trials", played.trials), strict=True):
            if isinstance(wanted, dict):
                got = {"request_id": trial.request_id, "trial_seed": trial.trial_seed, "hparams": trial.hparams}
                assert {**got, "stopped_at": played.stopped_at.get(trial.request_id)} == wanted, case["name"]


def test_preview_hp_search() -> None:
    for case in vectors("preview_hp_search"):
        config = {"searcher": case["searcher"], "hyperparameters": case["hyperparameters"]}
        if "expect_error" in case:
            with pytest.raises(InvalidArgument, match=case["expect_error"]):
                preview(config)
            continue
        made = [{"count": t.count, "unit": {"name": t.name, "value": t.value, "max_length": t.max_length}} for t in preview(config)]
        assert made == case["expect_trials"], case


def test_grid() -> None:
    for case in vectors("grid"):
        found = axes(case["hyperparameters"])
        assert grid_size(found) == case["expect_count"], case["name"]
        assert [grid_point(found, i) for i in range(grid_size(found))] == case["expect"], case["name"]


def test_grid_counts() -> None:
    for case in vectors("grid_counts"):
        space = {f"h{i}": {"type": "double", "minval": 0, "maxval": 1, "count": n} for i, n in enumerate(case["double_counts"])}
        assert grid_size(axes(space)) == case["expect"]


def test_grid_axis_lengths() -> None:
    for case in vectors("grid_axis_lengths"):
        assert [len(values) for _, values in axes({"x": case["hyperparameter"]})] == case["expect"], case


def test_rng() -> None:
    section = vectors("rng")
    for case in section["randint"]:
        stream = NumpyRandom(case["seed"])
        assert [stream.integers(case["low"], case["high"]) for _ in case["expect"]] == case["expect"], case
    for case in section["uniform"]:
        stream = NumpyRandom(case["seed"])
        assert [stream.uniform(case["low"], case["high"]) for _ in case["expect"]] == case["expect"], case


def test_sampling() -> None:
    section = vectors("sampling")
    for case in section["cases"]:
        stream = NumpyRandom(case["seed"])
        for wanted in case["creates"]:
            hparams = sample(section["hyperparameters"], stream)
            request_id = str(uuid.UUID(bytes=stream.octets(16), version=4))
            assert {"hparams": hparams, "request_id": request_id, "trial_seed": stream.integers(0, 1 << 31)} == wanted


def test_progress() -> None:
    for case in vectors("progress"):
        name = case["searcher"]
        if name == "random/grid":
            trials = {
                rid: Trial(number=i, progress=p, closed=rid in case["closed"]) for i, (rid, p) in enumerate(case["trial_progress"].items())
            }
            for each in name.split("/"):
                assert searcher.progress({"searcher": {"name": each}}, State(seed=0, trials=trials)) == case["expect"]
            continue
        trials = {str(i): Trial(number=i, closed=i < case.get("trials_completed", 0)) for i in range(case["rung0_reports"])}
        memory = Ladders([[[(0.0, i) for i in range(case["rung0_reports"])]]])
        state = State(seed=0, trials=trials, memory=memory)
        config = {"searcher": {"name": name, "max_trials": case["max_trials"]}}
        assert searcher.progress(config, state) == pytest.approx(case["expect"], abs=1e-12)


def _counts(values: object) -> dict[str, int]:
    return {str(k): n for k, n in Counter(values).items()}  # type: ignore[call-overload]


def test_every_section_has_a_test() -> None:
    assert all(f"test_{name}" in globals() for name in vectors(None) if name != "about")
