"""Where checkpoints lie on this machine's disks, for storages of type shared_fs and directory, and how their files are removed."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from undeterred.domain.lifecycle import globs as globs_of_files
from undeterred.errors import FailedPrecondition, NotFound, Unimplemented


def base(storage: dict[str, Any]) -> Path:
    """The folder that holds a storage's checkpoints. Raises Unimplemented for a storage that is not on a disk here."""
    kind = storage.get("type")
    if kind == "shared_fs":
        host = Path(str(storage.get("host_path") or ""))
        return host / str(storage.get("storage_path") or "")
    if kind == "directory":
        return Path(str(storage.get("container_path") or ""))
    raise Unimplemented(f"checkpoints in a storage of type {kind} are not reachable from the master yet: read them with the SDK, directly")


def folder(storage: dict[str, Any], uuid: str) -> Path:
    """One checkpoint's folder, whether or not it is there."""
    assert uuid not in ("", ".", ".."), uuid
    assert "/" not in uuid, uuid
    return base(storage) / uuid


def remove(where: Path, globs: Sequence[str]) -> dict[str, int]:
    """Remove a checkpoint's files: all of them for `**/*`, else those that match, folders with all that is in them; what is left (relative
    path -> size, folders end in /).

    A folder that is gone already is no error, nor is a pattern that is none. Raises FailedPrecondition when a file cannot be removed.
    """
    if where.is_symlink():
        raise FailedPrecondition(f"{where} is a link, and no checkpoint's folder is one: nothing is removed through it")
    if not where.is_dir():
        return {}
    try:
        if "**/*" in globs:
            shutil.rmtree(where)
            return {}
        for path in _found(where, globs):
            _remove_one(path)
        left = listed(where) if where.exists() else {}
        if not left and where.exists():
            where.rmdir()
    except OSError as error:
        raise FailedPrecondition(f"{where} could not be removed: {error.strerror or error}") from error
    return left


def remove_tensorboard(storage: dict[str, Any], cluster_id: str, experiment_id: int) -> None:
    """Remove an experiment's tensorboard files; where they lie behind a link they stay. A storage that is not on a disk here has none."""
    if storage.get("type") not in ("shared_fs", "directory"):
        return
    root = base(storage).resolve()
    where = root / cluster_id / "tensorboard" / "experiment" / str(experiment_id)
    if where.resolve() == where:
        shutil.rmtree(where, ignore_errors=True)


def _found(where: Path, globs: Sequence[str]) -> list[Path]:
    """What the patterns match in a folder, the folder itself included, not behind links; folders before what is in them."""
    entries: list[tuple[str, bool]] = [("", True)]
    for folder, folders, files in os.walk(where):
        below = os.path.relpath(folder, where)
        entries += [
            (os.path.normpath(f"{below}/{name}"), is_folder) for names, is_folder in ((folders, True), (files, False)) for name in names
        ]
    return [where / path for path, is_folder in sorted(entries) if any(globs_of_files.matches(path, is_folder, each) for each in globs)]


def listed(where: Path) -> dict[str, int]:
    """The files below a folder (relative path -> size in bytes, folders end in / and count 0)."""
    if not where.is_dir():
        raise NotFound(f"there are no files at {where}")
    return {
        str(path.relative_to(where)) + ("/" if path.is_dir() else ""): 0 if path.is_dir() else path.lstat().st_size
        for path in sorted(where.rglob("*"))
    }


def _remove_one(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
