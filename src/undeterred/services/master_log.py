"""The master's own last log lines, kept in memory for people who may not read its file. Any user may read them, so they hold no secrets:
of an exception only the kind is told (what a database says of a failing row stands in the file alone), of a record with `public` only that,
and configured secrets are blanked.
"""

import asyncio
import contextlib
import logging
from collections import deque
from itertools import islice

import msgspec

from undeterred.config.master import MasterConfig
from undeterred.store.bell import Bell
from undeterred.wire.base import instant
from undeterred.wire.cluster import LogEntry, MasterLogsResponse
from undeterred.wire.logs import LogLevel

TOPIC = "master-log"
LINES_MAX = 16384
CHARACTERS_MAX = 4 << 20
LINE_MAX = 8192
SECRET_MIN = 4  # a shorter one would blank half of the log
CONTROL = {n: f"\\x{n:02x}" for n in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)}
"""What would break a line, or a terminal, as text."""

_LEVELS = (
    (logging.CRITICAL, LogLevel.LOG_LEVEL_CRITICAL),
    (logging.ERROR, LogLevel.LOG_LEVEL_ERROR),
    (logging.WARNING, LogLevel.LOG_LEVEL_WARNING),
    (logging.INFO, LogLevel.LOG_LEVEL_INFO),
    (logging.DEBUG, LogLevel.LOG_LEVEL_DEBUG),
)


class Line(msgspec.Struct, frozen=True):
    """A line; `at` in µs, `level` as logging counts."""

    at: int
    level: int
    text: str


class MasterLog(logging.Handler):
    """The newest lines, numbered from 0 at the master's start; whoever waits for more hears TOPIC."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[Line] = deque()
        self._characters = 0
        self._total = 0
        self._secrets: tuple[str, ...] = ()
        self._heard_by: tuple[asyncio.AbstractEventLoop, Bell] | None = None
        self._rung = False

    def hide(self, config: MasterConfig) -> None:
        """Blank what a configuration keeps secret in every line from now on."""
        told = (config.db.password, config.db.url, config.db_url, config.security.initial_user_password, config.webhooks.signing_key)
        self._secrets = tuple(sorted({text for text in told if len(text) >= SECRET_MIN}, key=len, reverse=True))

    def wake(self, bell: Bell) -> None:
        """Ring for every new line from now on; called on the event loop's thread."""
        self._heard_by = (asyncio.get_running_loop(), bell)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line (logging calls this under the handler's lock, on any thread)."""
        try:
            line = Line(int(record.created * 1_000_000), record.levelno, self._text(record))
        except Exception:
            self.handleError(record)
            return
        self._lines.append(line)
        self._total += 1
        self._characters += len(line.text)
        while len(self._lines) > LINES_MAX or self._characters > CHARACTERS_MAX:
            self._characters -= len(self._lines.popleft().text)
        if self._heard_by is not None and not self._rung:
            self._rung = True
            with contextlib.suppress(RuntimeError):  # the master has ended
                self._heard_by[0].call_soon_threadsafe(self._ring)

    def window(self, offset: int, limit: int) -> tuple[int, int]:
        """The numbers [first, behind the last) that an offset (from the end if negative) and a limit (0: all) mean now."""
        first = offset if offset >= 0 else max(self._total + offset, 0)
        return first, min(self._total, first + limit) if limit else self._total

    def page(self, first: int, behind: int, size: int) -> tuple[list[MasterLogsResponse], int]:
        """At most `size` of the lines [first, behind) that are still kept, and the number to go on with."""
        with self.lock or contextlib.nullcontext():
            gone = self._total - len(self._lines)
            first = max(first, gone)
            behind = min(behind, self._total, first + size)
            lines = list(islice(self._lines, first - gone, max(behind, first) - gone))
        return [_shown(first + n, line) for n, line in enumerate(lines)], first + len(lines)

    def _text(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0] if record.exc_info else None
        said = getattr(record, "public", None) or record.getMessage()
        text = f"{record.name}: {said}" + (f" ({kind.__name__}: the master's log file says more)" if kind else "")
        for secret in self._secrets:
            text = text.replace(secret, "********")
        return text[:LINE_MAX].translate(CONTROL)

    def _ring(self) -> None:
        self._rung = False
        if self._heard_by is not None:
            self._heard_by[1].ring(TOPIC)


def _shown(number: int, line: Line) -> MasterLogsResponse:
    level = next((level for least, level in _LEVELS if line.level >= least), LogLevel.LOG_LEVEL_TRACE)
    return MasterLogsResponse(log_entry=LogEntry(id=number, message=line.text, timestamp=instant(line.at), level=level))
