"""Generic tasks: create, configuration, kill, pause and go on."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Endpoint, Int32, Message
from undeterred.wire.common import File, LaunchWarning


class CreateGenericTaskRequest(Message):
    context_directory: list[File] = field(default_factory=list)
    config: str = ""
    project_id: Int32 | UnsetType = UNSET
    parent_id: str | UnsetType = UNSET
    inherit_context: bool | UnsetType = UNSET
    forked_from: str | UnsetType = UNSET
    no_pause: bool | UnsetType = UNSET


class CreateGenericTaskResponse(Message):
    task_id: str = ""
    warnings: list[LaunchWarning] = field(default_factory=list)


create_generic_task = Endpoint(
    "CreateGenericTask",
    "POST",
    "/api/v1/generic-tasks",
    CreateGenericTaskRequest,
    CreateGenericTaskResponse,
    summary="Start a task of any kind, perhaps as the child of another",
    tags=("Internal",),
    body="*",
)


class GetGenericTaskConfigRequest(Message):
    task_id: str = ""


class GetGenericTaskConfigResponse(Message):
    config: str = ""


get_generic_task_config = Endpoint(
    "GetGenericTaskConfig",
    "GET",
    "/api/v1/tasks/{taskId}/config",
    GetGenericTaskConfigRequest,
    GetGenericTaskConfigResponse,
    summary="Show the configuration that a generic task was started with",
    tags=("Internal",),
)


class KillGenericTaskRequest(Message):
    task_id: str = ""
    kill_from_root: bool = False


class KillGenericTaskResponse(Message):
    pass


kill_generic_task = Endpoint(
    "KillGenericTask",
    "POST",
    "/api/v1/tasks/{taskId}/kill",
    KillGenericTaskRequest,
    KillGenericTaskResponse,
    summary="Stop a generic task and its children at once",
    tags=("Internal",),
    body="*",
)


class PauseGenericTaskRequest(Message):
    task_id: str = ""


class PauseGenericTaskResponse(Message):
    pass


pause_generic_task = Endpoint(
    "PauseGenericTask",
    "POST",
    "/api/v1/tasks/{taskId}/pause",
    PauseGenericTaskRequest,
    PauseGenericTaskResponse,
    summary="Pause a generic task and those of its children that may pause",
    tags=("Internal",),
)


class UnpauseGenericTaskRequest(Message):
    task_id: str = ""


class UnpauseGenericTaskResponse(Message):
    pass


unpause_generic_task = Endpoint(
    "UnpauseGenericTask",
    "POST",
    "/api/v1/tasks/{taskId}/unpause",
    UnpauseGenericTaskRequest,
    UnpauseGenericTaskResponse,
    summary="Let a paused generic task and its children go on",
    tags=("Internal",),
)
