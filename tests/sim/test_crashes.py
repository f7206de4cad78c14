"""All loops over the real store with a fake runtime, the master dying at random commits and starts: nothing is lost, nothing is done twice."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.sim.cluster import Cluster, run, tuple_of
from undeterred.domain.launch.facts import LaunchSpec
from undeterred.errors import Unavailable
from undeterred.store.db import Tx

SEEDS = [int(s) for s in os.environ.get("UNDETERRED_SIM_SEEDS", "1,2,3,4,5,6,7,8").split(",")]
RANDOM = """
name: r
entrypoint: x
searcher: {name: random, metric: loss, max_trials: 5, max_concurrent_trials: 3}
hyperparameters: {a: {type: double, minval: 0, maxval: 1}}
max_restarts: 2
"""


def ended(tx: Tx) -> bool:
    return tx.value("SELECT 1 FROM experiments WHERE state NOT IN ('COMPLETED', 'CANCELED', 'ERROR')") is None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_search_completes_however_often_the_master_dies(tmp_path: Path, seed: int) -> None:
    cluster = Cluster(tmp_path, seed)
    try:
        cluster.submit(RANDOM)
        cluster.fail = {"2", "4"}
        run(cluster, ended, deaths=15)
        rows = cluster.db.read_now(lambda tx: tx.all(tuple_of, "SELECT id, state, restarts FROM trials ORDER BY id"))
        assert len(rows) == 5, f"seed {seed}: {rows}"
        assert {state for _id, state, _r in rows} <= {"COMPLETED", "ERROR"}, f"seed {seed}: {rows}"
        assert cluster.masters > 5, f"seed {seed}: the master hardly died"
        nothing_twice(cluster, seed)
    finally:
        cluster.close()


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_a_lost_supervisor_is_no_restart(tmp_path: Path, seed: int) -> None:
    cluster = Cluster(tmp_path, seed, slots=1)
    try:
        cluster.submit("name: s\nentrypoint: x\nsearcher: {name: single, metric: loss}\nmax_restarts: 0\n")
        cluster.hold = True
        run(cluster, lambda tx: tx.value("SELECT 1 FROM allocations WHERE state = 'RUNNING'") is not None, deaths=0)
        container = next(iter(cluster.runtime.seen))
        cluster.hold = False
        cluster.runtime.lose(container)
        cluster.runtime.acknowledge(container)
        run(cluster, ended, deaths=5)
        state, restarts, run_id = cluster.db.read_now(lambda tx: tx.one(tuple_of, "SELECT state, restarts, run_id FROM trials")) or ()
        assert (state, restarts) == ("COMPLETED", 0), f"seed {seed}"
        assert run_id >= 2, f"seed {seed}"
    finally:
        cluster.close()


def nothing_twice(cluster: Cluster, seed: int) -> None:
    """Every container was started at most once, no slot was held by two, every trial's runs are numbered without a gap."""
    assert max(Counter(cluster.runtime.started).values()) == 1, f"seed {seed}"
    for trial_id, run_id in cluster.db.read_now(lambda tx: tx.all(tuple_of, "SELECT id, run_id FROM trials")):
        runs = cluster.db.read_now(_runs_of, trial_id)
        assert runs == list(range(1, run_id + 1)), f"seed {seed}: trial {trial_id} has runs {runs}"
    spans = cluster.db.read_now(
        lambda tx: tx.all(
            tuple_of, "SELECT slot_ids, started_at, ended_at FROM allocations WHERE started_at IS NOT NULL ORDER BY started_at"
        )
    )
    for i, (slots, begun, _ended) in enumerate(spans):
        for others, start, end in spans[:i]:
            if set(json.loads(slots)) & set(json.loads(others)):
                assert end <= begun, f"seed {seed}: a slot was held by two at {start}..{end} and {begun}"


def _runs_of(tx: Tx, trial_id: int) -> list[int]:
    return tx.column("SELECT a.run FROM allocations a JOIN tasks k ON k.id = a.task_id WHERE k.trial_id = :t ORDER BY a.run", t=trial_id)


def test_a_machine_that_cannot_start_a_task_now_is_asked_again(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, seed=1, slots=1)
    refusals = iter(range(5))

    def full(_spec: LaunchSpec) -> None:
        if next(refusals, None) is not None:
            raise Unavailable("the disk is full")

    cluster.runtime.on_start = full
    try:
        cluster.submit("name: s\nentrypoint: x\nsearcher: {name: single, metric: loss}\nmax_restarts: 0\n")
        run(cluster, ended, deaths=0)
        assert cluster.db.read_now(lambda tx: tx.one(tuple_of, "SELECT state, restarts, run_id FROM trials")) == ("COMPLETED", 0, 1)
        assert next(refusals, None) is None
    finally:
        cluster.close()
