"""Bytes of a pipe -> lines of the log: split, cut, decoded, with rank and level taken off."""

import json
import re
import time

LIMIT = 8191  # bytes of a line without its line end: 8 KiB with it
_ENDS = re.compile(rb"[\r\n]")
_MARK = re.compile(r"(?:\[rank=([0-9]{1,9})\] ?)?(?:(DEBUG|INFO|WARNING|ERROR|CRITICAL): ?)?")


class Splitter:
    """Cuts one stream into lines at \\n and \\r; a line longer than the limit becomes several."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, without their ends."""
        parts = _ENDS.split(self._rest + data if self._rest else data)
        self._rest = parts.pop()
        lines: list[bytes] = []
        for part in parts:
            lines.extend(_cut(part) if len(part) > LIMIT else (part,))
        if len(self._rest) > LIMIT:
            *whole, self._rest = _cut(self._rest)
            lines.extend(whole)
        return lines

    def end(self) -> list[bytes]:
        """What was left without a line end."""
        rest, self._rest = self._rest, b""
        return [rest] if rest else []


def _cut(line: bytes) -> list[bytes]:
    """Pieces of at most LIMIT bytes; no character is cut in two when the text is UTF-8."""
    pieces = []
    while len(line) > LIMIT:
        at = LIMIT
        while at > LIMIT - 4 and line[at] & 0xC0 == 0x80:
            at -= 1
        if line[at] & 0xC0 == 0x80:
            at = LIMIT
        pieces.append(line[:at])
        line = line[at:]
    pieces.append(line)
    return pieces


class Clock:
    """UTC instants with microseconds that grow with every line, so that sorting by time keeps the order of reading."""

    def __init__(self) -> None:
        self._last = 0
        self._second = -1
        self._text = ""

    def next(self, now_us: int) -> str:
        """The line's instant, `2026-11-23T11:43:01.230666Z`."""
        self._last = max(now_us, self._last + 1)
        second, fraction = divmod(self._last, 1_000_000)
        if second != self._second:
            self._second = second
            self._text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._text}.{fraction:06d}Z"


def encode(line: bytes, stdtype: str, timestamp: str) -> bytes:
    """One line as the JSON text that the master is sent and the spool keeps."""
    text = line.decode("utf-8", "replace")
    mark = _MARK.match(text)
    assert mark is not None
    more = ""
    if mark.end():
        text = text[mark.end() :]
        rank, level = mark.groups()
        if rank is not None:
            more = f',"rankId":{int(rank)}'
        if level is not None:
            more += f',"level":"LOG_LEVEL_{level}"'
    return f'{{"timestamp":"{timestamp}","stdtype":"{stdtype}","log":{json.dumps(text + chr(10))}{more}}}'.encode()
