"""What a search makes of a report or a kill is there with the answer, not a loop's turn later."""

from pathlib import Path
from typing import Any

import pytest

from tests.services.test_experiments import create, made_layers
from undeterred.config.master import MasterConfig
from undeterred.services import metrics, trials
from undeterred.services.experiment_config import Layers
from undeterred.services.identity import Caller
from undeterred.store.db import Database
from undeterred.wire.metrics import Metrics, TrialMetrics
from undeterred.wire.trials import ReportTrialProgressRequest

RANDOM = """
name: r
entrypoint: x
searcher: {name: random, metric: loss, max_trials: 2, max_concurrent_trials: 1}
resources: {slots_per_trial: 0}
hyperparameters: {b: {type: double, minval: 0, maxval: 1}}
"""
ASHA = RANDOM.replace(
    "name: random, metric: loss, max_trials: 2, max_concurrent_trials: 1",
    "name: async_halving, metric: loss, time_metric: epochs, max_time: 9, max_trials: 4, num_rungs: 3, divisor: 3, max_concurrent_trials: 2",
)


@pytest.fixture
def layers(config: MasterConfig, tmp_path: Path) -> Layers:
    return made_layers(config, tmp_path)


def states(db: Database) -> list[str]:
    return db.read_now(lambda tx: tx.column("SELECT state FROM trials ORDER BY id"))


def validate(db: Database, who: Caller, trial_id: int, step: int, **values: Any) -> None:
    sent = TrialMetrics(trial_id=trial_id, trial_run_id=1, steps_completed=step, metrics=Metrics(avg_metrics=values))
    db.write_now(metrics.report, who, metrics.read(sent, "validation"))


def test_the_next_trial_takes_the_place_of_a_killed_one(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, RANDOM, activate=True)
    db.write_now(trials.kill, admin, 1)
    assert states(db) == ["CANCELED", "ACTIVE"]
    db.write_now(trials.kill, admin, 2)
    assert states(db) == ["CANCELED", "CANCELED"]
    assert db.read_now(lambda tx: tx.value("SELECT state FROM experiments")) == "CANCELED"


def test_a_stopped_trial_is_replaced_with_the_report_that_stops_it(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, ASHA, activate=True)
    validate(db, admin, 1, 1, loss=1, epochs=1)
    assert len(states(db)) == 2
    validate(db, admin, 2, 1, loss=2, epochs=1)
    assert states(db) == ["ACTIVE", "COMPLETED", "ACTIVE"], "it never ran, so it has ended"


def test_a_validation_that_the_search_cannot_use_ends_it(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, ASHA, activate=True)
    validate(db, admin, 1, 1, loss=1)
    assert states(db) == ["ERROR", "ERROR"]
    assert db.read_now(lambda tx: tx.value("SELECT state FROM experiments")) == "ERROR"
    assert db.read_now(lambda tx: tx.value("SELECT COUNT(*) FROM metrics WHERE trial_id = 1")) == 1, "the report is kept"


def test_a_progress_that_is_none_is_not_shown(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, RANDOM, activate=True)
    for told in (0.5, 7, -3, 1e300):
        db.write_now(trials.report_progress, admin, ReportTrialProgressRequest(trial_id=1, progress=told))
        assert db.read_now(lambda tx: tx.value("SELECT progress FROM experiments")) == 0.5
    db.write_now(trials.report_progress, admin, ReportTrialProgressRequest(trial_id=1, progress=0.75))
    assert db.read_now(lambda tx: tx.value("SELECT progress FROM experiments")) == 0.75
