"""What supervisors report: captured lines and states (docs/ARCHITECTURE.md, "The supervisor's contract")."""

import json

from msgspec import UNSET

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import allocations, logs
from undeterred.services.context import Context
from undeterred.wire.supervision import (
    SupervisorLogsRequest,
    SupervisorLogsResponse,
    SupervisorStateRequest,
    SupervisorStateResponse,
    post_supervisor_logs,
    post_supervisor_state,
)


@serves(post_supervisor_logs, needs=Permission.SUPERVISOR)
async def captured(ctx: Context, key: str, request: SupervisorLogsRequest) -> SupervisorLogsResponse:
    after = await ctx.db.write(logs.append_captured, key, request.allocation_id, request.container_id, request.first, request.lines)
    return SupervisorLogsResponse(next=after)


@serves(post_supervisor_state, needs=Permission.SUPERVISOR)
async def state(ctx: Context, key: str, request: SupervisorStateRequest) -> SupervisorStateResponse:
    await ctx.db.write(
        allocations.report_state,
        key,
        request.allocation_id,
        request.resources_id,
        request.state.value,
        None if request.exit_code is UNSET else request.exit_code,
        "" if request.failure is UNSET else request.failure,
        json.dumps(request.addresses),
    )
    return SupervisorStateResponse()
