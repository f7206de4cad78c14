"""Allocations: what a running task tells, and what it waits for."""

import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from undeterred.api.serve import serves
from undeterred.errors import DeadlineExceeded, FailedPrecondition, InvalidArgument, Unavailable
from undeterred.services import shown_allocations
from undeterred.services import task_reports as reports
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.services.rendezvous import Meetings, checked
from undeterred.store import allocations
from undeterred.wire.allocations import (
    AckAllocationPreemptionSignalRequest,
    AckAllocationPreemptionSignalResponse,
    AllocationAllGatherRequest,
    AllocationAllGatherResponse,
    AllocationPendingPreemptionSignalRequest,
    AllocationPendingPreemptionSignalResponse,
    AllocationPreemptionSignalRequest,
    AllocationPreemptionSignalResponse,
    AllocationReadyRequest,
    AllocationReadyResponse,
    AllocationRendezvousInfoRequest,
    AllocationRendezvousInfoResponse,
    AllocationWaitingRequest,
    AllocationWaitingResponse,
    GetAllocationRequest,
    GetAllocationResponse,
    MarkAllocationResourcesDaemonRequest,
    MarkAllocationResourcesDaemonResponse,
    NotifyContainerRunningRequest,
    NotifyContainerRunningResponse,
    PostAllocationAcceleratorDataRequest,
    PostAllocationAcceleratorDataResponse,
    PostAllocationProxyAddressRequest,
    PostAllocationProxyAddressResponse,
    ack_allocation_preemption_signal,
    allocation_all_gather,
    allocation_pending_preemption_signal,
    allocation_preemption_signal,
    allocation_ready,
    allocation_rendezvous_info,
    allocation_waiting,
    get_allocation,
    mark_allocation_resources_daemon,
    notify_container_running,
    post_allocation_accelerator_data,
    post_allocation_proxy_address,
)

LOOK_S = 10.0
GATHER_S = 600.0
RENDEZVOUS_S = 600.0

_meetings: WeakKeyDictionary[Context, Meetings] = WeakKeyDictionary()


@serves(get_allocation)
async def get(ctx: Context, _caller: Caller, request: GetAllocationRequest) -> GetAllocationResponse:
    if "." not in request.allocation_id:
        raise InvalidArgument(f"allocationID {request.allocation_id} does not contain at least ','")
    row = await ctx.db.read(allocations.get, request.allocation_id)
    if row is None:
        raise reports.missing(request.allocation_id)
    return GetAllocationResponse(allocation=shown_allocations.single(row))


@serves(allocation_ready)
async def ready(ctx: Context, caller: Caller, request: AllocationReadyRequest) -> AllocationReadyResponse:
    await ctx.db.write(reports.ready, caller, request.allocation_id)
    return AllocationReadyResponse()


@serves(allocation_waiting)
async def waiting(ctx: Context, caller: Caller, request: AllocationWaitingRequest) -> AllocationWaitingResponse:
    await ctx.db.write(reports.waiting, caller, request.allocation_id)
    return AllocationWaitingResponse()


@serves(allocation_preemption_signal)
async def preemption(ctx: Context, _caller: Caller, request: AllocationPreemptionSignalRequest) -> AllocationPreemptionSignalResponse:
    found = await _until(
        ctx, request.allocation_id, max(request.timeout_seconds, 0), lambda: ctx.db.read(reports.shall_leave, request.allocation_id)
    )
    return AllocationPreemptionSignalResponse(preempt=bool(found))


@serves(ack_allocation_preemption_signal)
async def acknowledge(ctx: Context, caller: Caller, request: AckAllocationPreemptionSignalRequest) -> AckAllocationPreemptionSignalResponse:
    await ctx.db.write(reports.acknowledge, caller, request.allocation_id)
    return AckAllocationPreemptionSignalResponse()


@serves(allocation_pending_preemption_signal)
async def pending_preemption(
    ctx: Context, caller: Caller, request: AllocationPendingPreemptionSignalRequest
) -> AllocationPendingPreemptionSignalResponse:
    await ctx.db.write(reports.preempt, caller, request.allocation_id)
    return AllocationPendingPreemptionSignalResponse()


@serves(post_allocation_proxy_address)
async def proxy_address(ctx: Context, caller: Caller, request: PostAllocationProxyAddressRequest) -> PostAllocationProxyAddressResponse:
    await ctx.db.write(reports.proxied_at, caller, request.allocation_id, request.proxy_address)
    return PostAllocationProxyAddressResponse()


@serves(mark_allocation_resources_daemon)
async def daemon(ctx: Context, caller: Caller, request: MarkAllocationResourcesDaemonRequest) -> MarkAllocationResourcesDaemonResponse:
    await ctx.db.read(reports.daemon, caller, request.allocation_id, request.resources_id)
    return MarkAllocationResourcesDaemonResponse()


@serves(post_allocation_accelerator_data)
async def accelerators(
    ctx: Context, caller: Caller, request: PostAllocationAcceleratorDataRequest
) -> PostAllocationAcceleratorDataResponse:
    await ctx.db.write(reports.report_accelerators, caller, request.allocation_id, request.accelerator_data)
    return PostAllocationAcceleratorDataResponse()


@serves(notify_container_running)
async def container_running(_ctx: Context, _caller: Caller, _request: NotifyContainerRunningRequest) -> NotifyContainerRunningResponse:
    raise FailedPrecondition("operation not supported: the master sees by itself whether a container runs")


@serves(allocation_rendezvous_info)
async def rendezvous(ctx: Context, caller: Caller, request: AllocationRendezvousInfoRequest) -> AllocationRendezvousInfoResponse:
    found = await _until(
        ctx,
        request.allocation_id,
        RENDEZVOUS_S,
        lambda: ctx.db.write(reports.rendezvous, caller, request.allocation_id, request.resources_id),
    )
    if found is None:
        raise _unmet(ctx, f"allocation '{request.allocation_id}' does not run yet: ask again")
    return AllocationRendezvousInfoResponse(rendezvous_info=found)


@serves(allocation_all_gather)
async def all_gather(ctx: Context, caller: Caller, request: AllocationAllGatherRequest) -> AllocationAllGatherResponse:
    reports.check_id(request.allocation_id)
    checked(request.request_uuid)
    await ctx.db.read(reports.speaking, caller, request.allocation_id)
    data: dict[str, Any] = {} if request.data is None else request.data
    meetings = _meetings.setdefault(ctx, Meetings())
    meeting = meetings.join(request.allocation_id, request.request_uuid, request.num_peers, data)
    topic = f"gather:{request.allocation_id}"
    if meeting.whole():
        ctx.bell.ring(topic)
        return AllocationAllGatherResponse(data=meeting.brought)
    try:
        await _until(ctx, request.allocation_id, GATHER_S, lambda: _gathered(ctx, caller, request.allocation_id, meeting.whole), topic)
    finally:
        meetings.leave(request.allocation_id, request.request_uuid, meeting, data)
    if not meeting.whole():
        raise _unmet(ctx, f"only {len(meeting.brought)} of {meeting.peers} peers came: ask again")
    return AllocationAllGatherResponse(data=meeting.brought)


async def _gathered(ctx: Context, caller: Caller, allocation_id: str, whole: Callable[[], bool]) -> bool | None:
    """True once all have come; an error when the allocation has ended meanwhile."""
    if whole():
        return True
    await ctx.db.read(reports.speaking, caller, allocation_id)
    return None


async def _until(ctx: Context, allocation_id: str, timeout_s: float, look: Callable[[], Any], topic: str = "") -> Any:
    """What `look` finds, looked for again whenever the allocation's topic rings; None when the time is over or the master ends."""
    topic, deadline = topic or f"allocation:{allocation_id}", time.monotonic() + timeout_s
    while True:
        heard = ctx.bell.listen(topic)
        try:
            found = await look()
            left = deadline - time.monotonic()
            if found is not None or left <= 0 or ctx.stopping:
                return found
            await ctx.bell.wait(topic, heard, min(left, LOOK_S))
        finally:
            ctx.bell.forget(topic, heard)


def _unmet(ctx: Context, text: str) -> Unavailable | DeadlineExceeded:
    return Unavailable("the master is shutting down; try again when it is back") if ctx.stopping else DeadlineExceeded(text)
