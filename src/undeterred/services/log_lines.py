"""Stored lines as clients read them: which of them are wanted, and their NDJSON. One line is one join of ready pieces."""

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import msgspec

from undeterred.store import logs
from undeterred.store.db import Tx
from undeterred.store.dialect import escape_like
from undeterred.store.logs import CHUNK_MAX, ChunkRow, Kind, kind_of
from undeterred.wire.logs import LogLevel

BATCH = 1000
SCANNED_MAX = 20_000
ROWS_FIRST = 12
ROWS_MAX = 1000
PATTERN_MAX = 1000
LEVELS = {level.name.removeprefix("LOG_LEVEL_"): level.name for level in LogLevel}
BLANK = " " * 8


class Wanted(msgspec.Struct, frozen=True):
    """Which lines are wanted. Empty tuples and texts ask for nothing; ranks: -1 is no rank; levels: without their prefix;
    before (inclusive), after (exclusive): µs."""

    allocations: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    ranks: tuple[int, ...] = ()
    levels: tuple[str, ...] = ()
    stdtypes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    before: int | None = None
    after: int | None = None
    text: str = ""

    @property
    def all(self) -> bool:
        """True where every line is wanted."""
        return self == EVERYTHING


EVERYTHING = Wanted()


class View(msgspec.Struct, frozen=True):
    """How lines are shown: as a task's, or as those of trial `trial_id`; downward or upward."""

    task_id: str
    trial_id: int = 0
    down: bool = False
    wanted: Wanted = EVERYTHING


class Page(msgspec.Struct, frozen=True):
    """Lines as NDJSON; `last`: the id of the last row that was looked at; `more`: there may be others beyond it."""

    body: bytes
    count: int
    last: int
    more: bool


def page(tx: Tx, view: View, after: int, limit: int) -> Page:
    """The next lines beyond the row `after` (0: from the start), at most `limit`, about BATCH of them, after looking at a bounded number."""
    wanted, out, scanned, rows = view.wanted, list[str](), 0, ROWS_FIRST
    if not wanted.text.isascii():
        return Page(b"", 0, after, False)
    where, params = _conditions(tx, wanted)
    while True:
        found = logs.page(tx, view.task_id, after, view.down, rows, where, **params)
        for row in found:
            out += _shown(row, view)
            scanned, after = scanned + row.lines, row.id
            if len(out) >= limit:
                del out[limit:]
                return Page("".join(out).encode(), len(out), after, False)
        if len(found) < rows:
            return Page("".join(out).encode(), len(out), after, False)
        if len(out) >= BATCH or scanned >= SCANNED_MAX:
            return Page("".join(out).encode(), len(out), after, True)
        average = max(scanned / max(len(found), 1), 1)
        rows = int(min(max((min(limit, BATCH) - len(out)) / average + 1, 4), ROWS_MAX))


def _conditions(tx: Tx, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """What the database can leave out: rows beside the times, rows without the text."""
    where, params = "", dict[str, Any]()
    if wanted.before is not None:
        where, params["before"] = where + " AND first_at <= :before", wanted.before
    if wanted.after is not None:
        where, params["since"] = where + " AND last_at > :since", wanted.after
    if wanted.text:
        where, params["text"] = where + f" AND {tx.dialect.like('logs', 'text')}", _row_pattern(wanted.text)
    return where, params


def _shown(row: ChunkRow, view: View) -> list[str]:
    """The wanted lines of a row, each as its line of NDJSON, in the view's order."""
    pieces = [_pieces(text, view.task_id, view.trial_id) for text in _split(row.kinds)]
    texts, times = row.logs.split('"\n"'), row.times.split("\n")
    shape: list[int] | None = None if row.shape is None else msgspec.json.decode(row.shape)
    order: Iterable[int] = range(row.lines) if view.wanted.all else _picked(row, texts, times, shape, view.wanted)
    if view.down:
        order = reversed(list(order))
    first = row.id * CHUNK_MAX
    if shape is None:
        between, after, end = pieces[0]
        return [
            f'{{"result":{{"id":"{first + i}","timestamp":"{short(times[i])}","message":"[{times[i]}] {between}{texts[i]}{after}{texts[i]}{end}'
            for i in order
        ]
    out = []
    for i in order:
        between, after, end = pieces[shape[i]]
        t, text = times[i], texts[i]
        out.append(f'{{"result":{{"id":"{first + i}","timestamp":"{short(t)}","message":"[{t}] {between}{text}{after}{text}{end}')
    return out


def _picked(row: ChunkRow, texts: list[str], times: list[str], shape: list[int] | None, wanted: Wanted) -> list[int]:
    good = [_kind_wanted(kind_of(text), wanted) for text in _split(row.kinds)]
    if not any(good):
        return []
    order = list(range(row.lines)) if shape is None else [i for i in range(row.lines) if good[shape[i]]]
    if wanted.before is not None:
        latest = logs.fixed_of(wanted.before)
        order = [i for i in order if times[i] <= latest]
    if wanted.after is not None:
        earliest = logs.fixed_of(wanted.after)
        order = [i for i in order if times[i] > earliest]
    if wanted.text and order:
        search = searcher(wanted.text)
        order = [i for i in order if search(json.loads(f'"{texts[i]}"'))]
    return order


def _kind_wanted(kind: Kind, wanted: Wanted) -> bool:
    allocation, agent, container, rank, level, stdtype, source = kind
    return (
        (not wanted.allocations or allocation in wanted.allocations)
        and (not wanted.agents or agent in wanted.agents)
        and (not wanted.containers or container in wanted.containers)
        and (not wanted.ranks or (-1 if rank is None else rank) in wanted.ranks)
        and (not wanted.levels or level in wanted.levels)
        and (not wanted.stdtypes or stdtype in wanted.stdtypes)
        and (not wanted.sources or source in wanted.sources)
    )


def short(time: str) -> str:
    """A stored time with the fewest of 0, 3 or 6 digits that lose nothing."""
    if time[23:26] != "000":
        return time
    return time[:19] + "Z" if time[20:23] == "000" else time[:23] + "Z"


@lru_cache(maxsize=4096)
def _split(kinds: str) -> tuple[str, ...]:
    """The kinds of a row, each as its own JSON."""
    return tuple(bytes(raw).decode() for raw in msgspec.json.decode(kinds, type=list[msgspec.Raw]))


@lru_cache(maxsize=4096)
def _pieces(kind: str, task_id: str, trial_id: int) -> tuple[str, str, str]:
    """What stands between a line's time and its text, between its two texts, and after them."""
    allocation, agent, container, rank, level, stdtype, source = kind_of(kind)
    ranked = "" if rank is None else f"[rank={rank}] "
    levelled = f"{level}: " if level else ""
    between = _inner(f"{container[:8] if container else BLANK} {ranked}|| {levelled}")
    fields: list[tuple[str, Any]] = [("level", LEVELS.get(level or "", "LOG_LEVEL_UNSPECIFIED"))]
    fields += [("trialId", trial_id)] if trial_id else [("taskId", task_id), ("allocationId", allocation)]
    fields += [("agentId", agent), ("containerId", container), ("rankId", rank)]
    return between, f'",{_members(fields)},"log":"', f'"{_tail([("source", source), ("stdtype", stdtype)])}}}}}\n'


def _members(fields: list[tuple[str, Any]]) -> str:
    return ",".join(f'"{name}":{msgspec.json.encode(value).decode()}' for name, value in fields if value is not None)


def _tail(fields: list[tuple[str, Any]]) -> str:
    members = _members(fields)
    return f",{members}" if members else ""


def _inner(text: str) -> str:
    return msgspec.json.encode(text).decode()[1:-1]


# -- search: ILIKE '%text%' over a line, `%` and `_` are wildcards, a backslash takes their meaning away -----------------------------------


@lru_cache(maxsize=256)
def searcher(text: str) -> Callable[[str], bool]:
    """Whether a line has the text. The pieces between `%` are looked for one after the other, so no text makes it slow."""
    pieces = [
        re.compile("".join(re.escape(c) if plain else "." for c, plain in piece), re.IGNORECASE | re.DOTALL | re.ASCII)
        for piece in _pieces_of(text)
    ]

    def has(line: str) -> bool:
        at = 0
        for piece in pieces:
            found = piece.search(line, at)
            if found is None:
                return False
            at = found.end()
        return True

    return has


def _row_pattern(text: str) -> str:
    """A pattern for LIKE that every row with such a line meets: its longest plain part, as it is written there."""
    plain = [run for piece in _pieces_of(text) for run in "".join(c if p else "\n" for c, p in piece).split("\n")]
    return f"%{escape_like(_inner(max(plain, key=len, default='')[:PATTERN_MAX]))}%"


def _pieces_of(text: str) -> list[list[tuple[str, bool]]]:
    """The pieces between `%`, each a list of characters and whether they stand for themselves (else: any one character)."""
    pieces: list[list[tuple[str, bool]]] = [[]]
    for part in re.findall(r"\\.|.", text, re.DOTALL):
        if part == "%":
            pieces.append([])
        else:
            pieces[-1].append((part[-1], part != "_"))
    return pieces
