"""The master's own log: its last lines, and new ones as they come."""

from collections.abc import AsyncIterator

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.errors import InvalidArgument
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.services.master_log import TOPIC
from undeterred.wire.cluster import MasterLogsRequest, MasterLogsResponse, master_logs

PAGE = 500
LOOK_S = 30.0


@serves(master_logs, needs=Permission.VIEW_MASTER_LOGS)
async def read(ctx: Context, _caller: Caller, request: MasterLogsRequest) -> AsyncIterator[MasterLogsResponse]:
    if request.limit < 0:
        raise InvalidArgument("Limit must be >= 0")
    if request.limit and request.follow:
        raise InvalidArgument("Limit cannot be specified when following")
    at, behind = ctx.log.window(request.offset, request.limit)
    while not ctx.stopping:
        heard = ctx.bell.listen(TOPIC)
        try:
            lines, at = ctx.log.page(at, at + PAGE if request.follow else behind, PAGE)
            for line in lines:
                yield line
            if lines:
                continue
            if not request.follow:
                return
            await ctx.bell.wait(TOPIC, heard, LOOK_S)
        finally:
            ctx.bell.forget(TOPIC, heard)
