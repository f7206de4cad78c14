"""What a project's experiments and runs have to show beyond the fixed columns: the newest of them speak for all."""

import msgspec

from undeterred.store.db import Tx


class BestRow(msgspec.Struct, frozen=True):
    """An experiment with the summary (JSON) of its best trial, if there is one that has reported."""

    id: int
    hyperparameters: str
    best_metric: float | None
    summary: str | None


class RunRow(msgspec.Struct, frozen=True):
    """A run; `summary`, `metadata` and `hparams` are JSON, `unmanaged` is that of its experiment."""

    id: int
    summary: str | None
    metadata: str | None
    hparams: str
    unmanaged: int


def experiments(tx: Tx, project_id: int, limit: int) -> list[BestRow]:
    """The newest experiments of a project, oldest first."""
    found = tx.all(
        BestRow,
        "SELECT e.id, e.hyperparameters, e.best_metric, t.summary_metrics FROM experiments e LEFT JOIN trials t ON t.id = e.best_trial_id"
        " WHERE e.project_id = :project ORDER BY e.id DESC LIMIT :limit",
        project=project_id,
        limit=limit,
    )
    return found[::-1]


def runs(tx: Tx, project_id: int, limit: int) -> list[RunRow]:
    """The runs of the newest experiments of a project, newest first."""
    return tx.all(
        RunRow,
        "SELECT t.id, t.summary_metrics, t.metadata, t.hparams, e.unmanaged FROM"
        " (SELECT id, unmanaged FROM experiments WHERE project_id = :project ORDER BY id DESC LIMIT :limit) e"
        " JOIN trials t ON t.experiment_id = e.id ORDER BY e.id DESC, t.id DESC LIMIT :limit",
        project=project_id,
        limit=limit,
    )
