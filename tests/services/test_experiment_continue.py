"""Continuing experiments: which trials run again, under which ids, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.services.test_experiments import RANDOM, SINGLE, UNMANAGED, count, create, made_layers
from undeterred.config.master import MasterConfig
from undeterred.domain.lifecycle.experiments import Verb
from undeterred.domain.search.values import TrialExited
from undeterred.errors import FailedPrecondition, InvalidArgument, NotFound, WireError
from undeterred.services import experiment_actions, experiment_continue, launching, search
from undeterred.services.experiment_config import Layers
from undeterred.services.identity import Caller
from undeterred.store import launches, search_events
from undeterred.store.db import Database, Tx
from undeterred.wire.experiments import ContinueExperimentRequest, Experiment


@pytest.fixture
def layers(config: MasterConfig, tmp_path: Path) -> Layers:
    return made_layers(config, tmp_path)


def go_on(db: Database, layers: Layers, override: str = "", experiment_id: int = 1) -> Experiment:
    request = ContinueExperimentRequest(id=experiment_id, override_config=override)
    response = db.write_now(experiment_continue.continue_experiment, layers, request)
    assert response.experiment is not None
    return response.experiment


def ended(db: Database, who: Caller, layers: Layers, text: str) -> Experiment:
    made = create(db, who, layers, text, activate=True)
    db.write_now(experiment_actions.act, who, Verb.KILL, made.id)
    return made


def column(db: Database, sql: str) -> list[Any]:
    return db.read_now(lambda tx: tx.column(sql))


def test_a_single_one_runs_again_under_its_ids(db: Database, admin: Caller, layers: Layers) -> None:
    made = ended(db, admin, layers, SINGLE)
    db.write_now(lambda tx: tx.run("UPDATE trials SET restarts = 3, stopped_by_search = 1, early_exit = 'INVALID_HP'"))
    on = go_on(db, layers, "name: again\nmax_restarts: 2\nsearcher: {metric: other, smaller_is_better: false}\n")
    assert (on.id, on.job_id, on.state, on.end_time, on.name, on.trial_ids) == (made.id, made.job_id, "STATE_QUEUED", None, "again", [1])
    first, second = column(db, "SELECT id FROM tasks ORDER BY id")
    assert second == f"{first}-1"
    assert column(db, "SELECT id FROM allocations WHERE state = 'PENDING'") == [f"{second}.2"]
    assert (
        count(db, "trials", "state = 'ACTIVE' AND restarts = 0 AND stopped_by_search = 0 AND early_exit IS NULL AND ended_at IS NULL") == 1
    )
    [config] = column(db, "SELECT config FROM experiments")
    assert (json.loads(config)["name"], json.loads(config)["max_restarts"]) == ("again", 2)
    assert count(db, "experiments", "max_restarts = 2 AND progress = 0 AND searcher_metric = 'other' AND smaller_is_better = 0") == 1
    db.write_now(experiment_actions.act, admin, Verb.KILL, 1)
    go_on(db, layers)
    assert column(db, "SELECT id FROM tasks ORDER BY id") == [first, second, f"{first}-2"]


def test_one_that_goes_on_is_given_the_hyperparameters_of_its_override(db: Database, admin: Caller, layers: Layers) -> None:
    def given() -> Any:
        db.write_now(
            lambda tx: tx.run(
                "UPDATE allocations SET state = 'ASSIGNED', node_id = 'n', container_id = 'c', ports = '{}', secrets = '{}', slot_ids = '[]'"
                " WHERE state = 'PENDING'"
            )
        )
        [row] = db.read_now(launches.assigned)
        return launching.hparams_of(row)

    made = create(db, admin, layers, f"{SINGLE}\nhyperparameters: {{steps: 4, lr: {{type: double, minval: 0, maxval: 1}}}}", activate=True)
    first = given()
    assert first["steps"] == 4
    db.write_now(lambda tx: tx.run("UPDATE allocations SET state = 'TERMINATED'"))
    db.write_now(experiment_actions.act, admin, Verb.KILL, made.id)
    go_on(db, layers, "hyperparameters: {steps: 7}")
    assert given() == {**first, "steps": 7}
    [shown] = column(db, "SELECT hparams FROM trials")
    assert json.loads(shown)["steps"] == 4


def test_of_many_only_those_run_again_that_did_not_complete(db: Database, admin: Caller, layers: Layers) -> None:
    ended(db, admin, layers, RANDOM)
    db.write_now(lambda tx: tx.run("UPDATE trials SET state = 'COMPLETED' WHERE id = 2"))
    go_on(db, layers)
    assert column(db, "SELECT state FROM trials ORDER BY id") == ["ACTIVE", "COMPLETED", "ACTIVE"]
    requests = column(db, "SELECT request_id FROM trials WHERE state = 'ACTIVE' ORDER BY id")

    def exit_well(tx: Tx) -> None:
        search_events.add(tx, 1, TrialExited(requests[0]))
        search.step(tx, 1)

    db.write_now(exit_well)
    assert count(db, "trials") == 4  # the search goes on where it was: 5 trials are wanted, 3 at once


def test_a_completed_search_has_nothing_to_go_on_with(db: Database, admin: Caller, layers: Layers) -> None:
    ended(db, admin, layers, RANDOM)
    db.write_now(lambda tx: tx.run("UPDATE trials SET state = 'COMPLETED'"))
    with pytest.raises(FailedPrecondition, match="has been completed, cannot continue"):
        go_on(db, layers)


@pytest.mark.parametrize(
    ("text", "override", "error", "told"),
    [
        (
            SINGLE,
            "name: 5",
            InvalidArgument,
            "parsing override config: version 0 experiment config is invalid: config is invalid: <config>.name",
        ),
        (SINGLE, "workspace: a\nproject: b\n", InvalidArgument, "'project' in override config cannot be specified"),
        (SINGLE, "searcher: {name: grid, metric: l}", InvalidArgument, "must have single searcher type got 'grid' instead"),
        (SINGLE, "resources: {slots_per_trial: 9}", InvalidArgument, "slots requested exceeds cluster capacity"),
        (SINGLE, "resources: {resource_pool: nope}", InvalidArgument, "resource pool nope does not exist"),
        (RANDOM, "name: x", InvalidArgument, "experiment is not single searcher, got 'random' instead"),
        (
            SINGLE.replace("name: single, metric: loss", "name: adaptive_asha, metric: loss, max_trials: 2, time_metric: b, max_time: 9"),
            "",
            InvalidArgument,
            "Unsupported searcher type provided: 'adaptive_asha'",
        ),
    ],
)
def test_what_is_refused_changes_nothing(
    db: Database, admin: Caller, layers: Layers, text: str, override: str, error: type[WireError], told: str
) -> None:
    ended(db, admin, layers, text)
    with pytest.raises(error, match=told):
        go_on(db, layers, override)
    assert (column(db, "SELECT state FROM experiments"), count(db, "jobs", "queued = 1")) == (["CANCELED"], 0)


def test_only_managed_ones_that_have_ended_go_on(db: Database, admin: Caller, layers: Layers) -> None:
    create(db, admin, layers, SINGLE)
    create(db, admin, layers, UNMANAGED, unmanaged=True)
    db.write_now(lambda tx: tx.run("UPDATE experiments SET state = 'COMPLETED' WHERE id = 2"))
    with pytest.raises(FailedPrecondition, match="non terminal state 'PAUSED'"):
        go_on(db, layers)
    with pytest.raises(FailedPrecondition, match="unmanaged"):
        go_on(db, layers, "", 2)
    with pytest.raises(NotFound):
        go_on(db, layers, "", 9)
