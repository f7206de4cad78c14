"""What the master writes into a task's log, and the reasons that allocations end with: the words that users and tools know."""

import msgspec

from undeterred.domain.lifecycle.trials import Exit
from undeterred.terms import ExitKind, TaskType, TrialState

USER_PAUSE = "user requested pause"
USER_CANCEL = "user requested cancellation"
USER_KILL = "user requested kill"
PREEMPTED = "preempted by the scheduler"
SEARCHER_STOP = "stopped by the searcher"
ZERO = "resources exited successfully with a zero exit code"
LOST = "agent failed while the container was running: agent closed with allocated containers"
DONT_RETRY = "trial failed and matched logs to a don't retry policy"
REGISTERED = "checkpoints are registered as model versions"
NTSC_ENDED = "allocation exited successfully"

_KINDS = {TaskType.NOTEBOOK: "JupyterLab", TaskType.SHELL: "Shell", TaskType.COMMAND: "Command", TaskType.TENSORBOARD: "TensorBoard"}


class Line(msgspec.Struct, frozen=True):
    """One line of the master: source `master`, stdtype `stdout`."""

    text: str
    level: str = "INFO"


def trial_name(trial_id: int, experiment_id: int) -> str:
    """How lines call a trial."""
    return f"Trial {trial_id} (Experiment {experiment_id})"


def gc_name(experiment_id: int) -> str:
    """How lines call a checkpoint collection."""
    return f"Checkpoint GC (Experiment {experiment_id})"


def task_name(kind: TaskType, petname: str) -> str:
    """The description of a notebook, shell, command or tensorboard without one of its own."""
    return f"{_KINDS[kind]} ({petname})"


def scheduling(name: str, allocation_id: str) -> Line:
    """An allocation was asked for."""
    return Line(f"Scheduling {name} (id: {allocation_id})")


def assigned(name: str) -> Line:
    """It has its place."""
    return Line(f"{name} was assigned to an agent")


def started(name: str) -> Line:
    """Its processes run."""
    return Line(f"Resources for {name} have started")


def service_ready(name: str) -> Line:
    """Its service answers."""
    return Line(f"Service of {name} is available")


def restoring(name: str, allocation_id: str) -> Line:
    """A new master found it running."""
    return Line(f"Restoring {name} (id: {allocation_id})")


def terminating(reason: str) -> Line:
    """It was asked to leave."""
    return Line(f"gracefully terminating allocation's remaining resources (reason: {reason})")


def killing(reason: str) -> Line:
    """It is killed."""
    return Line(f"forcibly killing allocation's remaining resources (reason: {reason})")


def not_preempted(timeout_s: int) -> str:
    """The reason when the time to leave has run out."""
    return f"allocation did not preempt in {duration(timeout_s)}"


def encountered(error: str) -> str:
    """The reason when the search has failed."""
    return f"encountered error {error}"


def reason_for(state: TrialState, error: str = "") -> str:
    """Why a trial's allocation is asked to leave. error: of the search, for STOPPING_ERROR."""
    match state:
        case TrialState.PAUSED:
            return USER_PAUSE
        case TrialState.STOPPING_CANCELED:
            return USER_CANCEL
        case TrialState.STOPPING_COMPLETED:
            return SEARCHER_STOP
        case TrialState.STOPPING_ERROR:
            return encountered(error)
        case _:
            return USER_KILL


def matched(log: str, regex: str) -> Line:
    """Which line met which policy. log: as it came, with its newline."""
    quoted = log.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return Line(f'(log "{quoted}" matched regex "{regex}")', "ERROR")


def dont_retry() -> Line:
    """A failure that is final because of a policy."""
    return Line(DONT_RETRY, "ERROR")


def exited(end: Exit) -> Line | None:
    """How the processes ended; nothing where none was started."""
    match end.kind:
        case ExitKind.SUCCEEDED:
            return Line(ZERO)
        case ExitKind.KILLED:
            code = 137 if end.code is None else end.code
            return Line(f"killed: {_nonzero(code)}")
        case ExitKind.ABORTED:
            return None
        case _:
            return Line(f"crashed: {_failure(end)}", "ERROR")


def exit_reason(end: Exit, why: str = USER_KILL) -> str:
    """The allocation's exitReason. why: the wish that ended one before its start (`user requested kill`, `user requested pause`)."""
    match end.kind:
        case ExitKind.SUCCEEDED if end.acked:
            return f"allocation preempted after all resources exited: {ZERO}"
        case ExitKind.SUCCEEDED:
            return f"allocation stopped early after all resources exited: {ZERO}"
        case ExitKind.KILLED:
            return "allocation killed after all resources exited: resources were killed"
        case ExitKind.ABORTED:
            return f"allocation aborted after exit before start: {why}"
        case ExitKind.LOST:
            return f"allocation failed due to agent failure: {_failure(end)}"
        case _:
            return f"allocation failed: {_failure(end)}"


def terminated(name: str, end: Exit, why: str = USER_KILL) -> Line:
    """The last line of an allocation."""
    level = "INFO" if end.kind in (ExitKind.SUCCEEDED, ExitKind.KILLED, ExitKind.ABORTED) else "ERROR"
    return Line(f"{name} was terminated: {exit_reason(end, why)}", level)


def exit_status(end: Exit) -> str:
    """The exitStatus of a notebook, shell, command or tensorboard; a kill is a success too."""
    return _failure(end) if end.kind in (ExitKind.FAILED, ExitKind.LOST, ExitKind.UNRECOVERABLE) else NTSC_ENDED


def status_code(end: Exit) -> int | None:
    """The allocation's statusCode: only of a failure that has one."""
    return end.code if end.kind is ExitKind.FAILED else None


def duration(seconds: int) -> str:
    """Whole seconds as Go writes them: 5s, 1m0s, 1h0m0s."""
    minutes, s = divmod(seconds, 60)
    hours, m = divmod(minutes, 60)
    if hours:
        return f"{hours}h{m}m{s}s"
    return f"{m}m{s}s" if m else f"{s}s"


def _failure(end: Exit) -> str:
    if end.kind is ExitKind.LOST:
        return end.text or LOST
    if end.code is not None:
        return _nonzero(end.code)
    return f"task failed without an associated exit code: {end.text}"


def _nonzero(code: int) -> str:
    return f"resources failed with non-zero exit code: container failed with non-zero exit code: {code} (exit code {code})"
