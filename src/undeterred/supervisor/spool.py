"""Lines on disk until the master has them: numbered from 0, in segments that are deleted once acknowledged.

A segment is `<number of its first line>.jsonl`, one line's JSON text a line. One thread appends, one reads. The spool is bounded:
when it is full, `append` says so and the reader of the pipes pauses, so a flood waits in the task and not in memory.
"""

import contextlib
import io
import os
import threading
from typing import BinaryIO

SEGMENT_BYTES = 4 * 1024 * 1024
BOUND_BYTES = 64 * 1024 * 1024


class Spool:
    """The unsent lines of one task."""

    def __init__(self, folder: str, bound_bytes: int = BOUND_BYTES, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder, self._bound, self._segment_bytes = folder, bound_bytes, segment_bytes
        self.changed = threading.Condition()
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self._segments: list[tuple[int, int]] = []  # (first line, bytes), oldest first
        self.end = self._recover()  # number of the next line
        self.acknowledged = self._segments[0][0] if self._segments else 0
        self.closed = False
        self._out: io.FileIO | None = None
        self._in: BinaryIO | None = None
        self._in_segment, self._in_line = -1, 0

    def _recover(self) -> int:
        """Take up what a dead process left; a half-written last line is cut off."""
        end = 0
        for name in sorted((n for n in os.listdir(self._folder) if n.endswith(".jsonl")), key=lambda n: int(n[:-6])):
            path, first = os.path.join(self._folder, name), int(name[:-6])
            with open(path, "r+b") as file:
                data = file.read()
                whole = data.rfind(b"\n") + 1
                if whole != len(data):
                    file.truncate(whole)
            self._segments.append((first, whole))
            end = first + data.count(b"\n")
        return end

    def append(self, lines: list[bytes]) -> None:
        """Write encoded lines; seen by `take` from now on. Raises OSError when the disk refuses: then nothing was written."""
        if not lines:
            return
        data = b"\n".join(lines) + b"\n"
        if self._out is None or self._segments[-1][1] >= self._segment_bytes:
            self._open_segment()
        self._write(data)
        with self.changed:
            first, size = self._segments[-1]
            self._segments[-1] = (first, size + len(data))
            self.end += len(lines)
            self.changed.notify_all()

    def _write(self, data: bytes) -> None:
        """All of it or nothing: what a full disk took half of is taken back."""
        assert self._out is not None
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._out.write(rest) or 0 :]
        except OSError:
            os.ftruncate(self._out.fileno(), self._segments[-1][1])
            self._make_room()
            raise

    def _make_room(self) -> None:
        """On a full disk even the segment being written goes, once the master has all of it."""
        with self.changed:
            if self._out is None or self.acknowledged < self.end:
                return
            self._out.close()
            self._out = None
            for first, _ in self._segments:
                os.unlink(self._path(first))
            self._segments = []

    def _open_segment(self) -> None:
        if self._out is not None:
            self._out.close()
        with self.changed:
            self._segments = [s for s in self._segments if s[0] != self.end]  # an empty one of the same name is written anew
            self._segments.append((self.end, 0))
        self._out = io.FileIO(self._path(self.end), "a")

    def _path(self, first: int) -> str:
        return os.path.join(self._folder, f"{first}.jsonl")

    @property
    def full(self) -> bool:
        """Whether reading more from the task has to wait."""
        with self.changed:
            return sum(size for _, size in self._segments) > self._bound

    def close(self) -> None:
        """No more lines will come."""
        if self._out is not None:
            self._out.close()
            self._out = None
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def release(self) -> None:
        """Close the reader's file too: nothing more will be taken."""
        if self._in is not None:
            self._in.close()
            self._in = None

    def take(self, limit: int) -> tuple[int, list[bytes]]:
        """(number of the first, lines) after the acknowledged ones, at most `limit`."""
        with self.changed:
            at, end = self.acknowledged, self.end
            firsts = [first for first, _ in self._segments]
        lines: list[bytes] = []
        while len(lines) < limit and at + len(lines) < end:
            number = at + len(lines)
            self._seek(max(f for f in firsts if f <= number), number)
            assert self._in is not None
            stop = min([f for f in firsts if f > number] + [end])
            for _ in range(min(limit - len(lines), stop - number)):
                lines.append(self._in.readline().rstrip(b"\n"))
                self._in_line += 1
        return at, lines

    def _seek(self, segment: int, number: int) -> None:
        """Stand before line `number`; free of cost when we stand there already."""
        if self._in is None or self._in_segment != segment or self._in_line > number:
            if self._in is not None:
                self._in.close()
            self._in = open(self._path(segment), "rb")  # noqa: SIM115 - open as long as the segment is read
            self._in_segment, self._in_line = segment, segment
        while self._in_line < number:
            self._in.readline()
            self._in_line += 1

    def acknowledge(self, number: int) -> None:
        """The master has all lines below `number`: whole segments below it go."""
        with self.changed:
            self.acknowledged = max(self.acknowledged, min(number, self.end))
            while len(self._segments) > 1 and self._segments[1][0] <= self.acknowledged:
                first, _ = self._segments.pop(0)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self._path(first))
            self.changed.notify_all()
