"""How experiments and trials move on: the one place where states, allocations and the searcher's ears are brought together.

Verbs (pause, kill, …) change the experiment's state and call `advance`; a report of an allocation's end comes in through `finish`; the trials
loop calls `advance` for whatever may be left. Everything here is idempotent: called again, it changes nothing.
"""

import json
from typing import Any

import msgspec

from undeterred.domain.lifecycle import experiments as experiment_states
from undeterred.domain.lifecycle import texts
from undeterred.domain.lifecycle import trials as trial_states
from undeterred.domain.lifecycle.trials import Exit
from undeterred.domain.search.values import TrialExited, TrialExitedEarly
from undeterred.services import collecting
from undeterred.store import allocations, lives, log_matches, logs, search_events
from undeterred.store.allocations import AllocationRow
from undeterred.store.db import Tx
from undeterred.store.lives import ExperimentLife, TrialLife
from undeterred.terms import ExitKind, ExperimentState, Signal, TaskType, TrialState, is_stopping, is_terminal

PREEMPTION_TIMEOUT_S = 3600
SECOND = 1_000_000


def advance(tx: Tx, experiment_id: int, error: str = "") -> None:
    """Bring an experiment's trials after its state, as far as rows go; `error`: why it is stopping, for the log of killed tasks."""
    experiment = lives.experiment(tx, experiment_id)
    if experiment is None or experiment.unmanaged:
        return
    state = ExperimentState(experiment.state)
    if state is ExperimentState.ACTIVE:
        lives.queue_job(tx, experiment.job_id, True)
    for trial in lives.unfinished(tx, experiment_id):
        wanted = trial_states.following(TrialState(trial.state), state)
        if wanted != trial.state:
            lives.move_trial(tx, trial.id, trial.state, wanted)
            trial = msgspec.structs.replace(trial, state=wanted.value)  # noqa: PLW2901 - the same trial, a step further
        steer(tx, experiment, trial, error)
    settle(tx, experiment_id)


def steer(tx: Tx, experiment: ExperimentLife, trial: TrialLife, error: str = "") -> None:
    """What a trial's state asks for now: a new allocation, a stop, or its end."""
    state = TrialState(trial.state)
    if trial.allocation_id is None:
        if state is TrialState.ACTIVE:
            request_allocation(tx, experiment, trial)
        elif is_stopping(state):
            _end_trial(tx, experiment, trial, trial_states.settled(state))
        return
    signal = trial_states.signal(state, bool(trial.is_ready))
    if signal is Signal.NONE:
        return
    reason = texts.reason_for(state, error)
    stop(tx, trial.allocation_id, trial.task_id, signal, reason, _preemption_timeout_s(experiment))


def stop(tx: Tx, allocation_id: str, task_id: str, signal: Signal, reason: str, timeout_s: int = PREEMPTION_TIMEOUT_S) -> None:
    """Ask a live allocation to leave, or have it killed; one that was never placed ends here and now."""
    kind = "kill" if signal is Signal.KILL else "preempt"
    kill_at = tx.now + timeout_s * SECOND if kind == "preempt" else None
    if not allocations.want_stop(tx, allocation_id, kind, reason, kill_at):
        return
    row = allocations.get(tx, allocation_id)
    if row is not None and row.state == "PENDING":
        finish(tx, row, Exit(ExitKind.ABORTED), reason)
        return
    line = texts.killing(reason) if kind == "kill" else texts.terminating(reason)
    logs.append_master(tx, task_id, allocation_id, [(line.level, line.text)])
    tx.ring("allocations", f"allocation:{allocation_id}")


def request_allocation(tx: Tx, experiment: ExperimentLife, trial: TrialLife) -> None:
    """A trial's next run waits for slots."""
    run = lives.next_run(tx, trial.id)
    allocation_id = f"{trial.task_id}.{run}"
    allocations.insert(tx, allocation_id, trial.task_id, run, experiment.job_id, experiment.resource_pool, experiment.slots_per_trial)
    line = texts.scheduling(texts.trial_name(trial.id, experiment.id), allocation_id)
    logs.append_master(tx, trial.task_id, allocation_id, [(line.level, line.text)])
    tx.ring("schedule", f"experiment:{experiment.id}")


def finish(tx: Tx, allocation: AllocationRow, end: Exit, why: str = texts.USER_KILL) -> bool:
    """An allocation has ended: note it and decide what its task does next. False if that was known before."""
    end = msgspec.structs.replace(end, acked=bool(allocation.preempt_acked))
    reason = texts.exit_reason(end, why)
    if not allocations.finish(tx, allocation.id, reason, texts.status_code(end), end.text or None):
        return False
    trial = lives.trial_of_task(tx, allocation.task_id)
    experiment = None if trial is None else lives.experiment(tx, trial.experiment_id)
    lines = [texts.exited(end), texts.terminated(name_of(tx, allocation, trial), end, why)]
    logs.append_master(tx, allocation.task_id, allocation.id, [(line.level, line.text) for line in lines if line is not None])
    if trial is not None and experiment is not None:
        _after_exit(tx, experiment, trial, allocation, end)
        tx.ring(f"experiment:{experiment.id}")
    else:
        lives.end_task(tx, allocation.task_id)
        if allocation.job_id:
            lives.queue_job(tx, allocation.job_id, False)
    tx.ring("sessions", "schedule", f"allocation:{allocation.id}", f"logs:{allocation.task_id}")
    return True


def settle(tx: Tx, experiment_id: int) -> None:
    """End a stopping experiment once all of its trials have ended; a paused one whose tasks have left leaves the queue."""
    experiment = lives.experiment(tx, experiment_id)
    if experiment is None:
        return
    state = ExperimentState(experiment.state)
    if state is ExperimentState.PAUSED:
        if not any(t.allocation_id for t in lives.unfinished(tx, experiment_id)):
            lives.queue_job(tx, experiment.job_id, False)
        return
    after = experiment_states.settled(state)
    if after is state or lives.has_unfinished(tx, experiment_id):
        return
    changes: dict[str, Any] = {"ended_at": tx.now}
    if after is ExperimentState.COMPLETED:
        changes["progress"] = 1.0
    if lives.move_experiment(tx, experiment_id, state, after, **changes):
        lives.queue_job(tx, experiment.job_id, False)
        collecting.after_end(tx, experiment_id, experiment.config)
        tx.ring("sweep", f"experiment:{experiment_id}")


def kill_trial(tx: Tx, trial: TrialLife, experiment: ExperimentLife) -> None:
    """Somebody kills one trial; its experiment goes on as its search decides."""
    wanted = trial_states.killed(TrialState(trial.state))
    if wanted != trial.state and lives.move_trial(tx, trial.id, trial.state, wanted):
        steer(tx, experiment, msgspec.structs.replace(trial, state=wanted.value))


def _after_exit(tx: Tx, experiment: ExperimentLife, trial: TrialLife, allocation: AllocationRow, end: Exit) -> None:
    dont_retry = trial.log_policy_matched is not None and _cancels_retries(experiment, trial.log_policy_matched)
    decided = trial_states.after_exit(
        trial_states.Trial(
            state=TrialState(trial.state),
            restarts=trial.restarts,
            max_restarts=experiment.max_restarts,
            early_exit=trial.early_exit is not None,
            dont_retry=dont_retry,
        ),
        end,
    )
    if is_terminal(decided.state):
        if dont_retry and end.kind is ExitKind.FAILED:
            met = [m for m in log_matches.of_task(tx, allocation.task_id) if m.action == "cancel_retries"]
            lines = [texts.dont_retry(), *(texts.matched(m.log, m.pattern) for m in met)]
            logs.append_master(tx, allocation.task_id, allocation.id, [(line.level, line.text) for line in lines])
        _end_trial(tx, experiment, trial, decided.state, restarts=decided.restarts)
        settle(tx, experiment.id)
        return
    lives.move_trial(tx, trial.id, trial.state, decided.state, restarts=decided.restarts)
    if decided.again:
        request_allocation(tx, experiment, trial)
    settle(tx, experiment.id)


def _end_trial(tx: Tx, experiment: ExperimentLife, trial: TrialLife, state: TrialState, **changes: Any) -> None:
    """A trial is over: its task too, and the search hears of it unless the whole experiment is being stopped."""
    if not lives.move_trial(tx, trial.id, trial.state, state, ended_at=tx.now, **changes):
        return
    lives.end_task(tx, trial.task_id)
    tx.ring(f"logs:{trial.task_id}", f"experiment:{experiment.id}")
    if trial.request_id is not None and not is_stopping(ExperimentState(experiment.state)):
        told = trial_states.told(state)
        event = TrialExited(trial.request_id) if told is None else TrialExitedEarly(trial.request_id, told)
        search_events.add(tx, experiment.id, event)


def name_of(tx: Tx, allocation: AllocationRow, trial: TrialLife | None) -> str:
    """How log lines call what an allocation runs."""
    if trial is not None:
        return texts.trial_name(trial.id, trial.experiment_id)
    kind, experiment_id = lives.task_kind(tx, allocation.task_id)
    if kind == TaskType.CHECKPOINT_GC:
        return texts.gc_name(experiment_id)
    return f"Task {allocation.task_id}"


def _preemption_timeout_s(experiment: ExperimentLife) -> int:
    timeout = json.loads(experiment.config).get("preemption_timeout")
    return PREEMPTION_TIMEOUT_S if timeout is None else int(timeout)


def _cancels_retries(experiment: ExperimentLife, policy_name: str) -> bool:
    """Whether a matched log policy says that a failure is final."""
    for policy in json.loads(experiment.config).get("log_policies") or []:
        action = policy.get("action")
        kind = action.get("type") if isinstance(action, dict) else action
        if kind == "cancel_retries" and policy_name in (policy.get("name"), policy.get("pattern")):
            return True
    return False
