"""Which checkpoints and model versions a trial used, and for what."""

from undeterred.store.db import Tx
from undeterred.store.metrics import ReportRow

_REPORTS = (
    "SELECT m.id, m.trial_id, m.metric_group, m.batches, m.run_id, m.reported_at, m.body, m.signed, m.searched, m.archived"
    " FROM trial_sources s JOIN metrics m ON m.trial_id = s.trial_id AND m.archived = 0 AND m.profiling = 0"
    " AND m.batches >= 0"
)
_ORDER = "ORDER BY m.trial_id, m.run_id, m.batches, m.id"


def put(tx: Tx, trial_id: int, checkpoint_uuid: str, kind: str, model_id: int | None, version: int | None) -> None:
    """A trial used a checkpoint; said again, the newest saying counts."""
    tx.run(
        "INSERT INTO trial_sources (trial_id, checkpoint_uuid, kind, model_id, model_version)"
        " VALUES (:trial, :uuid, :kind, :model, :version) ON CONFLICT (trial_id, checkpoint_uuid)"
        " DO UPDATE SET kind = excluded.kind, model_id = excluded.model_id, model_version = excluded.model_version",
        trial=trial_id,
        uuid=checkpoint_uuid,
        kind=kind,
        model=model_id,
        version=version,
    )


def reports_of_checkpoint(tx: Tx, checkpoint_uuid: str, kind: str | None, group: str | None) -> list[ReportRow]:
    """The live reports of the trials that used a checkpoint, by trial, run and step. kind: None for any; group: None for any."""
    where, given = _where(kind, group)
    return tx.all(
        ReportRow,
        f"{_REPORTS} WHERE s.checkpoint_uuid = :uuid{where} {_ORDER}",
        uuid=checkpoint_uuid,
        **given,
    )


def reports_of_version(tx: Tx, model_id: int, version: int, kind: str | None, group: str | None) -> list[ReportRow]:
    """The live reports of the trials that used a model version, as `reports_of_checkpoint`."""
    where, given = _where(kind, group)
    sql = f"{_REPORTS} WHERE s.model_id = :model AND s.model_version = :version{where} {_ORDER}"
    return tx.all(ReportRow, sql, model=model_id, version=version, **given)


def model_id(tx: Tx, name: str) -> int | None:
    """A model by its name, or by its id where the name is digits."""
    found = tx.value("SELECT id FROM models WHERE name = :name", name=name)
    if found is None and name.isascii() and name.isdigit() and len(name) < 18:
        found = tx.value("SELECT id FROM models WHERE id = :id", id=int(name))
    return None if found is None else int(found)


def version_checkpoint(tx: Tx, model: int, version: int) -> str | None:
    """The checkpoint of a model version."""
    sql = "SELECT checkpoint_uuid FROM model_versions WHERE model_id = :model AND version = :version"
    found = tx.value(sql, model=model, version=version)
    return None if found is None else str(found)


def checkpoint_exists(tx: Tx, uuid: str) -> bool:
    """Whether there is such a checkpoint."""
    return tx.value("SELECT 1 FROM checkpoints WHERE uuid = :uuid", uuid=uuid) is not None


def _where(kind: str | None, group: str | None) -> tuple[str, dict[str, str]]:
    where, given = "", {}
    if kind is not None:
        where += " AND s.kind = :kind"
        given["kind"] = kind
    if group is not None:
        where += " AND m.metric_group = :grp"
        given["grp"] = group
    return where, given
