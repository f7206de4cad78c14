"""A checkpoint's files as one archive, made while it is sent: tar, tar.gz or zip, in pieces of bounded size."""

import io
import json
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from undeterred.errors import InvalidArgument, NotFound
from undeterred.services import checkpoint_folders
from undeterred.store import checkpoints
from undeterred.store.db import Tx

PIECE_BYTES = 256 * 1024
_BLOCK = 512


class Kind(msgspec.Struct, frozen=True):
    """A kind of archive."""

    content_type: str
    suffix: str


class Source(msgspec.Struct, frozen=True):
    """Where a checkpoint's files lie, and which they are (relative paths; those ending in / are folders)."""

    uuid: str
    folder: Path
    paths: tuple[str, ...]


TAR = Kind("application/x-tar", "tar")
GZIP = Kind("application/gzip", "tar.gz")
ZIP = Kind("application/zip", "zip")
_KINDS = {"": TAR, "*/*": TAR, "application/*": TAR, **{kind.content_type: kind for kind in (TAR, GZIP, ZIP)}}


def kind_of(accept: str) -> Kind | None:
    """The archive that an Accept header asks for; None where there is none such."""
    return _KINDS.get(accept.strip().lower())


def find(tx: Tx, uuid: str) -> Source:
    """A checkpoint's folder and files by its row. Raises InvalidArgument, NotFound, Unimplemented (a storage that the master cannot read)."""
    row = checkpoints.get(tx, _parsed(uuid))
    if row is None:
        raise NotFound(f"checkpoint '{uuid}' not found")
    if row.state == "DELETED":
        raise NotFound(f"checkpoint '{uuid}' not found: its files are deleted")
    config = checkpoints.storage_of(tx, row.storage_id, row.experiment_id)
    return Source(row.uuid, checkpoint_folders.folder(config or {}, row.uuid), tuple(json.loads(row.resources)))


def listed(source: Source) -> list[Path]:
    """The plain files and folders to send. Raises NotFound where a file is missing or something lies outside of the checkpoint's folder."""
    if source.folder.is_symlink():
        raise NotFound(f"checkpoint '{source.uuid}' has no folder of its own in its storage: there is a link")
    root = source.folder.resolve()
    files = []
    for path in sorted(source.paths):
        folder = path.endswith("/")
        try:
            place = (root / path).resolve()
            there = place.is_dir() if folder else place.is_file()
        except (OSError, ValueError):  # no name that a disk takes: too long, or with a NUL character
            place, there = root, False
        if not place.is_relative_to(root) or not (folder or there):
            raise NotFound(f"checkpoint '{source.uuid}' has no file {path!r} in its storage")
        if there and place != root:
            files.append(root / path)
    return files


def _open(path: Path, root: Path) -> io.BufferedReader:
    """A plain file below `root`, looked at once it is open: a task may have put a link there since it was listed. Raises NotFound."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode) or not Path(os.readlink(f"/proc/self/fd/{fd}")).is_relative_to(root):
            raise NotFound(f"{path.name} is no file of this checkpoint any more")
    except BaseException:
        os.close(fd)
        raise
    return os.fdopen(fd, "rb")


def archive(source: Source, files: list[Path], kind: Kind) -> Iterator[bytes]:
    """The archive in pieces; each is read from the disk when it is asked for."""
    if kind is ZIP:
        return _zip(source, files)
    return _gzip(_tar(source, files)) if kind is GZIP else _tar(source, files)


def _tar(source: Source, files: list[Path]) -> Iterator[bytes]:
    root = source.folder.resolve()
    for path in files:
        if path.is_dir():
            yield _folder(path, root)
            continue
        with _open(path, root) as file:
            size, info = os.fstat(file.fileno()), tarfile.TarInfo(path.relative_to(root).as_posix())
            info.size, info.mtime, info.mode = size.st_size, int(size.st_mtime), size.st_mode & 0o777
            yield info.tobuf(tarfile.PAX_FORMAT)
            left = info.size
            while left:
                piece = file.read(min(PIECE_BYTES, left))
                if not piece:
                    raise NotFound(f"{path.name} became shorter while it was sent")
                left -= len(piece)
                yield piece
            yield b"\0" * (-info.size % _BLOCK)
    yield b"\0" * (2 * _BLOCK)


def _folder(path: Path, root: Path) -> bytes:
    info = tarfile.TarInfo(path.relative_to(root).as_posix())
    info.type, info.mode, info.mtime = tarfile.DIRTYPE, 0o755, int(path.stat().st_mtime)
    return info.tobuf(tarfile.PAX_FORMAT)


def _gzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()


def _zip(source: Source, files: list[Path]) -> Iterator[bytes]:
    root, sink = source.folder.resolve(), _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as bundle:
        for path in files:
            if path.is_dir():
                bundle.writestr(f"{path.relative_to(root).as_posix()}/", b"")
                continue
            with _open(path, root) as file, bundle.open(path.relative_to(root).as_posix(), "w", force_zip64=True) as entry:
                while piece := file.read(PIECE_BYTES):
                    entry.write(piece)
                    yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """What an archive writes to: bytes wait until they are taken."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


def _parsed(uuid: str) -> str:
    try:
        return str(UUID(uuid))
    except ValueError:
        known = len(uuid) in (32, 36, 38, 45)
        problem = "invalid UUID format" if known else f"invalid UUID length: {len(uuid)}"
        raise InvalidArgument(f"unable to parse checkpoint UUID {uuid}: {problem}") from None
