"""What a supervisor tells the master (docs/ARCHITECTURE.md, "The supervisor's contract"); no part of the public surface."""

from typing import Any, ClassVar

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Message


class CapturedLine(Message):
    timestamp: Instant = ""
    stdtype: str = ""
    log: str = ""
    rank_id: Int32 | UnsetType = UNSET
    level: str | UnsetType = UNSET
    source: str | UnsetType = UNSET


class SupervisorLogsRequest(Message):
    """`first` is the number of the first line, counted from 0 per container."""

    any_text: ClassVar[bool] = True

    allocation_id: str = ""
    epoch: Int32 = 0
    container_id: str = ""
    first: Int32 = 0
    lines: list[CapturedLine] = field(default_factory=list)


class SupervisorLogsResponse(Message):
    """`next` is the number of the first line that the master has not stored."""

    next: Int32 = 0


post_supervisor_logs = Endpoint(
    "PostSupervisorLogs",
    "POST",
    "/internal/v1/allocations/{allocationId}/logs",
    SupervisorLogsRequest,
    SupervisorLogsResponse,
    summary="Captured lines of a container",
    body="*",
    public=True,
)


class SupervisedState(Enum):
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    TERMINATED = "TERMINATED"


class SupervisorStateRequest(Message):
    any_text: ClassVar[bool] = True

    allocation_id: str = ""
    resources_id: str = ""
    epoch: Int32 = 0
    state: SupervisedState = SupervisedState.STARTING
    exit_code: Int32 | UnsetType = UNSET
    failure: str | UnsetType = UNSET
    addresses: list[dict[str, Any]] = field(default_factory=list)


class SupervisorStateResponse(Message):
    pass


post_supervisor_state = Endpoint(
    "PostSupervisorState",
    "POST",
    "/internal/v1/allocations/{allocationId}/resources/{resourcesId}/state",
    SupervisorStateRequest,
    SupervisorStateResponse,
    summary="What became of a container",
    body="*",
    public=True,
)

INTERNAL_ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (post_supervisor_logs, post_supervisor_state)
