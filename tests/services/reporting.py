"""What tests of trials, metrics and checkpoints stand on: an experiment, its trials, and reports in one line."""

import json
from typing import Any

import msgspec

from undeterred.services import checkpoints, metrics, trials
from undeterred.services.identity import Caller
from undeterred.store import experiments
from undeterred.store import trials as rows
from undeterred.store.db import Database, Tx
from undeterred.wire import checkpoints as checkpoint_wire
from undeterred.wire.metrics import Metrics, TrialMetrics
from undeterred.wire.trials import Trial

ADMIN = Caller(1, "admin", True, True, "login")


class Lab:
    """One experiment on a store."""

    def __init__(
        self, db: Database, searcher: str = "single", unmanaged: int = 1, state: str = "PAUSED", smaller_is_better: int = 1
    ) -> None:
        self.db = db
        self.experiment_id = db.write_now(_experiment, searcher, unmanaged, state, smaller_is_better)

    def trial(self, run_id: int = 1) -> int:
        """A trial whose present run is this one."""

        def make(tx: Tx) -> int:
            experiment = rows.parent(tx, self.experiment_id)
            assert experiment is not None
            number = tx.value("SELECT COUNT(*) FROM trials")
            trial_id = rows.insert(tx, experiment, f"00000000-0000-0000-0000-{number:012d}", '{"lr":0.1}')
            rows.change(tx, trial_id, run_id=run_id)
            return trial_id

        return self.db.write_now(make)

    def report(
        self, trial_id: int, group: str, step: int, values: dict[str, Any], run: int = 1, at: str | None = None, batches: Any = ()
    ) -> None:
        """A report of metrics; at: RFC 3339."""
        sent = TrialMetrics(
            trial_id=trial_id, trial_run_id=run, steps_completed=step, metrics=Metrics(avg_metrics=values, batch_metrics=list(batches))
        )
        if at is not None:
            sent.report_time = at
        self.db.write_now(metrics.report, ADMIN, metrics.read(sent, group))

    def checkpoint(self, trial_id: int, uuid: str, step: int, report_time: str | None = None, **sizes: int) -> None:
        """A report of a checkpoint; report_time: RFC 3339; sizes: of its files by name."""
        sent = checkpoint_wire.Checkpoint(
            uuid=uuid,
            task_id=self.task(trial_id),
            metadata={"steps_completed": step},
            resources={k: str(v) for k, v in sizes.items()},
            report_time=report_time,
        )
        self.db.write_now(checkpoints.report, ADMIN, sent)

    def task(self, trial_id: int) -> str:
        return str(self.db.read_now(lambda tx: tx.value("SELECT id FROM tasks WHERE trial_id = :id", id=trial_id)))

    def show(self, trial_id: int) -> Trial:
        return self.db.read_now(trials.get, trial_id)

    def summary(self, trial_id: int) -> dict[str, Any]:
        """The trial's summary by group and metric."""
        found: dict[str, Any] = plain(self.show(trial_id).summary_metrics)
        return found

    def experiment(self, *columns: str) -> tuple[Any, ...]:
        """Columns of the experiment."""
        sql = f"SELECT {', '.join(columns)} FROM experiments WHERE id = :id"
        found = self.db.read_now(lambda tx: tx.one(lambda *c: c, sql, id=self.experiment_id))
        assert found is not None
        return found


def plain(message: Any) -> Any:
    """A message as JSON has it."""
    return json.loads(msgspec.json.encode(message))


def _experiment(tx: Tx, searcher: str, unmanaged: int, state: str, smaller_is_better: int) -> int:
    config = {
        "searcher": {"name": searcher, "metric": "loss", "smaller_is_better": bool(smaller_is_better)},
        "checkpoint_storage": {"type": "directory", "container_path": "/nowhere"},
    }
    tx.run("INSERT INTO jobs (id, type, owner_id, submitted_at) VALUES ('j', 'EXPERIMENT', 1, :now) ON CONFLICT DO NOTHING", now=tx.now)
    return experiments.insert(
        tx,
        {
            "state": state,
            "name": "lab",
            "config": json.dumps(config),
            "original_config": "",
            "job_id": "j",
            "owner_id": 1,
            "project_id": 1,
            "searcher_name": searcher,
            "searcher_metric": "loss",
            "smaller_is_better": smaller_is_better,
            "started_at": tx.now,
            "unmanaged": unmanaged,
        },
    )
