"""Experiments: legal moves, verbs and their exact errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undeterred.domain.lifecycle import experiments
from undeterred.domain.lifecycle.experiments import Experiment, Verb, decide, may
from undeterred.errors import FailedPrecondition, NotFound, WireError
from undeterred.terms import ExperimentState as S
from undeterred.terms import is_stopping, is_terminal

STORED = [s for s in S if s not in (S.QUEUED, S.PULLING, S.STARTING, S.RUNNING)]
TERMINAL = [S.COMPLETED, S.CANCELED, S.ERROR]


def test_the_table_of_moves() -> None:
    moves = {(a, b) for a in S for b in S if may(a, b)}
    stopping = {S.STOPPING_COMPLETED, S.STOPPING_CANCELED, S.STOPPING_KILLED, S.STOPPING_ERROR}
    expected = {(a, b) for a in (S.ACTIVE, S.PAUSED) for b in stopping | {S.ERROR}}
    expected |= {(S.ACTIVE, S.PAUSED), (S.PAUSED, S.ACTIVE)}
    expected |= {(S.STOPPING_CANCELED, b) for b in (S.CANCELED, S.STOPPING_KILLED, S.STOPPING_ERROR, S.ERROR)}
    expected |= {(S.STOPPING_KILLED, b) for b in (S.CANCELED, S.STOPPING_ERROR, S.ERROR)}
    expected |= {(S.STOPPING_COMPLETED, b) for b in (S.COMPLETED, S.STOPPING_ERROR, S.ERROR)}
    expected |= {(S.STOPPING_ERROR, b) for b in (S.ACTIVE, S.ERROR)}
    expected |= {(a, b) for a in TERMINAL for b in (S.DELETING, S.ACTIVE)}
    expected |= {(S.DELETING, S.DELETED), (S.DELETING, S.DELETE_FAILED), (S.DELETE_FAILED, S.DELETING)}
    assert moves == expected


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [
        (Verb.ACTIVATE, S.PAUSED, S.ACTIVE),
        (Verb.ACTIVATE, S.ACTIVE, S.ACTIVE),
        (Verb.PAUSE, S.ACTIVE, S.PAUSED),
        (Verb.PAUSE, S.PAUSED, S.PAUSED),
        (Verb.CANCEL, S.ACTIVE, S.STOPPING_CANCELED),
        (Verb.CANCEL, S.PAUSED, S.STOPPING_CANCELED),
        (Verb.CANCEL, S.STOPPING_KILLED, S.STOPPING_KILLED),
        (Verb.CANCEL, S.COMPLETED, S.COMPLETED),
        (Verb.KILL, S.ACTIVE, S.STOPPING_KILLED),
        (Verb.KILL, S.STOPPING_CANCELED, S.STOPPING_KILLED),
        (Verb.KILL, S.ERROR, S.ERROR),
        (Verb.DELETE, S.CANCELED, S.DELETING),
        (Verb.DELETE, S.DELETE_FAILED, S.DELETING),
    ],
)
def test_verbs(verb: Verb, before: S, after: S) -> None:
    assert decide(Experiment(7, before), verb) == Experiment(7, after)


@pytest.mark.parametrize(
    ("now", "verb", "error", "text"),
    [
        (Experiment(7, S.COMPLETED), Verb.ACTIVATE, NotFound, "experiment '7' not found"),
        (Experiment(7, S.PAUSED, unmanaged=True), Verb.ACTIVATE, NotFound, "experiment '7' not found"),
        (Experiment(7, S.STOPPING_CANCELED), Verb.ACTIVATE, FailedPrecondition, "experiment in incompatible state STOPPING_CANCELED"),
        (Experiment(7, S.ERROR), Verb.PAUSE, FailedPrecondition, "experiment in terminal state"),
        (Experiment(7, S.PAUSED, unmanaged=True), Verb.PAUSE, FailedPrecondition, "experiment in terminal state"),
        (Experiment(7, S.ACTIVE), Verb.ARCHIVE, FailedPrecondition, "Experiment is not in terminal state."),
        (Experiment(7, S.ERROR, archived=True), Verb.ARCHIVE, FailedPrecondition, "Experiment is already archived."),
        (Experiment(7, S.ERROR), Verb.UNARCHIVE, FailedPrecondition, "Experiment is not archived."),
        (Experiment(7, S.ACTIVE), Verb.DELETE, FailedPrecondition, "cannot delete experiment in STATE_ACTIVE state"),
        (Experiment(7, S.DELETING), Verb.DELETE, FailedPrecondition, "cannot delete experiment in STATE_DELETING state"),
        *((Experiment(7, S.ERROR, archived=True), v, NotFound, "experiment '7' not found") for v in list(Verb)[:4]),
    ],
)
def test_refused(now: Experiment, verb: Verb, error: type[WireError], text: str) -> None:
    with pytest.raises(error) as raised:
        decide(now, verb)
    assert raised.value.text == text


def test_activating_many_names_the_end() -> None:
    with pytest.raises(FailedPrecondition, match="experiment in terminal state"):
        decide(Experiment(7, S.COMPLETED), Verb.ACTIVATE, bulk=True)


def test_archive_and_back() -> None:
    away = decide(Experiment(7, S.COMPLETED), Verb.ARCHIVE)
    assert away.archived
    assert decide(away, Verb.UNARCHIVE) == Experiment(7, S.COMPLETED)


@given(st.sampled_from(STORED), st.booleans(), st.booleans(), st.sampled_from(Verb))
def test_a_verb_makes_a_legal_move_or_none(state: S, archived: bool, unmanaged: bool, verb: Verb) -> None:
    now = Experiment(1, state, archived, unmanaged)
    try:
        after = decide(now, verb)
    except WireError:
        return
    assert after.state is state or may(state, after.state)
    assert (after is now) == (after == now)


def test_how_experiments_end() -> None:
    assert experiments.after_shutdown(S.ACTIVE) is S.STOPPING_COMPLETED
    assert experiments.after_shutdown(S.PAUSED, cancel=True) is S.STOPPING_CANCELED
    assert experiments.after_shutdown(S.ACTIVE, failure=True) is S.STOPPING_ERROR
    assert experiments.after_shutdown(S.STOPPING_KILLED) is S.STOPPING_KILLED
    assert experiments.after_error(S.ACTIVE) is S.STOPPING_ERROR
    assert experiments.after_error(S.COMPLETED) is S.COMPLETED
    assert experiments.settled(S.STOPPING_KILLED) is S.CANCELED
    for state in STORED:
        end = experiments.settled(state)
        assert is_terminal(end) if is_stopping(state) else end is state
        assert end is state or may(state, end)
