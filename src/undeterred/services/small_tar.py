"""tar as Go's standard library writes it: USTAR headers, a PAX record in front of a path that is not ASCII or too long."""

from collections.abc import Iterable

import msgspec

BLOCK = 512
_NAME_MAX = 100
_END = bytes(2 * BLOCK)


class Member(msgspec.Struct, frozen=True):
    """An entry of an archive; `kind` is tar's type byte, mtime in s, `mode`, `uid`, `gid` below 8^7."""

    path: str
    kind: int
    content: bytes = b""
    mtime: int = 0
    mode: int = 0
    uid: int = 0
    gid: int = 0


def tar(members: Iterable[Member]) -> bytes:
    """The archive."""
    out = bytearray()
    for member in members:
        plain = _ascii(member.path)
        if plain != member.path or len(plain) > _NAME_MAX:
            record = _record("path", member.path)
            folder, slash, name = member.path.rpartition("/")
            out += _header(_ascii(f"{folder}{slash}PaxHeaders.0/{name}"), ord("x"), len(record), None)
            out += _padded(record)
        out += _header(plain, member.kind, len(member.content), member)
        out += _padded(member.content)
    return bytes(out + _END)


def _header(name: str, kind: int, size: int, member: Member | None) -> bytes:
    """A header block; that of a PAX record (member None) has no owner, time or device."""
    block = bytearray(BLOCK)
    _put(block, 0, name.encode("ascii")[:_NAME_MAX])
    told = member or Member("", kind)
    for at, width, value in ((100, 8, told.mode), (108, 8, told.uid), (116, 8, told.gid), (124, 12, size), (136, 12, told.mtime)):
        _put(block, at, b"%0*o" % (width - 1, value))
    block[156] = kind & 0xFF
    _put(block, 257, b"ustar\x0000")
    if member is not None:
        for at in (329, 337):
            _put(block, at, b"%07o" % 0)
    _put(block, 148, b" " * 8)
    _put(block, 148, b"%06o\0 " % sum(block))
    return bytes(block)


def _put(block: bytearray, at: int, data: bytes) -> None:
    block[at : at + len(data)] = data


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def _ascii(text: str) -> str:
    return "".join(character for character in text if "\0" < character < "\x80")


def _record(key: str, value: str) -> bytes:
    """A PAX record: its own length in bytes, the key, the value."""
    rest = f" {key}={value}\n".encode()
    size = len(rest) + len(str(len(rest)))
    size = len(rest) + len(str(size))
    return str(size).encode() + rest
