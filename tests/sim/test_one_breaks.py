"""What breaks over one experiment or task keeps no other from its turn."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.sim.cluster import WHO, Cluster, run, tuple_of
from undeterred.domain.launch.facts import LaunchSpec
from undeterred.domain.lifecycle.experiments import Verb
from undeterred.errors import Unavailable
from undeterred.loops import allocations, trials
from undeterred.loops.each import each
from undeterred.services import experiment_actions, lives
from undeterred.store.db import Tx

SINGLE = "name: s\nentrypoint: x\nsearcher: {name: single, metric: loss}\nmax_restarts: 0\n"


def states(tx: Tx) -> list[Any]:
    return tx.all(tuple_of, "SELECT id, state FROM experiments ORDER BY id")


def test_a_task_that_cannot_be_started_for_an_odd_reason_fails_alone(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, seed=1, slots=2)

    def refuse(spec: LaunchSpec) -> None:
        if spec.env["DET_TRIAL_ID"] == "1":
            raise RuntimeError("odd")

    cluster.runtime.on_start = refuse
    try:
        cluster.submit(SINGLE)
        cluster.submit(SINGLE)
        run(cluster, lambda tx: states(tx) == [(1, "ERROR"), (2, "COMPLETED")], deaths=0)
        why = cluster.db.read_now(lambda tx: tx.column("SELECT exit_reason FROM allocations ORDER BY requested_at, id"))
        assert "the task could not be started: RuntimeError: odd" in why[0]
    finally:
        cluster.close()


def test_a_task_that_cannot_be_stopped_keeps_no_other_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(tmp_path, seed=1, slots=2)
    cluster.hold = True
    stopped = list[str]()

    async def stop(container_id: str) -> None:
        stopped.append(container_id)
        if len(stopped) == 1:
            raise OSError("odd")

    monkeypatch.setattr(cluster.runtime, "stop", stop)
    try:
        cluster.submit(SINGLE)
        cluster.submit(SINGLE)
        run(cluster, lambda _tx: len(cluster.runtime.seen) == 2, deaths=0)
        for experiment_id in (1, 2):
            cluster.db.write_now(experiment_actions.act, WHO, Verb.KILL, experiment_id)
        with pytest.raises(OSError, match="odd"):
            asyncio.run(allocations.activate(cluster.world))
        assert len(set(stopped)) == 2
    finally:
        cluster.close()


def test_an_experiment_that_breaks_keeps_no_other_from_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(tmp_path, seed=1, slots=2)
    advance, told = lives.advance, list[int]()

    def breaking(tx: Tx, experiment_id: int) -> None:
        told.append(experiment_id)
        if experiment_id == 1:
            raise KeyError("odd")
        advance(tx, experiment_id)

    try:
        cluster.submit(SINGLE)
        cluster.submit(SINGLE)
        monkeypatch.setattr(lives, "advance", breaking)
        with pytest.raises(KeyError, match="odd"):
            asyncio.run(trials.activate(cluster.world))
        assert told == [1, 2]
    finally:
        cluster.close()


def test_what_is_everybodys_ends_it_at_once() -> None:
    done = list[int]()

    async def do(item: int) -> None:
        done.append(item)
        raise Unavailable("the database is away")

    with pytest.raises(Unavailable):
        asyncio.run(each([1, 2], do))
    assert done == [1]
