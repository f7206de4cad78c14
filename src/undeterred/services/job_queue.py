"""The job queue: its order, its counts, and the moves within it."""

import json
import math
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from undeterred.config import master as master_config
from undeterred.config.master import MasterConfig
from undeterred.domain.sched import queue
from undeterred.domain.sched.queue import Queued, Stats
from undeterred.errors import InvalidArgument, NotFound, WireError
from undeterred.services import experiment_actions, paging
from undeterred.services import lives as moves
from undeterred.services.identity import Caller
from undeterred.store import allocations, experiments, jobs
from undeterred.store.db import Tx
from undeterred.store.jobs import HoldRow, JobRow, QueuedRow
from undeterred.terms import Signal
from undeterred.wire.base import instant, number, single
from undeterred.wire.common import OrderBy, Pagination
from undeterred.wire.jobs import GetJobsRequest, GetJobsV2Request, Job, JobState, JobSummary, JobType, QueueControl

PAGE = 100
MOVED = "resource pool changed"


def get(tx: Tx, config: MasterConfig, request: GetJobsRequest | GetJobsV2Request) -> tuple[list[Job], Pagination]:
    """The jobs of a page, by how many are ahead of them in their pool, then by id."""
    if request.resource_pool and master_config.pool(config, request.resource_pool) is None:
        raise NotFound(f"cannot find resource pool {request.resource_pool}")
    found = [_shown(row, place, config) for row, place in _line(tx, request.resource_pool)]
    if request.states:
        found = [job for job in found if job.summary is not None and job.summary.state in request.states]
    found.sort(
        key=lambda job: (job.summary.jobs_ahead if job.summary else 0, job.job_id), reverse=request.order_by is OrderBy.ORDER_BY_DESC
    )
    window = paging.sliced(request.offset, request.limit or PAGE, len(found))
    return found[window.start_index : window.end_index], window


def stats(tx: Tx) -> dict[str, Stats]:
    """How many jobs wait and run, by pool; pools without any are not in it."""
    by_pool: dict[str, list[queue.Job]] = defaultdict(list)
    for row, place in _line(tx, ""):
        by_pool[row.pool].append(place.job)
    return {pool: queue.stats(mine) for pool, mine in by_pool.items()}


def update(tx: Tx, config: MasterConfig, updates: list[QueueControl], _who: Caller) -> list[WireError]:
    """Do what is asked of each job; what is wrong with the others. A failed one leaves nothing of itself."""
    problems: list[WireError] = []
    for wanted in updates:
        try:
            _checked(tx, config, wanted)()
        except WireError as error:
            problems.append(error)
    if updates:
        tx.ring("schedule")
    return problems


def together(problems: list[WireError]) -> WireError:
    """One error for all: not found if nothing worse happened."""
    text = ", ".join(problem.text for problem in problems)
    text = f"encountered the following errors: {text}" if len(problems) > 1 else text
    return NotFound(text) if all(isinstance(problem, NotFound) for problem in problems) else InvalidArgument(text)


def _line(tx: Tx, pool: str) -> list[tuple[QueuedRow, Queued]]:
    """The queued jobs with their places, pool by pool."""
    holds: dict[str, list[HoldRow]] = defaultdict(list)
    for hold in jobs.holds(tx):
        holds[hold.job_id].append(hold)
    rows = {row.id: row for row in jobs.queued(tx, pool)}
    by_pool: dict[str, list[queue.Job]] = defaultdict(list)
    for row in rows.values():
        by_pool[row.pool].append(_job(row, holds[row.id]))
    return [(rows[place.job.id], place) for mine in by_pool.values() for place in queue.ordered(mine)]


def _job(row: QueuedRow, mine: list[HoldRow]) -> queue.Job:
    placed = [hold for hold in mine if hold.state != "PENDING"]
    return queue.Job(
        id=row.id,
        priority=row.priority,
        position=row.position,
        requested=sum(hold.slots_wanted for hold in mine),
        held=sum(len(json.loads(hold.slot_ids)) for hold in placed),
        running=len(placed),
    )


def _shown(row: QueuedRow, place: Queued, config: MasterConfig) -> Job:
    experiment = row.type == "EXPERIMENT"
    spec: dict[str, Any] = json.loads(row.spec) if row.spec else {}
    return Job(
        summary=JobSummary(state=JobState[f"STATE_{place.job.state.value}"], jobs_ahead=place.jobs_ahead),
        type=JobType[f"TYPE_{row.type}"],
        submission_time=instant(row.submitted_at),
        username=row.username,
        user_id=row.owner_id,
        resource_pool=row.pool,
        is_preemptible=experiment and master_config.scheduler(config, row.pool).preemption,
        priority=row.priority,
        weight=row.weight,
        entity_id=str(row.experiment_id or "") if experiment else row.task_id or "",
        job_id=row.id,
        requested_slots=place.job.requested,
        allocated_slots=place.job.held,
        name=(row.name or "") if experiment else str(spec.get("description") or ""),
        progress=single(row.progress or 0),
        workspace_id=row.workspace_id or int(spec.get("workspace_id") or 1),
    )


def _checked(tx: Tx, config: MasterConfig, wanted: QueueControl) -> Callable[[], None]:
    """The change that is asked for, once nothing is wrong with it."""
    job = jobs.get(tx, wanted.job_id)
    if job is None:
        raise NotFound(f"job {wanted.job_id} not found")
    if wanted.priority is not UNSET:
        priority = wanted.priority
        if not 1 <= priority <= 99:
            raise InvalidArgument("priority must be between 1 and 99")
        return lambda: _change_priority(tx, job, priority)
    if wanted.weight is not UNSET:
        weight = number(wanted.weight)
        if not math.isfinite(weight) or weight < 0:
            raise InvalidArgument(f"weight must be a finite number of 0 or more, not {wanted.weight}")
        return lambda: _change_weight(tx, job, weight)
    if wanted.resource_pool is not UNSET:
        pool = _pool(config, job, wanted.resource_pool)
        return lambda: _change_pool(tx, job, pool)
    other = next((value for value in (wanted.ahead_of, wanted.behind_of) if value is not UNSET), None)
    raise InvalidArgument(f"unexpected action: {'<nil>' if other is None else f'&{{{other}}}'}: give a priority, a weight or a pool")


def _pool(config: MasterConfig, job: JobRow, wanted: str) -> str:
    if job.type != "EXPERIMENT":
        raise InvalidArgument(f"setting resource pool for job type {job.type} is not supported")
    pool = wanted or config.resource_manager.default_compute_resource_pool
    if master_config.pool(config, pool) is None:
        raise InvalidArgument(f"invalid resource pool name {pool}")
    if pool == job.pool:
        raise InvalidArgument(f"resource pool is unchanged ({pool} == {job.pool})")
    return pool


def _change_priority(tx: Tx, job: JobRow, priority: int) -> None:
    jobs.reorder(tx, job.id, priority)
    _configure(tx, job, "priority", priority)


def _change_weight(tx: Tx, job: JobRow, weight: float) -> None:
    jobs.change(tx, job.id, weight=weight)
    _configure(tx, job, "weight", weight)


def _change_pool(tx: Tx, job: JobRow, pool: str) -> None:
    """What runs is asked to leave and will be placed in the new pool."""
    jobs.change_pool(tx, job.id, pool)
    experiment_id = _configure(tx, job, "resource_pool", pool)
    if experiment_id is not None:
        experiments.update(tx, experiment_id, {"resource_pool": pool})
    for row in allocations.live(tx):
        if row.job_id == job.id and row.state != "PENDING":
            signal = Signal.TERMINATE if row.is_ready else Signal.KILL
            moves.stop(tx, row.id, row.task_id, signal, MOVED)


def _configure(tx: Tx, job: JobRow, word: str, value: Any) -> int | None:
    """Tell an experiment's configuration too; the experiment's id."""
    experiment_id = jobs.experiment_of(tx, job.id) if job.type == "EXPERIMENT" else None
    before = None if experiment_id is None else experiments.config_of(tx, experiment_id)
    if before is None:
        return None
    config = json.loads(before.config)
    config["resources"] = (config.get("resources") or {}) | {word: value}
    experiments.update(tx, before.id, experiment_actions.config_columns(config))
    return experiment_id
