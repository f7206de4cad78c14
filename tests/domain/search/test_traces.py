"""Searches of a real master, replayed from the validations that it recorded: the same trials, made no later than there."""

import json
from typing import Any

import pytest

from tests.domain.search.drive import Driver
from tests.domain.search.vectors import FOLDER
from undeterred.domain.search import searcher
from undeterred.domain.search.values import Shutdown, Stop, TrialExited, ValidationCompleted


def recorded(name: str) -> tuple[dict[str, Any], list[tuple[str, int, dict[str, float]]]]:
    """The submitted configuration, and (time, trial's place in order of ids, metrics) of all validations in order of time."""
    path = FOLDER / "traces" / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"{path.name} is not here (UNDETERRED_CONTRACT)")
    actions = [entry for entry in map(json.loads, path.read_text().splitlines()) if entry["what"] == "action"]
    config = json.loads(next(a["body"]["config"] for a in actions if a["req"] == "POST /api/v1/experiments"))
    pages = [a for a in actions if "/workloads" in a["req"]]
    seen = []
    for number, page in enumerate(sorted(pages, key=lambda a: int(a["req"].split("/")[4]))):
        validations = [w["validation"] for w in page["resp"]["workloads"] if w.get("validation")]
        seen += [(v["endTime"], number, v["metrics"]["avgMetrics"]) for v in validations]
    return config, sorted(seen, key=lambda each: each[0])


@pytest.mark.parametrize("name", ["e1_adaptive_asha", "e2_async_halving", "e7_asha_long_steps"])
def test_replayed(name: str) -> None:
    config, validations = recorded(name)
    driver = Driver(config, config["reproducibility"]["experiment_seed"])
    trials, shown = driver.played.trials, [0.0]
    left = {number: sum(n == number for _, n, _ in validations) for _, number, _ in validations}
    by_base = {m["loss"] - 1 / m["tsteps"]: number for _, number, m in validations if m["tsteps"] == 1}
    place = {}
    for _, number, metrics in validations:
        if metrics["tsteps"] == 1:
            base = metrics["loss"] - 1
            place[number] = min(range(len(trials)), key=lambda i: abs(trials[i].hparams["base"] - base))
        trial = trials[place[number]]
        assert trial.hparams["base"] + 1 / metrics["tsteps"] == pytest.approx(metrics["loss"]), "the trial was not made in time"
        for action in driver.send(ValidationCompleted(trial.request_id, metrics)):
            if isinstance(action, Stop):
                driver.played.stopped_at[trial.request_id] = int(metrics["tsteps"])
        shown.append(searcher.progress(config, driver.played.state))
        left[number] -= 1
        if not left[number]:
            driver.send(TrialExited(trial.request_id))
    assert len(trials) == config["searcher"]["max_trials"] == len(by_base)
    assert driver.played.shutdowns == [Shutdown()]
    assert len(driver.played.stopped_at) == len(trials)
    assert shown == sorted(shown)
