"""Where checkpoints lie on this machine's disks, for storages of type shared_fs and directory, and how their files are removed.

A task that still runs may put links there at any moment: what is removed is reached folder by folder, and never through one.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
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
            _remove_one(where, path)
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
    with contextlib.suppress(OSError), _below(base(storage).resolve(), cluster_id, "tensorboard", "experiment") as folder_fd:
        shutil.rmtree(str(experiment_id), ignore_errors=True, dir_fd=folder_fd)


def _found(where: Path, globs: Sequence[str]) -> list[str]:
    """What the patterns match in a folder, "" for the folder itself, not behind links; folders before what is in them."""
    entries: list[tuple[str, bool]] = [("", True)]
    for folder, folders, files in os.walk(where):
        below = os.path.relpath(folder, where)
        entries += [
            (os.path.normpath(f"{below}/{name}"), is_folder) for names, is_folder in ((folders, True), (files, False)) for name in names
        ]
    return [path for path, is_folder in sorted(entries) if any(globs_of_files.matches(path, is_folder, each) for each in globs)]


def listed(where: Path) -> dict[str, int]:
    """The files below a folder (relative path -> size in bytes, folders end in / and count 0)."""
    if not where.is_dir():
        raise NotFound(f"there are no files at {where}")
    return {
        str(path.relative_to(where)) + ("/" if path.is_dir() else ""): 0 if path.is_dir() else path.lstat().st_size
        for path in sorted(where.rglob("*"))
    }


def _remove_one(where: Path, path: str) -> None:
    """Remove a file, or a folder with all that is in it; nothing where it is gone already."""
    if not path:
        shutil.rmtree(where)
        return
    *above, name = path.split("/")
    with contextlib.suppress(FileNotFoundError), _below(where, *above) as fd:
        if stat.S_ISDIR(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode):
            shutil.rmtree(name, dir_fd=fd)
        else:
            os.unlink(name, dir_fd=fd)


@contextlib.contextmanager
def _below(root: Path, *parts: str) -> Iterator[int]:
    """An open folder below another one. Raises OSError where a part is a link or is not there."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(root, flags)
    try:
        for part in parts:
            inner = os.open(part, flags, dir_fd=fd)
            os.close(fd)
            fd = inner
        yield fd
    finally:
        os.close(fd)
