"""Task logs: a row holds the lines of one report, in order; ids grow, so a reader goes on where it was."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from undeterred.store.db import Tx
from undeterred.wire.base import instant, instant_us

CHUNK_MAX = 1000
NO_TIME = "1970-01-01T00:00:00.000000Z"
Kind = tuple[str | None, str | None, str | None, int | None, str | None, str | None, str | None]
"""What lines share: allocation, agent, container, rank, level (such as INFO), stdtype, source."""


class Chunk(msgspec.Struct, frozen=True):
    """At most CHUNK_MAX lines to be stored. `kinds`: JSON texts of distinct kinds; the rest as in the table."""

    lines: int
    first_at: int
    last_at: int
    kinds: tuple[str, ...]
    shape: str | None
    times: str
    logs: str


class ChunkRow(msgspec.Struct, frozen=True):
    """Stored lines: what is shown of them is made by services/log_lines.py."""

    id: int
    lines: int
    kinds: str
    shape: str | None
    times: str
    logs: str


class Ends(msgspec.Struct, frozen=True):
    """What tells whether a task's log may still grow: the end of the task, and of an unmanaged trial (its task has none). µs."""

    ended_at: int | None
    trial_ended_at: int | None


def append(tx: Tx, task_id: str, chunks: Iterable[Chunk]) -> None:
    """Store lines after all that were stored before."""
    for chunk in chunks:
        tx.run(
            "INSERT INTO task_logs (task_id, lines, first_at, last_at, kinds, shape, times, logs)"
            " VALUES (:task, :lines, :first, :last, :kinds, :shape, :times, :logs)",
            task=task_id,
            lines=chunk.lines,
            first=chunk.first_at,
            last=chunk.last_at,
            kinds=f"[{','.join(chunk.kinds)}]",
            shape=chunk.shape,
            times=chunk.times,
            logs=chunk.logs,
        )
        sql = "INSERT INTO log_kinds (task_id, kind) VALUES (:task, :kind) ON CONFLICT DO NOTHING"
        for kind in chunk.kinds:
            tx.run(sql, task=task_id, kind=kind)
    tx.ring(f"logs:{task_id}")


def append_master(tx: Tx, task_id: str, allocation_id: str, lines: Iterable[tuple[str, str]]) -> None:
    """Lines of the master itself about a task; lines: (level such as INFO, text)."""
    texts = list(lines)
    kinds: list[Kind] = [(None, None, None, None, level, "stdout", "master") for level, _text in texts]
    append(tx, task_id, pack(kinds, [fixed_of(tx.now)] * len(texts), [text + "\n" for _level, text in texts]))


def page(tx: Tx, task_id: str, after: int, down: bool, rows: int, where: str = "", **params: Any) -> list[ChunkRow]:
    """The next rows of a task beyond the id `after` (0: from the start), upward or downward. where: further conditions, written by us."""
    beyond = "" if not after else " AND id < :after" if down else " AND id > :after"
    return tx.all(
        ChunkRow,
        f"SELECT id, lines, kinds, shape, times, logs FROM task_logs WHERE task_id = :task{beyond}{where}"
        f" ORDER BY id{' DESC' if down else ''} LIMIT :rows",
        task=task_id,
        rows=rows,
        **({"after": after} if after else {}),
        **params,
    )


def kinds(tx: Tx, task_ids: Sequence[str]) -> list[Kind]:
    """Every kind of line that these tasks have had."""
    sql = f"SELECT DISTINCT kind FROM log_kinds WHERE {tx.dialect.member('task_id', 'tasks', 'text')} ORDER BY kind"
    return [kind_of(text) for text in tx.column(sql, tasks=tx.dialect.bag(task_ids))]


def ends(tx: Tx, task_id: str) -> Ends | None:
    """When the task ended, None for an unknown one."""
    return tx.one(
        Ends,
        "SELECT k.ended_at, CASE WHEN e.unmanaged = 1 THEN t.ended_at END FROM tasks k LEFT JOIN trials t ON t.id = k.trial_id"
        " LEFT JOIN experiments e ON e.id = k.experiment_id WHERE k.id = :id",
        id=task_id,
    )


def expired(tx: Tx, default_days: int | None, limit: int) -> list[str]:
    """Ended tasks whose lines have been kept long enough and are still there, the oldest first. default_days: None keeps for ever."""
    days = (
        "COALESCE(t.log_retention_days, k.log_retention_days, :days)"
        if default_days is not None
        else ("COALESCE(t.log_retention_days, k.log_retention_days)")
    )
    return [
        str(i)
        for i in tx.column(
            f"SELECT k.id FROM tasks k LEFT JOIN trials t ON t.id = k.trial_id WHERE k.logs_removed = 0 AND k.ended_at <= :now"
            f" AND {days} >= 0 AND k.ended_at + {days} * 86400000000 <= :now ORDER BY k.ended_at LIMIT :limit",
            now=tx.now,
            limit=limit,
            **({} if default_days is None else {"days": default_days}),
        )
    ]


def remove(tx: Tx, task_id: str) -> int:
    """Forget a task's lines; how many there were."""
    count = int(tx.value("SELECT COALESCE(SUM(lines), 0) FROM task_logs WHERE task_id = :task", task=task_id))
    tx.run("DELETE FROM task_logs WHERE task_id = :task", task=task_id)
    tx.run("DELETE FROM log_kinds WHERE task_id = :task", task=task_id)
    tx.run("UPDATE tasks SET logs_removed = 1 WHERE id = :task", task=task_id)
    return count


def pack(kinds: Sequence[Kind], times: Sequence[str], logs: Sequence[str]) -> list[Chunk]:
    """Lines as they are stored; the three lists are of one length. times: with six digits of the second, in UTC (`fixed`)."""
    return [_chunk(kinds[i : i + CHUNK_MAX], times[i : i + CHUNK_MAX], logs[i : i + CHUNK_MAX]) for i in range(0, len(logs), CHUNK_MAX)]


def fixed(text: str | None) -> str:
    """An RFC 3339 time as it is stored: in UTC, cut to or filled up to six digits of the second. Raises ValueError."""
    if not text:
        return NO_TIME
    if text[26:] == "+00:00" and text[19] == ".":
        return text[:26] + "Z"
    if text[-1] == "Z" and text[19:20] in (".", "Z"):
        return f"{text[:19]}.{text[20:-1][:6]:0<6}Z"
    return fixed_of(instant_us(text))


def fixed_of(us: int) -> str:
    """Microseconds since the epoch as a stored time."""
    return _second(us // 1_000_000) + f".{us % 1_000_000:06d}Z"


@lru_cache(maxsize=8192)
def kind_of(text: str) -> Kind:
    """A kind from its JSON."""
    found: Kind = tuple(json.loads(text))
    return found


def _chunk(kinds: Sequence[Kind], times: Sequence[str], logs: Sequence[str]) -> Chunk:
    if kinds.count(kinds[0]) == len(kinds):
        distinct: tuple[str, ...] = (_kind_text(kinds[0]),)
        shape = None
    else:
        number = {kind: index for index, kind in enumerate(dict.fromkeys(kinds))}
        distinct = tuple(_kind_text(kind) for kind in number)
        shape = _json([number[kind] for kind in kinds]).decode()
    return Chunk(
        lines=len(logs),
        first_at=instant_us(min(times)),
        last_at=instant_us(max(times)),
        kinds=distinct,
        shape=shape,
        times="\n".join(times),
        logs=_lines(logs)[1:-2].decode(),
    )


@lru_cache(maxsize=8192)
def _kind_text(kind: Kind) -> str:
    return _json(kind).decode()


@lru_cache(maxsize=4096)
def _second(s: int) -> str:
    return instant(s * 1_000_000)[:19]


_encoder = msgspec.json.Encoder()
_json = _encoder.encode
_lines = _encoder.encode_lines
