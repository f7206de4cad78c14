"""Trials: making unmanaged ones, and what a trial's own process says of itself."""

import math

import msgspec

from undeterred.domain.lifecycle import unmanaged
from undeterred.domain.metrics.values import normal
from undeterred.domain.search.values import TrialProgress
from undeterred.errors import AlreadyExists, InvalidArgument, NotFound
from undeterred.services import lives as moves
from undeterred.services import search, shown_trials
from undeterred.services.identity import Caller
from undeterred.services.missing import no_experiment, no_trial
from undeterred.store import checkpoints, lives, search_events, trials
from undeterred.store.db import Tx
from undeterred.store.trials import ParentRow, RunRow
from undeterred.terms import ExperimentState, TrialState, is_terminal
from undeterred.wire.base import number
from undeterred.wire.trials import (
    CreateTrialRequest,
    PatchTrialRequest,
    PutTrialRequest,
    ReportTrialProgressRequest,
    ReportTrialSearcherEarlyExitRequest,
    StartTrialResponse,
    Trial,
    TrialEarlyExitExitedReason,
)

EARLY_EXITS = {
    TrialEarlyExitExitedReason.EXITED_REASON_INVALID_HP: "INVALID_HP",
    TrialEarlyExitExitedReason.EXITED_REASON_INIT_INVALID_HP: "INIT_INVALID_HP",
}
EARLY_EXIT_GRACE_US = 10_000_000
ONLY_UNMANAGED = "only unmanaged trials are supported"

_json = msgspec.json.Encoder(order="sorted")


def get(tx: Tx, trial_id: int) -> Trial:
    """One trial as it is shown."""
    row = trials.get(tx, trial_id)
    if row is None:
        raise no_trial(trial_id)
    return shown_trials.show(tx, [row])[0]


def get_by_external_id(tx: Tx, experiment: str, trial: str) -> Trial:
    """One trial by the names that its owner gave it and its experiment."""
    experiment_id = trials.experiment_by_external_id(tx, experiment)
    if experiment_id is None:
        raise NotFound(f"experiment '{experiment}' not found")
    trial_id = trials.by_external_id(tx, experiment_id, trial)
    if trial_id is None:
        raise NotFound(f"trial '{trial}' not found")
    return get(tx, trial_id)


def create(tx: Tx, _who: Caller, request: CreateTrialRequest, request_id: str) -> Trial:
    """A new unmanaged trial. request_id: a fresh UUID."""
    experiment = _parent(tx, request)
    return get(tx, trials.insert(tx, experiment, request_id, _hparams(request)))


def put(tx: Tx, _who: Caller, request: PutTrialRequest, request_id: str) -> Trial:
    """The unmanaged trial of this name: made, or given new hyperparameters."""
    wanted = request.create_trial_request
    if wanted is None:
        raise InvalidArgument("createTrialRequest is missing: it names the experiment and the hyperparameters")
    experiment = _parent(tx, wanted)
    trial_id = trials.by_external_id(tx, experiment.id, request.external_trial_id)
    if trial_id is None:
        trial_id = trials.insert(tx, experiment, request_id, _hparams(wanted), external_id=request.external_trial_id)
    else:
        trials.change(tx, trial_id, hparams=_hparams(wanted))
    return get(tx, trial_id)


def patch(tx: Tx, _who: Caller, request: PatchTrialRequest) -> Trial:
    """A heartbeat of an unmanaged trial, with or without a new state."""
    row = _unmanaged(tx, request.trial_id)
    if request.state:
        _move(tx, row, str(request.state).removeprefix("STATE_"))
    else:
        trials.change(tx, row.id, last_activity_at=tx.now)
    answer, now = get(tx, row.id), _run(tx, row.id)
    answer.state = shown_trials.STATES[now.state]  # as it was sent: how far an ACTIVE one has come is for GET to say
    return answer


def start(tx: Tx, _who: Caller, trial_id: int, resume: bool) -> StartTrialResponse:
    """The next run of an unmanaged trial begins; from the second on it is told where to go on."""
    row = _unmanaged(tx, trial_id)
    if row.run_id and not resume:
        raise AlreadyExists(f"trial '{trial_id}' was started before: start it again with resume")
    latest = checkpoints.latest(tx, trial_id) if row.run_id else None
    lives.next_run(tx, trial_id)
    _move(tx, row, TrialState.RUNNING)
    answer = StartTrialResponse(trial_run_id=row.run_id + 1)
    if latest is not None:
        answer.latest_checkpoint, answer.steps_completed = latest.uuid, latest.batches
    return answer


def kill(tx: Tx, _who: Caller, trial_id: int) -> None:
    """Kill one trial of a living experiment."""
    row = _loaded(tx, trial_id)
    trial, experiment = lives.trial(tx, trial_id), lives.experiment(tx, row.experiment_id)
    if trial is None or experiment is None or is_terminal(TrialState(row.state)):
        raise _ended(trial_id)
    moves.kill_trial(tx, trial, experiment)
    search.step(tx, row.experiment_id)  # one that waited has ended with this: the next answers show who takes its place
    tx.ring("trials", f"experiment:{row.experiment_id}")


def early_exit(tx: Tx, _who: Caller, request: ReportTrialSearcherEarlyExitRequest) -> None:
    """The code says that its hyperparameters are no good; it is given ten seconds to leave by itself."""
    row = _loaded(tx, request.trial_id)
    if is_terminal(TrialState(row.state)):
        raise _ended(row.id)
    reason = EARLY_EXITS.get(request.early_exit.reason) if request.early_exit else None
    if reason is None:
        raise InvalidArgument("should not report special exit reason ERRORED to the master")
    trials.change(tx, row.id, early_exit=reason, early_exit_at=tx.now)
    tx.ring("trials", "allocations")


def end_early(tx: Tx) -> int | None:
    """Kill the trials that reported an early exit and did not leave by themselves in time; when the next one is due, µs."""
    due = trials.leaving_early(tx)
    for trial_id, reported_at in due:
        if reported_at + EARLY_EXIT_GRACE_US <= tx.now:
            trial = lives.trial(tx, trial_id)
            experiment = None if trial is None else lives.experiment(tx, trial.experiment_id)
            if trial is not None and experiment is not None:
                moves.kill_trial(tx, trial, experiment)
    later = [reported_at + EARLY_EXIT_GRACE_US for _, reported_at in due if reported_at + EARLY_EXIT_GRACE_US > tx.now]
    return min(later, default=None)


def report_progress(tx: Tx, _who: Caller, request: ReportTrialProgressRequest) -> None:
    """How far a trial says it is; what that means for the experiment is the search's to say."""
    row, progress = _run(tx, request.trial_id), number(request.progress)
    if not math.isfinite(progress) or (row.unmanaged and not 0 <= progress <= 1):
        raise InvalidArgument(f"invalid progress value: {progress:f}. Progress value should be between 0 and 1")
    trials.change(tx, row.id, progress=progress)
    if row.unmanaged:
        trials.set_progress(tx, row.experiment_id, progress)
    elif row.request_id is not None:
        search_events.add(tx, row.experiment_id, TrialProgress(row.request_id, progress))
        search.step(tx, row.experiment_id)


def post_runner_metadata(tx: Tx, _who: Caller, trial_id: int, state: str) -> None:
    """What the trial's process is at, in its own words."""
    if not trials.change(tx, trial_id, runner_state=state):
        raise no_trial(trial_id)


def settle_unmanaged(tx: Tx, experiment_id: int) -> None:
    """The state of an unmanaged experiment after one of its trials changed."""
    state = unmanaged.experiment_state(TrialState(s) for s in trials.states(tx, experiment_id, [s.value for s in TrialState]))
    trials.move_unmanaged(tx, experiment_id, state, is_terminal(state), state is ExperimentState.COMPLETED)


def _move(tx: Tx, row: RunRow, name: str) -> None:
    if name not in TrialState.__members__ or not unmanaged.reportable(TrialState(name)):
        raise InvalidArgument(
            f"a trial cannot be given the state {name or 'UNSPECIFIED'}: send a state that is kept, such as STATE_RUNNING"
        )
    state = TrialState(name)
    ended = {"ended_at": tx.now} if is_terminal(state) else {}
    trials.change(tx, row.id, state=state.value, last_activity_at=tx.now, **ended)
    if state != row.state:
        settle_unmanaged(tx, row.experiment_id)


def _parent(tx: Tx, request: CreateTrialRequest) -> ParentRow:
    if not request.unmanaged:
        raise InvalidArgument(ONLY_UNMANAGED)
    experiment = trials.parent(tx, request.experiment_id)
    if experiment is None:
        raise no_experiment(request.experiment_id)
    if not experiment.unmanaged:
        raise InvalidArgument("trials can only be created on unmanaged experiments")
    return experiment


def _hparams(request: CreateTrialRequest) -> str:
    return _json.encode(normal(request.hparams or {})).decode()


def _run(tx: Tx, trial_id: int) -> RunRow:
    row = trials.run(tx, trial_id)
    if row is None:
        raise no_trial(trial_id)
    return row


def _unmanaged(tx: Tx, trial_id: int) -> RunRow:
    row = _run(tx, trial_id)
    if not row.unmanaged:
        raise InvalidArgument(ONLY_UNMANAGED)
    return row


def _ended(trial_id: int) -> NotFound:
    return NotFound(f"trial '{trial_id}' not found: it has ended")


def _loaded(tx: Tx, trial_id: int) -> RunRow:
    """A trial whose managed experiment has not ended."""
    row = _run(tx, trial_id)
    if row.unmanaged or is_terminal(ExperimentState(row.experiment_state)) or row.experiment_state.startswith("DELET"):
        raise no_experiment(row.experiment_id)
    return row
