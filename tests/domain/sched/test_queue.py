"""The queue as people see it."""

from undeterred.domain.sched.queue import Job, Stats, ordered, stats
from undeterred.terms import JobState


def test_a_running_job_does_not_come_first() -> None:
    """Trace h: B p10 queued, A p50 running, D p50 queued, C p60 queued."""
    jobs = [
        Job("A", 50, 1, requested=1, held=1, running=1),
        Job("B", 10, 2, requested=1),
        Job("C", 60, 3, requested=1),
        Job("D", 50, 4, requested=1),
    ]
    line = ordered(jobs)
    assert [(q.job.id, q.jobs_ahead, q.job.state) for q in line] == [
        ("B", 0, JobState.QUEUED),
        ("A", 1, JobState.SCHEDULED),
        ("D", 2, JobState.QUEUED),
        ("C", 3, JobState.QUEUED),
    ]
    assert stats(jobs) == Stats(queued=3, scheduled=1)
    assert Job("E", 1, 1, running=2, backfilled=True).state is JobState.SCHEDULED_BACKFILLED
