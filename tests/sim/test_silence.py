"""Unmanaged trials that could not be heard while there was no master: a new one listens for as long as it would have waited, then judges."""

import asyncio
from pathlib import Path

import msgspec

from tests.sim.cluster import WHO, Cluster
from undeterred.domain.lifecycle.unmanaged import SILENCE_US
from undeterred.loops import sweep
from undeterred.loops.world import World
from undeterred.services import experiments, trials
from undeterred.services.experiment_config import Layers
from undeterred.store.db import Tx
from undeterred.wire.experiments import CreateExperimentRequest
from undeterred.wire.trials import CreateTrialRequest


def state(tx: Tx) -> str:
    return str(tx.value("SELECT state FROM trials"))


def test_a_new_master_listens_before_it_judges(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, seed=1)
    try:
        request = CreateExperimentRequest(config="name: u\nsearcher: {name: single, metric: loss}\n", unmanaged=True)
        made = cluster.db.write_now(experiments.create, WHO, Layers(cluster.world.ctx.settings), request, None)
        trial = CreateTrialRequest(experiment_id=made.experiment.id, unmanaged=True)  # type: ignore[union-attr]
        cluster.db.write_now(trials.create, WHO, trial, "r1")
        old = 2 * SILENCE_US
        cluster.db.write_now(lambda tx: tx.run("UPDATE trials SET state = 'RUNNING', last_activity_at = :at", at=tx.now - old))
        asyncio.run(sweep.activate(cluster.world))
        assert cluster.db.read_now(state) == "RUNNING"
        settings = cluster.world.ctx.settings
        cluster.world.ctx.settings = msgspec.structs.replace(settings, started_at=settings.started_at - old)
        asyncio.run(sweep.activate(World(cluster.world.ctx, cluster.world.runtimes)))
        assert cluster.db.read_now(state) == "ERROR"
    finally:
        cluster.close()
