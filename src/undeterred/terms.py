"""The vocabulary: states and kinds, spelled once, as the wire spells them but without the enum's prefix (`STATE_`, `TASK_TYPE_`, ...)."""

from enum import StrEnum


class ExperimentState(StrEnum):
    """A state of an experiment; the last four are shown for ACTIVE ones and never stored, but for RUNNING of unmanaged experiments."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    STOPPING_COMPLETED = "STOPPING_COMPLETED"
    STOPPING_CANCELED = "STOPPING_CANCELED"
    STOPPING_KILLED = "STOPPING_KILLED"
    STOPPING_ERROR = "STOPPING_ERROR"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    ERROR = "ERROR"
    DELETING = "DELETING"
    DELETED = "DELETED"
    DELETE_FAILED = "DELETE_FAILED"
    QUEUED = "QUEUED"
    PULLING = "PULLING"
    STARTING = "STARTING"
    RUNNING = "RUNNING"


class TrialState(StrEnum):
    """A state of a trial (and of a run); QUEUED to STARTING are shown only, RUNNING is stored for unmanaged trials only."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    STOPPING_COMPLETED = "STOPPING_COMPLETED"
    STOPPING_CANCELED = "STOPPING_CANCELED"
    STOPPING_KILLED = "STOPPING_KILLED"
    STOPPING_ERROR = "STOPPING_ERROR"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    ERROR = "ERROR"
    QUEUED = "QUEUED"
    PULLING = "PULLING"
    STARTING = "STARTING"
    RUNNING = "RUNNING"


class AllocationState(StrEnum):
    """How far one try at running a task has come."""

    PENDING = "PENDING"
    ASSIGNED = "ASSIGNED"
    PULLING = "PULLING"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    TERMINATING = "TERMINATING"
    TERMINATED = "TERMINATED"


class CheckpointState(StrEnum):
    """What is left of a checkpoint's files."""

    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"
    DELETED = "DELETED"
    PARTIALLY_DELETED = "PARTIALLY_DELETED"


class TaskType(StrEnum):
    """What a task is for."""

    TRIAL = "TRIAL"
    NOTEBOOK = "NOTEBOOK"
    SHELL = "SHELL"
    COMMAND = "COMMAND"
    TENSORBOARD = "TENSORBOARD"
    CHECKPOINT_GC = "CHECKPOINT_GC"
    GENERIC = "GENERIC"


class GenericTaskState(StrEnum):
    """A state of a generic task."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    STOPPING_PAUSED = "STOPPING_PAUSED"
    STOPPING_CANCELED = "STOPPING_CANCELED"
    STOPPING_COMPLETED = "STOPPING_COMPLETED"
    STOPPING_ERROR = "STOPPING_ERROR"
    CANCELED = "CANCELED"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"


class JobState(StrEnum):
    """How a job stands in its pool's queue."""

    QUEUED = "QUEUED"
    SCHEDULED = "SCHEDULED"
    SCHEDULED_BACKFILLED = "SCHEDULED_BACKFILLED"


class ExitKind(StrEnum):
    """How an allocation ended, as far as the next step depends on it."""

    SUCCEEDED = "SUCCEEDED"  # every process ended with 0
    FAILED = "FAILED"  # a process ended with another code, or never began (image, working folder)
    KILLED = "KILLED"  # we killed it: on a wish, or after the time for preemption ran out
    ABORTED = "ABORTED"  # ended before anything was started
    LOST = "LOST"  # the machine or the process is gone and nobody knows how it ended
    UNRECOVERABLE = "UNRECOVERABLE"  # a system error that a new try cannot mend


class Signal(StrEnum):
    """What is asked of a running allocation."""

    NONE = "NONE"
    TERMINATE = "TERMINATE"  # preempt; killed when the time for that has run out
    KILL = "KILL"


class EarlyExit(StrEnum):
    """Why a trial left its search before its end."""

    ERRORED = "ERRORED"
    USER_CANCELED = "USER_CANCELED"
    USER_REQUESTED_STOP = "USER_REQUESTED_STOP"
    INVALID_HP = "INVALID_HP"


_ENDED = frozenset({"COMPLETED", "CANCELED", "ERROR"})


def is_terminal(state: ExperimentState | TrialState | GenericTaskState) -> bool:
    """True for the three ends: COMPLETED, CANCELED, ERROR."""
    return state.value in _ENDED


def is_stopping(state: ExperimentState | TrialState | GenericTaskState) -> bool:
    """True on the way to an end (STOPPING_PAUSED of generic tasks is on the way to a pause, not to an end)."""
    return state.value.startswith("STOPPING_") and state.value != "STOPPING_PAUSED"
