"""Model definitions: archives of uploaded files, each kept once however many experiments share it."""

from undeterred.store.db import Tx


def put(tx: Tx, sha256: str, archive: bytes, size: int) -> int:
    """Keep an archive under its name; the id of this one or of the one that is there already. size: as it is shown."""
    sql = "INSERT INTO model_definitions (sha256, size_bytes, archive) VALUES (:sha256, :size, :archive) ON CONFLICT (sha256) DO NOTHING RETURNING id"
    made = tx.value(sql, sha256=sha256, size=size, archive=archive)
    return int(made if made is not None else tx.value("SELECT id FROM model_definitions WHERE sha256 = :sha256", sha256=sha256))


def size(tx: Tx, experiment_id: int) -> int:
    """The size that is shown of an experiment's archive, in bytes; 0 where it has none."""
    sql = "SELECT m.size_bytes FROM experiments e JOIN model_definitions m ON m.id = e.model_definition_id WHERE e.id = :id"
    return int(tx.value(sql, id=experiment_id) or 0)


def archive(tx: Tx, experiment_id: int) -> bytes | None:
    """An experiment's archive, empty where it has none; None where there is no such experiment."""
    sql = "SELECT m.archive FROM experiments e LEFT JOIN model_definitions m ON m.id = e.model_definition_id WHERE e.id = :id"
    found = tx.column(sql, id=experiment_id)
    return None if not found else bytes(found[0] or b"")
