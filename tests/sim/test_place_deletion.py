"""A workspace is deleted while its experiments run and the master keeps dying: all of it goes, files too, and nothing else."""

import os
import uuid
from pathlib import Path

import pytest

from tests.sim.cluster import WHO, Cluster, run, tuple_of
from undeterred.services import checkpoints, projects, workspaces
from undeterred.store.db import Tx
from undeterred.wire import checkpoints as wire
from undeterred.wire.projects import PostProjectRequest
from undeterred.wire.workspaces import PostWorkspaceRequest

SEEDS = [int(s) for s in os.environ.get("UNDETERRED_SIM_SEEDS", "21,22,23,24,25,26").split(",")]
CONFIG = """
name: r
entrypoint: x
searcher: {{name: random, metric: loss, max_trials: 3, max_concurrent_trials: 2}}
hyperparameters: {{a: {{type: double, minval: 0, maxval: 1}}}}
checkpoint_storage: {{type: shared_fs, host_path: {files}, save_trial_latest: 3}}
workspace: {workspace}
project: {project}
"""
TABLES = ("experiments", "trials", "tasks", "allocations", "checkpoints", "jobs", "searches", "search_events", "task_logs", "collections")


def places(cluster: Cluster) -> int:
    """Two workspaces with two projects each, an experiment in all but one; the id of the one that is to go."""
    for name in ("goes", "stays"):
        workspace = cluster.db.write_now(workspaces.create, WHO, PostWorkspaceRequest(name=name)).id
        for project in ("a", "b", "empty"):
            cluster.db.write_now(projects.create, WHO, PostProjectRequest(name=project, workspace_id=workspace))
    return workspace - 1


def report_checkpoints(cluster: Cluster, files: Path) -> None:
    """Every trial has stored a checkpoint."""
    for (task_id,) in cluster.db.read_now(lambda tx: tx.all(tuple_of, "SELECT id FROM tasks")):
        name = str(uuid.UUID(int=cluster.random.getrandbits(128)))
        (files / name).mkdir(parents=True)
        (files / name / "x").write_text("1")
        sent = wire.Checkpoint(task_id=task_id, uuid=name, resources={"x": "1"}, state=wire.CheckpointState.STATE_COMPLETED)
        cluster.db.write_now(checkpoints.report, WHO, sent)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_workspace_goes_whole_however_often_the_master_dies(tmp_path: Path, seed: int) -> None:
    cluster, files = Cluster(tmp_path, seed), tmp_path / "files"
    files.mkdir()
    try:
        goes = places(cluster)
        for project in ("a", "b"):
            for workspace in ("goes", "stays"):
                cluster.submit(CONFIG.format(files=files, workspace=workspace, project=project))
        cluster.hold = True
        run(cluster, lambda tx: tx.value("SELECT COUNT(*) FROM allocations WHERE state = 'RUNNING'") == 2, deaths=0)
        report_checkpoints(cluster, files)
        kept = cluster.db.read_now(lambda tx: tx.column("SELECT uuid FROM checkpoints WHERE experiment_id IN (2, 4)"))
        cluster.hold = False
        cluster.db.write_now(workspaces.delete, WHO, goes)
        cluster.between = lambda: cluster.db.write_now(all_due)
        run(cluster, lambda tx: tx.value("SELECT 1 FROM workspaces WHERE id = :id", id=goes) is None, deaths=15)
        left = cluster.db.read_now(lambda tx: tx.column("SELECT id FROM experiments ORDER BY id"))
        assert left == [2, 4], f"seed {seed}"
        assert not set(of_others(cluster)), f"seed {seed}: {of_others(cluster)}"
        assert set(kept) <= {path.name for path in files.iterdir()}, f"seed {seed}: files of others went too"
        assert len(list(files.iterdir())) == len(kept), f"seed {seed}: files stayed"
        assert cluster.masters > 3, f"seed {seed}: the master hardly died"
        cluster.db.write_now(workspaces.delete, WHO, goes + 1)
        run(cluster, lambda tx: tx.value("SELECT 1 FROM workspaces WHERE id = :id", id=goes + 1) is None, deaths=5)
        rows = {table: cluster.db.read_now(count, table) for table in TABLES}
        assert rows == dict.fromkeys(TABLES, 0), f"seed {seed}: {rows}"
        assert list(files.iterdir()) == [], f"seed {seed}"
    finally:
        cluster.close()


def of_others(cluster: Cluster) -> list[tuple[str, int]]:
    """Rows whose experiment is gone."""
    found: list[tuple[str, int]] = []
    for table in ("trials", "tasks", "checkpoints", "searches", "search_events", "collections"):
        found += [(table, experiment_id) for experiment_id in cluster.db.read_now(orphans, table)]
    return found


def orphans(tx: Tx, table: str) -> list[int]:
    return tx.column(f"SELECT experiment_id FROM {table} WHERE experiment_id NOT IN (SELECT id FROM experiments)")


def all_due(tx: Tx) -> None:
    """Time has passed: every wish is due again."""
    tx.run("UPDATE collections SET retry_at = 0")


def count(tx: Tx, table: str) -> int:
    return int(tx.value(f"SELECT COUNT(*) FROM {table}"))
