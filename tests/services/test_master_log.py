"""The master's last lines: their numbers, their bounds, and what never stands in them."""

import asyncio
import logging
import threading
from collections.abc import Iterator

import pytest

from undeterred.api import render
from undeterred.config import master
from undeterred.errors import InvalidArgument
from undeterred.services import master_log
from undeterred.services.master_log import TOPIC, MasterLog
from undeterred.store.bell import Bell
from undeterred.wire.logs import LogLevel

SECRETS = "security: {initial_user_password: Open-Sesame-1}\ndb: {host: h, user: u, password: Data-Base-Pass, name: det}\nwebhooks: {signing_key: KEY-123456}"


@pytest.fixture
def kept() -> MasterLog:
    return MasterLog()


@pytest.fixture
def log(kept: MasterLog) -> Iterator[logging.Logger]:
    """A logger that writes to `kept` alone."""
    logger = logging.getLogger("undeterred.test-of-the-log")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.addHandler(kept)
    yield logger
    logger.removeHandler(kept)


def read(kept: MasterLog, offset: int = 0, limit: int = 0) -> list[tuple[int, str]]:
    """Number and text of the lines that a request gets, without the logger's name."""
    first, behind = kept.window(offset, limit)
    found = []
    while lines := kept.page(first, behind, 2)[0]:
        first = kept.page(first, behind, 2)[1]
        for line in lines:
            assert line.log_entry is not None
            found.append((line.log_entry.id, line.log_entry.message.removeprefix("undeterred.test-of-the-log: ")))
    return found


def test_numbers(kept: MasterLog, log: logging.Logger) -> None:
    assert read(kept) == []
    for n in range(5):
        log.info("line %d", n)
    assert read(kept) == [(n, f"line {n}") for n in range(5)]
    assert read(kept, 1, 2) == [(1, "line 1"), (2, "line 2")]
    assert read(kept, -1, 1) == read(kept, -1) == [(4, "line 4")]
    assert read(kept, -100, 1) == [(0, "line 0")]
    assert read(kept, 3, 100) == read(kept, -2)
    assert read(kept, 5) == read(kept, 1_000_000) == []


def test_the_oldest_lines_go_first(kept: MasterLog, log: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(master_log, "LINES_MAX", 3)
    for n in range(10):
        log.info("%d", n)
    assert read(kept) == [(7, "7"), (8, "8"), (9, "9")]
    assert read(kept, 2, 6) == [(7, "7")], "what is gone of a window is left out"
    monkeypatch.setattr(master_log, "LINES_MAX", 1000)
    monkeypatch.setattr(master_log, "CHARACTERS_MAX", 3 * 8192)
    for _ in range(20):
        log.info("x" * 100_000)
    assert len(read(kept)) == 3, "a long line is cut, and all of them have a bound together"


def test_levels(kept: MasterLog, log: logging.Logger) -> None:
    for level in (5, logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        kept.handle(log.makeRecord("l", level, "", 0, "m", (), None))
    lines, _ = kept.page(0, 100, 100)
    words = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    assert [line.log_entry and line.log_entry.level for line in lines] == [LogLevel(f"LOG_LEVEL_{word}") for word in words]


def test_no_secrets(kept: MasterLog, log: logging.Logger) -> None:
    config = master.load(SECRETS, {}, {})
    kept.hide(config)
    log.warning("%s", config)
    log.warning("cannot connect to %s", config.db_url)
    try:
        raise ValueError("Failing row contains (1, argon2-hash)")
    except ValueError:
        log.exception("a loop failed")
    log.info("GET /a\nFORGED: \x1b[2J")
    told = "\n".join(text for _n, text in read(kept))
    for secret in ("Open-Sesame-1", "Data-Base-Pass", "KEY-123456", "argon2-hash"):
        assert secret not in told
    assert "a loop failed (ValueError: the master's log file says more)" in told
    assert read(kept, -1) == [(3, "GET /a\\x0aFORGED: \\x1b[2J")]


def test_what_a_database_says_of_a_request_is_not_told(kept: MasterLog) -> None:
    logger = logging.getLogger("undeterred.api")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(kept)
    try:
        render.known(InvalidArgument("a number is too large", 'value "31337" is out of range'), "PostThing")
    finally:
        logger.removeHandler(kept)
        logger.setLevel(level)
    (entry,) = kept.page(0, 1, 1)[0]
    assert entry.log_entry is not None
    assert entry.log_entry.message == "undeterred.api: PostThing: a number is too large"


def test_who_waits_is_woken_from_any_thread(kept: MasterLog, log: logging.Logger) -> None:
    def talk() -> None:
        for n in range(100):
            log.info("%d", n)

    async def wait() -> list[tuple[int, str]]:
        bell = Bell()
        kept.wake(bell)
        heard = bell.listen(TOPIC)
        thread = threading.Thread(target=talk)
        thread.start()
        assert await bell.wait(TOPIC, heard, 300)
        thread.join()
        return read(kept, -1)

    assert asyncio.run(wait()) == [(99, "99")]
    log.info("the event loop has ended: nobody is woken, nothing fails")
    assert len(read(kept)) == 101
