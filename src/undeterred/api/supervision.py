"""What supervisors report: captured lines and states (docs/ARCHITECTURE.md, "The supervisor's contract")."""

import json

from msgspec import UNSET

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import allocations
from undeterred.services.context import Context
from undeterred.wire.supervision import SupervisorStateRequest, SupervisorStateResponse, post_supervisor_state


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
