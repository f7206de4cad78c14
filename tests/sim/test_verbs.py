"""People pause, activate, cancel and kill at random while the master keeps dying: every experiment ends as it should and nothing is left."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.sim.cluster import WHO, Cluster, run, tuple_of
from tests.sim.test_crashes import RANDOM, ended, nothing_twice
from undeterred.domain.lifecycle.experiments import Verb
from undeterred.errors import WireError
from undeterred.services import experiment_actions, trials
from undeterred.store.db import Tx

SEEDS = [int(s) for s in os.environ.get("UNDETERRED_SIM_SEEDS", "11,12,13,14,15,16,17,18").split(",")]
SINGLE = "name: s\nentrypoint: x\nsearcher: {name: single, metric: loss}\nmax_restarts: 1\n"


def verb(cluster: Cluster) -> None:
    """Somebody asks for something, of a random experiment or trial."""
    experiment_id = cluster.random.randint(1, 4)
    try:
        if cluster.random.random() < 0.15:
            cluster.db.write_now(trials.kill, WHO, cluster.random.randint(1, 8))
            return
        choice = cluster.random.choice([Verb.PAUSE, Verb.PAUSE, Verb.ACTIVATE, Verb.ACTIVATE, Verb.ACTIVATE, Verb.CANCEL, Verb.KILL])
        if choice in (Verb.CANCEL, Verb.KILL) and cluster.random.random() < 0.7:
            return
        cluster.db.write_now(experiment_actions.act, WHO, choice, experiment_id)
    except WireError:
        pass  # refused: the experiment had ended, or is stopping


def activate_all(tx: Tx) -> None:
    for experiment_id in tx.column("SELECT id FROM experiments WHERE state = 'PAUSED'"):
        experiment_actions.act(tx, WHO, Verb.ACTIVATE, experiment_id)


@pytest.mark.parametrize("seed", SEEDS)
def test_any_verbs_and_any_deaths_end_well(tmp_path: Path, seed: int) -> None:
    cluster = Cluster(tmp_path, seed, slots=2)
    try:
        for config in (RANDOM, SINGLE, RANDOM, SINGLE):
            cluster.submit(config)
        cluster.fail = {"1", "3", "5"}
        cluster.between = lambda: verb(cluster)
        run(cluster, lambda tx: bool(cluster.masters > 10 or ended(tx)), deaths=12)
        cluster.between = lambda: None
        cluster.db.write_now(activate_all)
        run(cluster, ended, deaths=4)
        check(cluster, seed)
    finally:
        cluster.close()


def check(cluster: Cluster, seed: int) -> None:
    """What holds at the end whatever happened."""

    def ask(sql: str) -> list[Any]:
        return cluster.db.read_now(lambda tx: tx.all(tuple_of, sql))

    assert ask("SELECT id, state FROM trials WHERE state NOT IN ('COMPLETED', 'CANCELED', 'ERROR')") == [], f"seed {seed}"
    assert ask("SELECT id FROM allocations WHERE state <> 'TERMINATED'") == [], f"seed {seed}"
    assert ask("SELECT id FROM tasks WHERE ended_at IS NULL") == [], f"seed {seed}"
    assert ask("SELECT id FROM jobs WHERE queued = 1") == [], f"seed {seed}"
    assert ask("SELECT id FROM experiments WHERE ended_at IS NULL") == [], f"seed {seed}"
    assert ask("SELECT id FROM trials WHERE ended_at IS NULL") == [], f"seed {seed}"
    assert ask("SELECT id FROM allocations WHERE token_hash IS NOT NULL OR secrets IS NOT NULL") == [], f"seed {seed}"
    for experiment_id, state in ask("SELECT id, state FROM experiments"):
        of_trials = {s for (s,) in ask(f"SELECT state FROM trials WHERE experiment_id = {experiment_id}")}
        assert state != "COMPLETED" or "COMPLETED" in of_trials, f"seed {seed}: experiment {experiment_id} is {state}, trials {of_trials}"
    nothing_twice(cluster, seed)
