"""Tasks of every kind: read, count, files, accelerators."""

import msgspec
from msgspec import UNSET

from undeterred.api.serve import Answer, Request, route, serves
from undeterred.services import tasks
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.tasks import (
    AllocationSummary,
    GetActiveTasksCountRequest,
    GetActiveTasksCountResponse,
    GetTaskAcceleratorDataRequest,
    GetTaskAcceleratorDataResponse,
    GetTaskContextDirectoryRequest,
    GetTaskContextDirectoryResponse,
    GetTaskRequest,
    GetTaskResponse,
    GetTasksRequest,
    GetTasksResponse,
    get_active_tasks_count,
    get_task,
    get_task_accelerator_data,
    get_task_context_directory,
    get_tasks,
)


@serves(get_task)
async def get(ctx: Context, _caller: Caller, request: GetTaskRequest) -> GetTaskResponse:
    return GetTaskResponse(task=await ctx.db.read(tasks.get, request.task_id))


@serves(get_tasks)
async def get_all(ctx: Context, _caller: Caller, _request: GetTasksRequest) -> GetTasksResponse:
    return GetTasksResponse(allocation_id_to_summary=await ctx.db.read(tasks.summaries, ctx.settings.config))


@route("GET", "/tasks")
async def get_all_old(ctx: Context, _request: Request) -> Answer:
    found = await ctx.db.read(tasks.summaries, ctx.settings.config)
    return Answer(msgspec.json.encode({key: _old(summary) for key, summary in found.items()}) + b"\n")


@serves(get_active_tasks_count)
async def count(ctx: Context, _caller: Caller, _request: GetActiveTasksCountRequest) -> GetActiveTasksCountResponse:
    return await ctx.db.read(tasks.count)


@serves(get_task_context_directory)
async def context(ctx: Context, _caller: Caller, request: GetTaskContextDirectoryRequest) -> GetTaskContextDirectoryResponse:
    return GetTaskContextDirectoryResponse(b64_tgz=await ctx.db.read(tasks.context_directory, request.task_id))


@serves(get_task_accelerator_data)
async def accelerators(ctx: Context, _caller: Caller, request: GetTaskAcceleratorDataRequest) -> GetTaskAcceleratorDataResponse:
    return GetTaskAcceleratorDataResponse(accelerator_data=await ctx.db.read(tasks.accelerator_data, request.task_id))


def _old(summary: AllocationSummary) -> dict[str, object]:
    """A summary as the old route spells it: snake_case, without what is not set."""
    fields = {name: getattr(summary, name) for name in summary.__struct_fields__}
    return {name: _plain(value) for name, value in fields.items() if value is not UNSET and not (name == "proxy_ports" and not value)}


def _plain(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        return {name: _plain(inner) for name, inner in fields.items() if inner is not UNSET}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {key: _plain(inner) for key, inner in value.items()} if isinstance(value, dict) else value
