"""Trials: what comes after an allocation, how they follow their experiment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undeterred.domain.lifecycle import trials
from undeterred.domain.lifecycle.trials import Exit, Next, Trial, after_exit, following, may
from undeterred.terms import EarlyExit, ExitKind, ExperimentState, Signal, is_stopping, is_terminal
from undeterred.terms import TrialState as S

DONE = Exit(ExitKind.SUCCEEDED, 0)
ACKED = Exit(ExitKind.SUCCEEDED, 0, acked=True)
CRASH = Exit(ExitKind.FAILED, 1)
KILLED = Exit(ExitKind.KILLED, 137)
LOST = Exit(ExitKind.LOST)
ABORTED = Exit(ExitKind.ABORTED)
STORED = [s for s in S if s not in (S.QUEUED, S.PULLING, S.STARTING, S.RUNNING)]
UNENDED = [s for s in STORED if not is_terminal(s)]


@pytest.mark.parametrize(
    ("trial", "end", "state", "again"),
    [
        (Trial(S.ACTIVE), DONE, S.COMPLETED, False),
        (Trial(S.PAUSED), DONE, S.COMPLETED, False),
        (Trial(S.ACTIVE), ACKED, S.ACTIVE, True),
        (Trial(S.PAUSED), ACKED, S.PAUSED, False),
        (Trial(S.ACTIVE), KILLED, S.ACTIVE, True),
        (Trial(S.PAUSED), KILLED, S.PAUSED, False),
        (Trial(S.PAUSED), ABORTED, S.PAUSED, False),
        (Trial(S.ACTIVE, early_exit=True), KILLED, S.COMPLETED, False),
        (Trial(S.ACTIVE, early_exit=True), ACKED, S.COMPLETED, False),
        (Trial(S.ACTIVE, max_restarts=0), LOST, S.ACTIVE, True),
        (Trial(S.ACTIVE, max_restarts=0), CRASH, S.ERROR, False),
        (Trial(S.ACTIVE, dont_retry=True), CRASH, S.ERROR, False),
        (Trial(S.ACTIVE, no_node_left=True), CRASH, S.ERROR, False),
        (Trial(S.ACTIVE), CRASH, S.ACTIVE, True),
        (Trial(S.PAUSED), CRASH, S.PAUSED, False),
        (Trial(S.ACTIVE), Exit(ExitKind.UNRECOVERABLE), S.ERROR, False),
        (Trial(S.ACTIVE), Exit(ExitKind.FAILED, 1, text=f"x: {trials.SBATCH_FAILED}: y"), S.ERROR, False),
        (Trial(S.STOPPING_CANCELED), ACKED, S.CANCELED, False),
        (Trial(S.STOPPING_KILLED), KILLED, S.CANCELED, False),
        (Trial(S.STOPPING_KILLED), ABORTED, S.CANCELED, False),
        (Trial(S.STOPPING_CANCELED), CRASH, S.ERROR, False),
        (Trial(S.STOPPING_COMPLETED), DONE, S.COMPLETED, False),
        (Trial(S.STOPPING_COMPLETED), CRASH, S.ERROR, False),
        (Trial(S.STOPPING_ERROR), KILLED, S.ERROR, False),
        (Trial(S.CANCELED), DONE, S.CANCELED, False),
    ],
)
def test_after_exit(trial: Trial, end: Exit, state: S, again: bool) -> None:
    made = after_exit(trial, end)
    assert (made.state, made.again) == (state, again)


def test_max_restarts_n_means_n_plus_one_runs_and_the_shown_number_stops_at_n() -> None:
    trial, seen = Trial(S.ACTIVE, max_restarts=2), [0]
    while (made := after_exit(trial, CRASH)).again:
        trial = Trial(made.state, made.restarts, 2)
        seen.append(made.restarts)
    assert seen == [0, 1, 2]
    assert made == Next(S.ERROR, again=False, restarts=2, told=EarlyExit.ERRORED)


def test_what_the_searcher_hears() -> None:
    assert after_exit(Trial(S.ACTIVE), DONE).told is None
    assert after_exit(Trial(S.STOPPING_KILLED), KILLED).told is EarlyExit.USER_CANCELED
    assert after_exit(Trial(S.ACTIVE, dont_retry=True), CRASH).told is EarlyExit.ERRORED


@given(
    st.builds(Trial, st.sampled_from(UNENDED), st.integers(0, 3), st.integers(0, 3), st.booleans(), st.booleans(), st.booleans()),
    st.builds(Exit, st.sampled_from(ExitKind), st.none() | st.integers(0, 255), st.just(""), st.booleans()),
)
def test_any_exit_leads_to_a_legal_next(trial: Trial, end: Exit) -> None:
    made = after_exit(trial, end)
    assert made.state is trial.state or may(trial.state, made.state)
    assert made.again <= (made.state is S.ACTIVE)
    assert not is_stopping(made.state)
    assert is_terminal(made.state) or made.again or made.state is S.PAUSED
    assert made.restarts <= max(trial.max_restarts, trial.restarts)


@given(st.sampled_from(STORED), st.sampled_from(ExperimentState))
def test_trials_follow_their_experiment_legally(state: S, experiment: ExperimentState) -> None:
    after = following(state, experiment)
    assert after is state or may(state, after)
    assert not is_terminal(after) or is_terminal(state)


def test_following() -> None:
    assert following(S.ACTIVE, ExperimentState.PAUSED) is S.PAUSED
    assert following(S.PAUSED, ExperimentState.ACTIVE) is S.ACTIVE
    assert following(S.STOPPING_COMPLETED, ExperimentState.PAUSED) is S.STOPPING_COMPLETED
    assert following(S.STOPPING_COMPLETED, ExperimentState.STOPPING_KILLED) is S.STOPPING_KILLED
    assert following(S.STOPPING_KILLED, ExperimentState.STOPPING_CANCELED) is S.STOPPING_KILLED
    assert following(S.ERROR, ExperimentState.ACTIVE) is S.ERROR
    assert following(S.ACTIVE, ExperimentState.DELETING) is S.ACTIVE


def test_signals() -> None:
    assert trials.signal(S.ACTIVE, ready=True) is Signal.NONE
    assert trials.signal(S.PAUSED, ready=True) is Signal.TERMINATE
    assert trials.signal(S.PAUSED, ready=False) is Signal.KILL
    assert trials.signal(S.STOPPING_COMPLETED, ready=True) is Signal.TERMINATE
    assert trials.signal(S.STOPPING_KILLED, ready=True) is Signal.KILL
    assert trials.signal(S.COMPLETED, ready=True) is Signal.KILL


def test_single_moves() -> None:
    assert trials.killed(S.PAUSED) is S.STOPPING_KILLED
    assert trials.killed(S.COMPLETED) is S.COMPLETED
    assert trials.stopped(S.PAUSED) is S.STOPPING_COMPLETED
    assert trials.stopped(S.STOPPING_CANCELED) is S.STOPPING_CANCELED
    assert trials.settled(S.STOPPING_CANCELED) is S.CANCELED
    assert trials.settled(S.PAUSED) is S.PAUSED
    assert not may(S.COMPLETED, S.PAUSED)
