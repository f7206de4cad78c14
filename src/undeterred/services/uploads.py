"""Uploaded model files: checked, then packed into one archive whose bytes depend on nothing but the files.

Called in a worker thread before the transaction. What could hurt whoever unpacks it is refused here: ways out of the folder, links, devices, more than
95 MiB. Odd but harmless entries are taken as they are meant: an entry without a name is left out, the last of two equal paths counts.
"""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator, Sequence

import msgspec

from undeterred.errors import InvalidArgument
from undeterred.services import small_gzip, small_tar
from undeterred.services.small_tar import Member
from undeterred.wire.common import File

MAX_BYTES = 95 * 1024 * 1024
MAX_ENTRIES = 50_000
MAX_PATH = 4000  # bytes
MAX_NAME = 255  # bytes
PLAIN, FOLDER = ord("0"), ord("5")
_REFUSED = {ord("1"): "a hard link", ord("2"): "a link", ord("3"): "a device", ord("4"): "a device", ord("6"): "a pipe"}
_LEVEL = 6
_OCTAL_MAX = 0o7777777


class Packed(msgspec.Struct, frozen=True):
    """A tar.gz, its name (SHA-256, hex) and the size that is shown: for small uploads that which the reference shows, odd entries counted."""

    sha256: str
    archive: bytes
    size: int


class Entry(msgspec.Struct, frozen=True):
    """A file or folder of an archive. `path` is relative and plain; `content` is empty for folders; mtime in s."""

    path: str
    folder: bool
    content: bytes = b""
    mtime: int = 0
    mode: int = 0o644
    uid: int = 0
    gid: int = 0


def pack(files: Sequence[File]) -> Packed | None:
    """One archive of the files, in their order; None where there are none. Raises InvalidArgument."""
    if not files:
        return None
    entries = checked(files)
    archive = sent = _zipped(small_tar.tar([_member(entry) for entry in entries]))
    if sum(len(file.content) + 2 * small_tar.BLOCK for file in files) <= small_gzip.MAX_BYTES:
        sent = _zipped(small_tar.tar([_as_sent(file) for file in files]))
    return Packed(hashlib.sha256(sent).hexdigest(), archive, len(sent))


def checked(files: Sequence[File]) -> list[Entry]:
    """The entries that the files mean. Raises InvalidArgument with the path of the first that is refused."""
    if len(files) > MAX_ENTRIES:
        raise InvalidArgument(
            f"the model definition has {len(files)} files: at most {MAX_ENTRIES} are taken; list what is not needed in .detignore"
        )
    size = sum(len(file.content) for file in files)
    if size > MAX_BYTES:
        raise InvalidArgument(
            f"the model definition has {size} bytes: at most {MAX_BYTES // 1024 // 1024} MiB are taken; list what is not needed in .detignore"
        )
    entries = {entry.path: entry for entry in map(_entry, files) if entry is not None}
    plain = {path for path, entry in entries.items() if not entry.folder}
    for path in entries:
        for above in parents(path):
            if above in plain:
                raise InvalidArgument(f"model definition: {above!r} is a file, so {path!r} cannot be in it")
    return list(entries.values())


def parents(path: str) -> Iterator[str]:
    """The folders above a path, the outermost first."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def unpack(archive: bytes) -> list[Entry]:
    """The entries of an archive that `pack` made."""
    if not archive:
        return []
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        return [_read(tar, member) for member in tar]


def _entry(file: File) -> Entry | None:
    what = _REFUSED.get(file.type)
    if what is not None:
        raise InvalidArgument(f"model definition: {file.path!r} is {what}: only files and folders are taken")
    path = _plain(file.path)
    if not path:
        return None
    mtime = _time(file.mtime)
    if file.type == FOLDER:
        return Entry(path, True, b"", mtime, (file.mode & 0o777) | 0o700, _owner(file.uid), _owner(file.gid))
    return Entry(path, False, file.content, mtime, (file.mode & 0o777) | 0o400, _owner(file.uid), _owner(file.gid))


def _plain(path: str) -> str:
    """The path without doubled slashes and dots. Raises InvalidArgument for one that leaves the folder or that no file system takes."""
    if path.startswith("/"):
        raise InvalidArgument(f"model definition: {path!r} is an absolute path: name files relative to the model folder")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise InvalidArgument(f"model definition: {path!r} leaves the model folder: name files relative to it, without '..'")
    if "\0" in path:
        raise InvalidArgument(f"model definition: {path!r} contains a NUL character, which no file name can")
    try:
        long = len(path.encode()) > MAX_PATH or any(len(part.encode()) > MAX_NAME for part in parts)
    except UnicodeEncodeError:
        raise InvalidArgument(f"model definition: {path!r} is no valid text") from None
    if long:
        raise InvalidArgument(f"model definition: the path {path[:80]!r}... is too long")
    return "/".join(parts)


def _owner(number: int) -> int:
    return min(max(number, 0), _OCTAL_MAX)


def _time(text: str) -> int:
    return min(max(int(text), 0), 0o77777777777)


def _member(entry: Entry) -> Member:
    kind = FOLDER if entry.folder else PLAIN
    return Member(entry.path, kind, entry.content, entry.mtime, entry.mode, entry.uid, entry.gid)


def _as_sent(file: File) -> Member:
    """The entry that a file is when nobody looks at it."""
    mode = file.mode if 0 <= file.mode <= _OCTAL_MAX else 0
    return Member(file.path, file.type or PLAIN, file.content, _time(file.mtime), mode, _owner(file.uid), _owner(file.gid))


def _zipped(raw: bytes) -> bytes:
    return small_gzip.compress(raw) if len(raw) <= small_gzip.MAX_BYTES else gzip.compress(raw, _LEVEL, mtime=0)


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    content = b""
    if member.isfile():
        source = tar.extractfile(member)
        content = source.read() if source is not None else b""
    return Entry(member.name, member.isdir(), content, int(member.mtime), member.mode, member.uid, member.gid)
