"""A 503 says when to ask again: soon at first, later as the trouble lasts, so that a client's twenty tries bridge minutes."""

from undeterred.api.patience import OVER_S, Patience
from undeterred.errors import NotFound, Unavailable

AWAY = Unavailable("the database is away")


def test_a_task_that_asks_twenty_times_bridges_minutes() -> None:
    now = [100.0]
    patience, waits = Patience(lambda: now[0]), []
    for _ in range(20):
        ((name, value),) = patience.headers(AWAY, reads=False)
        assert name == b"retry-after"
        waits.append(int(value))
        now[0] += waits[-1]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (1, 30)
    assert sum(waits) > 300
    now[0] += OVER_S
    assert patience.headers(AWAY, reads=False) == [(b"retry-after", b"1")]


def test_a_person_who_reads_waits_as_before_and_other_errors_say_nothing() -> None:
    patience = Patience(lambda: 0.0)
    assert patience.headers(AWAY, reads=True) == [(b"retry-after", b"3")]
    assert patience.headers(NotFound("no such thing"), reads=False) == []
