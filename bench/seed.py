"""Data for a server to be measured on, written before it starts: through the services, or copied row by row inside the database."""

import hashlib
import os
from pathlib import Path

from undeterred.config import master as master_config
from undeterred.services import bootstrap, experiments, logs, metrics, trials
from undeterred.services.experiment_config import Layers
from undeterred.services.identity import Caller
from undeterred.services.settings import Settings
from undeterred.store.db import Tx
from undeterred.store.open import open_store
from undeterred.store.schema import metadata
from undeterred.wire.experiments import CreateExperimentRequest
from undeterred.wire.logs import TaskLog
from undeterred.wire.trials import CreateTrialRequest

WHO = Caller(2, "determined", False, True, "login")
LINES = 20_000
POINTS = 5_000
RARE = 100  # so many experiments differ from the others, however many there are
SUPERVISOR = {"allocation": "bench.1", "container": "bench-container", "key": "bench-key"}


class Seed:
    """Fills a data folder before a server opens it."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._db = open_store(data)
        config = master_config.load(None, {}, {"data": str(data)})
        facts = self._db.write_now(bootstrap.first_start, config)
        settings = Settings(
            config=config, data=data, url="", cluster_id=facts["cluster_id"], master_id="", cluster_name="", epoch=0, started_at=0
        )
        self._layers = Layers(settings)

    def close(self) -> None:
        """Everything is written."""
        self._db.close()

    def reported(self, count: int) -> None:
        """Unmanaged experiments with a trial of three validation reports each, made by the services."""
        for first in range(0, count, 500):
            self._db.write_now(self._reported, first, min(count, first + 500))

    def long_trial(self) -> int:
        """A trial with 5,000 training points and 20,000 log lines; its id."""
        trial_id = self.trial()
        for first in range(1, POINTS + 1, 500):
            self._db.write_now(self._reports, trial_id, "training", range(first, first + 500))
        task = self._db.read_now(_task_of, trial_id)
        for first in range(0, LINES, 1000):
            lines = [TaskLog(task_id=task, log=f"line {i} says that the loss is {i / 7:.4f}\n") for i in range(first, first + 1000)]
            self._db.write_now(logs.append, logs.of_request(lines), WHO)
        return trial_id

    def trial(self) -> int:
        """An experiment's only trial, begun; its id."""
        return int(self._db.write_now(self._trial, self._db.write_now(self._experiment, 0)))

    def supervised(self) -> None:
        """A running allocation of a new trial's task, for which SUPERVISOR speaks."""
        task = self._db.read_now(_task_of, self.trial())
        self._db.write_now(_supervised, task)

    def many(self, count: int) -> None:
        """`count` experiments of every look, a trial each, as copies of the first: 100 of them rare (a label, owner, state, project, name)."""
        base = self._db.write_now(self._experiment, 0)
        trial = self._db.write_now(self._trial, base)
        self._db.write_now(_copies, base, trial, count - 1)

    # -- each in a transaction -----------------------------------------------------------------------------------------------------

    def _reported(self, tx: Tx, first: int, last: int) -> None:
        for i in range(first, last):
            self._reports(tx, self._trial(tx, self._experiment(tx, i)), "validation", range(1, 4), i % 10)

    def _experiment(self, tx: Tx, i: int) -> int:
        config = f"name: experiment {i}\ndescription: d{i % 31}\nlabels: [l{i % 7}]\nsearcher: {{name: single, metric: loss}}\n"
        config += f"hyperparameters: {{lr: {i % 10 / 10}, layers: {i % 4}}}\n"
        made = experiments.create(tx, WHO, self._layers, CreateExperimentRequest(config=config, unmanaged=True), None).experiment
        assert made is not None
        return made.id

    def _trial(self, tx: Tx, experiment_id: int) -> int:
        request = CreateTrialRequest(experiment_id=experiment_id, hparams={"lr": 0.1, "layers": 2}, unmanaged=True)
        trial_id = trials.create(tx, WHO, request, os.urandom(16).hex()).id
        trials.start(tx, WHO, trial_id, True)
        return trial_id

    def _reports(self, tx: Tx, trial_id: int, group: str, steps: range, lowest: float = 0) -> None:
        for step in steps:
            values = {"loss": lowest + 1 / step, "accuracy": 1 - 1 / (step + 1)}
            metrics.report(tx, WHO, metrics.Report(trial_id, 1, group, step, None, values, None))


def copy(tx: Tx, table: str, base: int | str, count: int, **columns: str) -> None:
    """Copies of one row, 1 … `count` being `n.i`; columns: SQL for those that differ. New columns of the schema are copied like the others."""
    names = [column.name for column in metadata.tables[table].columns]
    chosen = ", ".join(columns.get(name, f"b.{name}") for name in names)
    tx.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
        f" INSERT INTO {table} ({', '.join(names)}) SELECT {chosen} FROM {table} b, n WHERE b.id = :base",
        count=count,
        base=base,
    )


def _copies(tx: Tx, base: int, trial: int, count: int) -> None:
    rare = f"n.i % {max(1, (count + 1) // RARE)} = 0"
    scattered = "n.i * 7919 % 100003"  # as good as random, always the same
    job = str(tx.value("SELECT job_id FROM experiments WHERE id = :id", id=base))
    copy(tx, "projects", 1, 1, id="(SELECT MAX(id) + 1 FROM projects)", name="'rare'", key="'RAR'", immutable="0")
    copy(tx, "jobs", job, count, id="'job-' || n.i")
    copy(
        tx,
        "experiments",
        base,
        count,
        id="b.id + n.i",
        job_id="'job-' || n.i",
        external_id="NULL",
        name=f"CASE WHEN {rare} THEN 'needle ' ELSE 'experiment ' END || ({scattered})",
        description="'d' || (n.i % 31)",
        labels=f"CASE WHEN {rare} THEN '[\"l' || (n.i % 7) || '\",\"rare\"]' ELSE '[\"l' || (n.i % 7) || '\"]' END",
        owner_id=f"CASE WHEN {rare} THEN 1 ELSE 2 END",
        project_id=f"CASE WHEN {rare} THEN (SELECT MAX(id) FROM projects) ELSE 1 END",
        parent_id="CASE WHEN n.i % 5 = 0 THEN b.id ELSE NULL END",
        state=f"CASE WHEN {rare} THEN 'ERROR' WHEN n.i % 5 = 1 THEN 'PAUSED' WHEN n.i % 5 = 2 THEN 'CANCELED' ELSE 'COMPLETED' END",
        archived="CASE WHEN n.i % 4 = 3 THEN 1 ELSE 0 END",
        resource_pool="CASE WHEN n.i % 3 = 0 THEN 'default' ELSE '' END",
        started_at=f"b.started_at - ({scattered}) * 1000000",
        ended_at=f"CASE WHEN n.i % 5 = 1 THEN NULL ELSE b.started_at - ({scattered}) * 900000 END",
        progress="CASE WHEN n.i % 5 = 1 THEN (n.i % 100) / 100.0 ELSE NULL END",
        best_metric=f"CASE WHEN n.i % 9 = 0 THEN NULL ELSE ({scattered}) / 1000.0 END",
        best_trial_id="NULL",
        num_trials="1",
        checkpoint_count="n.i % 11",
        checkpoint_size=f"({scattered}) * 1000",
    )
    copy(tx, "trials", trial, count, id="b.id + n.i", experiment_id="b.experiment_id + n.i", external_id="NULL", state="'COMPLETED'")


def _task_of(tx: Tx, trial_id: int) -> str:
    return str(tx.value("SELECT id FROM tasks WHERE trial_id = :id", id=trial_id))


def _supervised(tx: Tx, task: str) -> None:
    tx.run(
        "INSERT INTO allocations (id, task_id, run, state, requested_at, started_at, container_id, supervisor_hash, node_id)"
        " VALUES (:id, :task, 1, 'TERMINATED', :now, :now, :container, :key, 'bench')",
        id=SUPERVISOR["allocation"],
        task=task,
        now=tx.now,
        container=SUPERVISOR["container"],
        key=hashlib.sha256(SUPERVISOR["key"].encode()).hexdigest(),
    )
