"""Logs of tasks and trials: posts, streams that may follow, fields to filter by, clean-up."""

import time
from collections.abc import AsyncIterator, Callable

from undeterred.api.credentials import token_of
from undeterred.api.serve import Answer, Request, route, serves
from undeterred.domain.access.permissions import Permission
from undeterred.errors import InvalidArgument, PermissionDenied, Unauthenticated
from undeterred.services import log_lines, logs
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.services.log_lines import View
from undeterred.store.db import Tx
from undeterred.wire.base import int64
from undeterred.wire.common import OrderBy
from undeterred.wire.logs import (
    CleanupLogsRequest,
    CleanupLogsResponse,
    PostTaskLogsRequest,
    PostTaskLogsResponse,
    TaskLogsFieldsRequest,
    TaskLogsFieldsResponse,
    TaskLogsRequest,
    TrialLogsFieldsRequest,
    TrialLogsFieldsResponse,
    TrialLogsRequest,
    cleanup_logs,
    post_task_logs,
    task_logs,
    task_logs_fields,
    trial_logs,
    trial_logs_fields,
)

UNLIMITED = 2**31
LOOK_S = 5.0
Fields = TaskLogsFieldsResponse | TrialLogsFieldsResponse


@serves(post_task_logs)
async def post(ctx: Context, caller: Caller, request: PostTaskLogsRequest) -> PostTaskLogsResponse:
    await ctx.db.write(logs.append, logs.of_request(request.logs), caller)
    return PostTaskLogsResponse()


@route("POST", "/task-logs", public=True)
async def post_old(ctx: Context, request: Request) -> Answer:
    batches = logs.of_old(request.body)
    if batches:
        await ctx.db.write(logs.append_known, batches, await _is_signed(ctx, request))
    return Answer(b'""\n')


async def _is_signed(ctx: Context, request: Request) -> bool:
    """Whether a public route was asked with a good token all the same."""
    try:
        caller = await ctx.identify(token_of(request.headers, gateway=False).text, time.time_ns() // 1000)
    except Unauthenticated:
        return False
    return caller.active


@serves(task_logs, needs=Permission.VIEW_EXPERIMENT_ARTIFACTS)
async def of_task(ctx: Context, _caller: Caller, request: TaskLogsRequest) -> AsyncIterator[bytes]:
    if request.limit < 0:
        raise InvalidArgument("Limit must be >= 0")
    if request.limit and request.follow:
        raise InvalidArgument("Limit cannot be specified when following")
    await ctx.db.read(logs.check_task, request.task_id)
    view = View(request.task_id, 0, request.order_by is OrderBy.ORDER_BY_DESC, logs.wanted(request))
    async for body in _stream(ctx, [view], request.limit or UNLIMITED, request.follow):
        yield body


@serves(trial_logs, needs=Permission.VIEW_EXPERIMENT_ARTIFACTS)
async def of_trial(ctx: Context, _caller: Caller, request: TrialLogsRequest) -> AsyncIterator[bytes]:
    ids = await ctx.db.read(logs.tasks_of_trial, request.trial_id)
    down, wanted = request.order_by is OrderBy.ORDER_BY_DESC, logs.wanted(request)
    views = [View(task_id, request.trial_id, down, wanted) for task_id in (reversed(ids) if down else ids)]
    if request.limit < 0:
        return
    async for body in _stream(ctx, views, request.limit or UNLIMITED, request.follow):
        yield body


@serves(task_logs_fields, needs=Permission.VIEW_EXPERIMENT_ARTIFACTS)
async def task_fields(ctx: Context, _caller: Caller, request: TaskLogsFieldsRequest) -> AsyncIterator[Fields]:
    async for fields in _fields(ctx, lambda tx: logs.task_fields(tx, request.task_id), request.task_id, request.follow):
        yield fields


@serves(trial_logs_fields, needs=Permission.VIEW_EXPERIMENT_ARTIFACTS)
async def trial_fields(ctx: Context, _caller: Caller, request: TrialLogsFieldsRequest) -> AsyncIterator[Fields]:
    ids = await ctx.db.read(logs.tasks_of_trial, request.trial_id)
    async for fields in _fields(ctx, lambda tx: logs.trial_fields(tx, request.trial_id), ids[-1] if ids else "", request.follow):
        yield fields


@serves(cleanup_logs)
async def cleanup(ctx: Context, caller: Caller, _request: CleanupLogsRequest) -> CleanupLogsResponse:
    if not caller.admin:
        raise PermissionDenied("user does not have permission")
    days, removed, more = ctx.settings.config.retention_policy.log_retention_days, 0, True
    while more and not ctx.stopping:
        count, more = await ctx.db.write(logs.expire, days)
        removed += count
    return CleanupLogsResponse(removed_count=int64(removed))


async def _stream(ctx: Context, views: list[View], limit: int, follow: bool) -> AsyncIterator[bytes]:
    """The lines of one view after the other, at most `limit` of them; the last one may be followed."""
    for index, view in enumerate(views):
        last = 0
        if follow and index == len(views) - 1:
            async for body in _follow(ctx, view):
                yield body
            return
        more = True
        while more and limit > 0 and not ctx.stopping:
            page = await ctx.db.read(log_lines.page, view, last, limit)
            last, more, limit = page.last, page.more, limit - page.count
            if page.body:
                yield page.body


async def _follow(ctx: Context, view: View) -> AsyncIterator[bytes]:
    """Lines as they come, until some seconds after the task's end, or the master's."""
    topic, last = f"logs:{view.task_id}", 0
    while not ctx.stopping:
        heard = ctx.bell.listen(topic)
        try:
            more = True
            while more and not ctx.stopping:
                page = await ctx.db.read(log_lines.page, view, last, UNLIMITED)
                last, more = page.last, page.more
                if page.body:
                    yield page.body
            left = await _left(ctx, view.task_id)
            if left <= 0 or ctx.stopping:
                return
            await ctx.bell.wait(topic, heard, left)
        finally:
            ctx.bell.forget(topic, heard)


async def _fields(ctx: Context, read: Callable[[Tx], Fields], task_id: str, follow: bool) -> AsyncIterator[Fields]:
    """The fields now, and again whenever they change while the task may go on."""
    topic, before = f"logs:{task_id}", None
    while not ctx.stopping:
        heard = ctx.bell.listen(topic)
        try:
            now = await ctx.db.read(read)
            if now != before:
                yield now
                before = now
            left = await _left(ctx, task_id) if follow else 0.0
            if left <= 0 or ctx.stopping:
                return
            await ctx.bell.wait(topic, heard, left)
        finally:
            ctx.bell.forget(topic, heard)


async def _left(ctx: Context, task_id: str) -> float:
    """For how many seconds to wait before looking again; 0 when nothing more is to be expected."""
    silent_at = await ctx.db.read(logs.silent_at, task_id)
    if silent_at is None:
        return LOOK_S
    return min(max((silent_at - time.time_ns() // 1000) / 1_000_000, 0.0), LOOK_S)
