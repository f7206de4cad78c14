"""The queue of a pool as people see it: jobs in order, and how many stand ahead of each."""

from collections.abc import Iterable

import msgspec

from undeterred.terms import JobState


class Job(msgspec.Struct, frozen=True):
    """A job with at least one allocation that waits or runs. position: µs of its submission, unless moved; requested, held: slots of all
    its allocations, wanted and given; running: how many of its allocations have a place; backfilled: one of them is."""

    id: str
    priority: int
    position: int
    requested: int = 0
    held: int = 0
    running: int = 0
    backfilled: bool = False

    @property
    def state(self) -> JobState:
        """Scheduled as soon as one of its allocations has a place."""
        if self.running == 0:
            return JobState.QUEUED
        return JobState.SCHEDULED_BACKFILLED if self.backfilled else JobState.SCHEDULED


class Queued(msgspec.Struct, frozen=True):
    """A job and the number of jobs ahead of it."""

    job: Job
    jobs_ahead: int


class Stats(msgspec.Struct, frozen=True):
    """How many jobs of a pool wait and how many run."""

    queued: int
    scheduled: int


def ordered(jobs: Iterable[Job]) -> list[Queued]:
    """By priority, then submission, then id; a running job does not come first."""
    line = sorted(jobs, key=lambda job: (job.priority, job.position, job.id))
    return [Queued(job, index) for index, job in enumerate(line)]


def stats(jobs: Iterable[Job]) -> Stats:
    """Counts over all jobs of a pool."""
    waiting = [job.state is JobState.QUEUED for job in jobs]
    return Stats(queued=sum(waiting), scheduled=len(waiting) - sum(waiting))
