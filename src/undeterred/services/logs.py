"""Task logs: what is written of them and by whom, when they end, when they go."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET

from undeterred.errors import InvalidArgument, NotFound
from undeterred.services import allocations, log_policies
from undeterred.services.identity import Caller
from undeterred.services.log_lines import Wanted
from undeterred.store import allocations as allocation_rows
from undeterred.store import lives, logs, tasks
from undeterred.store.db import Tx
from undeterred.store.logs import Chunk, Kind
from undeterred.wire.base import SHIPPED_INSTANT, instant_us
from undeterred.wire.logs import LogLevel, TaskLog, TaskLogsFieldsResponse, TaskLogsRequest, TrialLogsFieldsResponse, TrialLogsRequest
from undeterred.wire.supervision import CapturedLine

GRACE_US = 5_000_000
EXPIRE_MAX = 100


class Lines(msgspec.Struct, frozen=True):
    """Lines of one task, ready to be stored. texts: as they came; agents: by line, "" where it names none; policies look at both."""

    task_id: str
    chunks: list[Chunk]
    texts: list[str]
    agents: list[str]


class OldLine(msgspec.Struct):
    """A line as agents and unmanaged runs ship it to /task-logs; other keys are dropped."""

    task_id: str | None = None
    allocation_id: str | None = None
    agent_id: str | None = None
    container_id: str | None = None
    rank_id: int | None = None
    timestamp: str | None = None
    level: str | None = None
    stdtype: str | None = None
    source: str | None = None
    log: str | None = None


class _Checked(OldLine):
    timestamp: Annotated[str, msgspec.Meta(pattern=SHIPPED_INSTANT)] | None = None


def of_request(lines: Sequence[TaskLog]) -> Lines:
    """The lines of a post. InvalidArgument for none, for ids of their own, for more than one task."""
    if not lines:
        raise InvalidArgument("len logs must be greater than 0")
    task_id = lines[0].task_id
    for line in lines:
        if line.id is not UNSET:
            raise InvalidArgument(f"ID must be nil on logs got {line.id} instead")
        if line.task_id != task_id:
            raise InvalidArgument(f"can only post logs of a single taskID per task log request got '{task_id}' and '{line.task_id}'")
    given = [(n.allocation_id, n.agent_id, n.container_id, n.rank_id, n.level, n.stdtype, n.source) for n in lines]
    known: dict[Any, Kind] = {kind: _kind(kind) for kind in set(given)}
    try:
        times = [t if len(t := n.timestamp or "") == 27 and t[19] == "." and t[26] == "Z" else logs.fixed(t) for n in lines]
        return _lines(task_id, [known[kind] for kind in given], times, [n.log for n in lines])
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(f"a line's timestamp: {error}") from None


def of_old(body: bytes) -> list[Lines]:
    """The lines of a post to /task-logs, by task; those without a task are dropped, null is no lines. InvalidArgument if it is no list of lines."""
    if body.strip() == b"null":
        return []
    try:
        by_task: dict[str, list[OldLine]] = {}
        for line in _old_decoded(body):
            if line.task_id:
                by_task.setdefault(line.task_id, []).append(line)
        return [_old_lines(task_id, mine) for task_id, mine in by_task.items()]
    except (ValueError, OverflowError, RecursionError) as error:
        raise InvalidArgument(f"the body must be a JSON list of log lines: {error}") from error


def append(tx: Tx, lines: Lines, _who: Caller | None = None) -> None:
    """Store the lines of a task. NotFound for an unknown one."""
    if not lines.task_id:
        raise NotFound("task not found")
    task = tasks.logged(tx, lines.task_id)
    if task is None:
        raise NotFound(f"task '{lines.task_id}' not found")
    _store(tx, task, lines)


def append_known(tx: Tx, batches: Iterable[Lines], signed: bool) -> None:
    """Store what belongs to tasks that there are; the rest could never be read. Without a token (not `signed`) only what runs elsewhere is
    written for: a line of a task here may end its retries or keep it from a node, so a stranger's is dropped."""
    for lines in batches:
        task = tasks.logged(tx, lines.task_id)
        if task is not None and (signed or tasks.is_run_elsewhere(tx, task)):
            _store(tx, task, lines)


def append_captured(tx: Tx, key_hash: str, allocation_id: str, container_id: str, first: int, lines: list[CapturedLine]) -> int:
    """A supervisor's lines, numbered from `first`: those not seen before are stored with the number of the next, which is returned.
    A gap changes nothing: the supervisor goes on at the number it is told."""
    row = allocations.supervised(tx, key_hash, allocation_id, container_id)
    seen = row.log_next
    fresh = lines[seen - first :] if first <= seen else []
    if not fresh:
        return seen
    kinds: list[Kind] = []
    for n in fresh:
        rank = None if n.rank_id is UNSET else n.rank_id
        level, source = None if n.level is UNSET else plain_level(n.level), "task" if n.source is UNSET else n.source
        kinds.append((row.id, row.node_id, container_id, rank, level, n.stdtype or None, source))
    after = allocation_rows.note_lines(tx, row.id, seen, len(fresh))
    task = tasks.logged(tx, row.task_id)
    if task is not None:
        _store(tx, task, _lines(row.task_id, kinds, [logs.fixed(n.timestamp) for n in fresh], [n.log for n in fresh]))
    return after


def wanted(request: TaskLogsRequest | TrialLogsRequest) -> Wanted:
    """What a request asks to see."""
    return Wanted(
        allocations=tuple(request.allocation_ids) if isinstance(request, TaskLogsRequest) else (),
        agents=tuple(request.agent_ids),
        containers=tuple(request.container_ids),
        ranks=tuple(request.rank_ids),
        levels=tuple(plain_level(level) for level in request.levels),
        stdtypes=tuple(request.stdtypes),
        sources=tuple(request.sources),
        before=None if request.timestamp_before is None else instant_us(request.timestamp_before),
        after=None if request.timestamp_after is None else instant_us(request.timestamp_after),
        text=request.search_text,
    )


def check_task(tx: Tx, task_id: str) -> None:
    """NotFound for an unknown task."""
    if logs.ends(tx, task_id) is None:
        raise NotFound(f"task '{task_id}' not found")


def tasks_of_trial(tx: Tx, trial_id: int) -> list[str]:
    """A trial's tasks, the oldest first. NotFound for an unknown trial."""
    found = tasks.of_trial(tx, trial_id)
    if not found and lives.trial(tx, trial_id) is None:
        raise NotFound(f"trial '{trial_id}' not found")
    return found


def silent_at(tx: Tx, task_id: str) -> int | None:
    """When nothing more is to be expected of a task (µs); None while it may go on. A task that is gone is silent.

    A supervisor reports its task's end after the last line, so that end is the end; an unmanaged trial's lines may still be on their way.
    """
    ends = logs.ends(tx, task_id)
    if ends is None:
        return 0
    if ends.ended_at is not None:
        return ends.ended_at
    return None if ends.trial_ended_at is None else ends.trial_ended_at + GRACE_US


def task_fields(tx: Tx, task_id: str) -> TaskLogsFieldsResponse:
    """What a task's lines can be filtered by."""
    check_task(tx, task_id)
    allocation, agent, container, rank, _level, stdtype, source = _columns(logs.kinds(tx, [task_id]))
    return TaskLogsFieldsResponse(
        allocation_ids=allocation, agent_ids=agent, container_ids=container, rank_ids=rank, stdtypes=stdtype, sources=source
    )


def trial_fields(tx: Tx, trial_id: int) -> TrialLogsFieldsResponse:
    """What a trial's lines can be filtered by."""
    _allocation, agent, container, rank, _level, stdtype, source = _columns(logs.kinds(tx, tasks_of_trial(tx, trial_id)))
    return TrialLogsFieldsResponse(agent_ids=agent, container_ids=container, rank_ids=rank, stdtypes=stdtype, sources=source)


def expire(tx: Tx, default_days: int | None) -> tuple[int, bool]:
    """Remove what was kept long enough: how many lines, and whether there is more to remove. default_days: None keeps for ever."""
    ids = logs.expired(tx, default_days, EXPIRE_MAX)
    return sum(logs.remove(tx, task_id) for task_id in ids), len(ids) == EXPIRE_MAX


def plain_level(level: str) -> str:
    """A level without its prefix: INFO."""
    return str(level).removeprefix("LOG_LEVEL_")


def _store(tx: Tx, task: tasks.LoggedRow, lines: Lines) -> None:
    logs.append(tx, task.id, lines.chunks)
    if task.logs_removed:
        tasks.has_logs(tx, task.id)
    if task.job_id is not None and task.experiment_id is not None:
        log_policies.look(tx, task, lines.texts, lines.agents)


def _lines(task_id: str, kinds: list[Kind], times: list[str], texts: list[str]) -> Lines:
    return Lines(task_id, logs.pack(kinds, times, texts), texts, [kind[1] or "" for kind in kinds])


def _old_decoded(body: bytes) -> Sequence[OldLine]:
    """The lines; a time that the pattern does not know (a 29th of February) is read in full."""
    try:
        return _checked.decode(body)
    except msgspec.ValidationError:
        lines = _old.decode(body)
    for line in lines:
        if line.timestamp:
            line.timestamp = logs.fixed_of(instant_us(line.timestamp))
    return lines


def _old_lines(task_id: str, lines: list[OldLine]) -> Lines:
    kinds: list[Kind] = [
        (n.allocation_id, n.agent_id, n.container_id, n.rank_id, plain_level(n.level) if n.level else None, n.stdtype, n.source)
        for n in lines
    ]
    return _lines(task_id, kinds, [logs.fixed(n.timestamp) for n in lines], [n.log or "" for n in lines])


def _kind(given: tuple[Any, ...]) -> Kind:
    kind = [None if value is UNSET else value for value in given]
    kind[4] = plain_level(kind[4]) if isinstance(kind[4], LogLevel) else kind[4]
    return tuple(kind)  # type: ignore[return-value]  # seven values, in a kind's order


def _columns(kinds: list[Kind]) -> list[list[Any]]:
    """The distinct values of each part of the kinds, sorted, without those that are absent."""
    return [sorted({kind[i] for kind in kinds} - {None}) for i in range(7)]


_old = msgspec.json.Decoder(list[OldLine], strict=False)
_checked = msgspec.json.Decoder(list[_Checked], strict=False)
