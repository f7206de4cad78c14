"""Reading a model definition back: the archive, its tree, one file."""

import base64
from pathlib import PurePosixPath

from undeterred.errors import InvalidArgument, NotFound
from undeterred.services import uploads
from undeterred.services.uploads import Entry
from undeterred.wire.base import instant
from undeterred.wire.experiment_files import FileNode, GetModelDefFileResponse, GetModelDefResponse, GetModelDefTreeResponse

SECOND = 1_000_000
TEXT = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"
_BINARY_BYTES = frozenset(range(0x20)) - {0x09, 0x0A, 0x0C, 0x0D, 0x1B}
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b\x08", "application/x-gzip"),
    (b"PK\x03\x04", "application/zip"),
)


def model_def(archive: bytes) -> GetModelDefResponse:
    """The whole archive."""
    return GetModelDefResponse(b64_tgz=base64.b64encode(archive).decode())


def tree(archive: bytes) -> GetModelDefTreeResponse:
    """The files and folders, in the order of the upload; a folder that was not listed itself is there all the same."""
    top = FileNode()
    folders = {"": top}
    for entry in uploads.unpack(archive):
        above = top
        for path in uploads.parents(entry.path):
            if path not in folders:
                folders[path] = _node(Entry(path, True, mtime=entry.mtime))
                above.files.append(folders[path])
            above = folders[path]
        if not entry.folder:
            above.files.append(_node(entry))
        elif entry.path not in folders:
            folders[entry.path] = _node(entry)
            above.files.append(folders[entry.path])
    return GetModelDefTreeResponse(files=top.files)


def file(archive: bytes, path: str) -> GetModelDefFileResponse:
    """One file by its exact path; an empty one is null on the wire. Raises InvalidArgument without a path, NotFound."""
    if not path:
        raise InvalidArgument("path: name the file that is wanted")
    for entry in uploads.unpack(archive):
        if entry.path == path and not entry.folder:
            response = GetModelDefFileResponse(file=entry.content)
            if not entry.content:
                response.file = None  # type: ignore[assignment]  # the wire's word for no bytes
            return response
    raise NotFound(f"file {path!r} does not exist in the model definition")


def content_type(content: bytes) -> str:
    """What the first bytes look like."""
    start = content[:512]
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    lead = start.lstrip(b"\t\n\x0c\r ").lower()
    if lead.startswith((b"<!doctype html", b"<html")):
        return "text/html; charset=utf-8"
    if lead.startswith(b"<?xml"):
        return "text/xml; charset=utf-8"
    return BINARY if _BINARY_BYTES.intersection(start) else TEXT


def _node(entry: Entry) -> FileNode:
    return FileNode(
        path=entry.path,
        name=PurePosixPath(entry.path).name,
        modified_time=instant(entry.mtime * SECOND),
        content_length=len(entry.content),
        is_dir=entry.folder,
        content_type=content_type(entry.content),
    )
