"""Allocations: what a running task tells the master, and what it waits for (rendezvous, preemption, all-gather)."""

from typing import ClassVar

from msgspec import field

from undeterred.wire.base import Endpoint, Int32, Json, Message
from undeterred.wire.tasks import AcceleratorData, Allocation


class RendezvousInfo(Message):
    """The addresses of an allocation's containers by rank, and the slots of each."""

    addresses: list[str] = field(default_factory=list)
    rank: Int32 = 0
    slots: list[Int32] = field(default_factory=list)


class AllocationReadyRequest(Message):
    allocation_id: str = ""


class AllocationReadyResponse(Message):
    pass


allocation_ready = Endpoint(
    "AllocationReady",
    "POST",
    "/api/v1/allocations/{allocationId}/ready",
    AllocationReadyRequest,
    AllocationReadyResponse,
    summary="Say that the task of this allocation can be used now",
    tags=("Internal",),
    body="*",
)


class GetAllocationRequest(Message):
    allocation_id: str = ""


class GetAllocationResponse(Message):
    allocation: Allocation | None = None


get_allocation = Endpoint(
    "GetAllocation",
    "GET",
    "/api/v1/allocations/{allocationId}",
    GetAllocationRequest,
    GetAllocationResponse,
    summary="Show one allocation: its state, start, end and slots",
    tags=("Internal",),
)


class AllocationWaitingRequest(Message):
    allocation_id: str = ""


class AllocationWaitingResponse(Message):
    pass


allocation_waiting = Endpoint(
    "AllocationWaiting",
    "POST",
    "/api/v1/allocations/{allocationId}/waiting",
    AllocationWaitingRequest,
    AllocationWaitingResponse,
    summary="Say that the task of this allocation waits for something",
    tags=("Internal",),
    body="*",
)


class AllocationPreemptionSignalRequest(Message):
    allocation_id: str = ""
    timeout_seconds: Int32 = 0


class AllocationPreemptionSignalResponse(Message):
    preempt: bool = False


allocation_preemption_signal = Endpoint(
    "AllocationPreemptionSignal",
    "GET",
    "/api/v1/allocations/{allocationId}/signals/preemption",
    AllocationPreemptionSignalRequest,
    AllocationPreemptionSignalResponse,
    summary="Wait until this allocation shall stop, or the time is over",
    tags=("Internal",),
    query=True,
)


class AllocationPendingPreemptionSignalRequest(Message):
    allocation_id: str = ""


class AllocationPendingPreemptionSignalResponse(Message):
    pass


allocation_pending_preemption_signal = Endpoint(
    "AllocationPendingPreemptionSignal",
    "POST",
    "/api/v1/allocations/{allocationId}/signals/pending_preemption",
    AllocationPendingPreemptionSignalRequest,
    AllocationPendingPreemptionSignalResponse,
    summary="Ask an allocation to make room, for a foreign scheduler",
    tags=("Internal",),
    body="*",
)


class AckAllocationPreemptionSignalRequest(Message):
    allocation_id: str = ""


class AckAllocationPreemptionSignalResponse(Message):
    pass


ack_allocation_preemption_signal = Endpoint(
    "AckAllocationPreemptionSignal",
    "POST",
    "/api/v1/allocations/{allocationId}/signals/ack_preemption",
    AckAllocationPreemptionSignalRequest,
    AckAllocationPreemptionSignalResponse,
    summary="Confirm that the task has heard that it shall stop",
    tags=("Internal",),
    body="*",
)


class MarkAllocationResourcesDaemonRequest(Message):
    allocation_id: str = ""
    resources_id: str = ""


class MarkAllocationResourcesDaemonResponse(Message):
    pass


mark_allocation_resources_daemon = Endpoint(
    "MarkAllocationResourcesDaemon",
    "POST",
    "/api/v1/allocations/{allocationId}/resources/{resourcesId}/daemon",
    MarkAllocationResourcesDaemonRequest,
    MarkAllocationResourcesDaemonResponse,
    summary="Say that these resources need not end for the task to be over",
    tags=("Internal",),
    body="*",
)


class AllocationRendezvousInfoRequest(Message):
    allocation_id: str = ""
    resources_id: str = ""


class AllocationRendezvousInfoResponse(Message):
    rendezvous_info: RendezvousInfo | None = None


allocation_rendezvous_info = Endpoint(
    "AllocationRendezvousInfo",
    "GET",
    "/api/v1/allocations/{allocationId}/resources/{resourcesId}/rendezvous",
    AllocationRendezvousInfoRequest,
    AllocationRendezvousInfoResponse,
    summary="Wait for all containers of an allocation, and get their addresses",
    tags=("Internal",),
)


class PostAllocationProxyAddressRequest(Message):
    allocation_id: str = ""
    proxy_address: str = ""


class PostAllocationProxyAddressResponse(Message):
    pass


post_allocation_proxy_address = Endpoint(
    "PostAllocationProxyAddress",
    "POST",
    "/api/v1/allocations/{allocationId}/proxy_address",
    PostAllocationProxyAddressRequest,
    PostAllocationProxyAddressResponse,
    summary="Tell the address at which a task's ports are reached",
    tags=("Internal",),
    body="*",
)


class PostAllocationAcceleratorDataRequest(Message):
    allocation_id: str = ""
    accelerator_data: AcceleratorData | None = None


class PostAllocationAcceleratorDataResponse(Message):
    pass


post_allocation_accelerator_data = Endpoint(
    "PostAllocationAcceleratorData",
    "POST",
    "/api/v1/allocations/{allocationId}/acceleratorData",
    PostAllocationAcceleratorDataRequest,
    PostAllocationAcceleratorDataResponse,
    summary="Report which devices a container of this allocation sees",
    tags=("Internal",),
    body="*",
)


class AllocationAllGatherRequest(Message):
    any_text: ClassVar[bool] = True

    allocation_id: str = ""
    request_uuid: str = ""
    num_peers: Int32 = 0
    data: Json | None = None


class AllocationAllGatherResponse(Message):
    data: list[Json] = field(default_factory=list)


allocation_all_gather = Endpoint(
    "AllocationAllGather",
    "POST",
    "/api/v1/allocations/{allocationId}/all_gather",
    AllocationAllGatherRequest,
    AllocationAllGatherResponse,
    summary="Bring data, wait for all peers, and get what each of them brought",
    tags=("Internal",),
    body="*",
)


class NotifyContainerRunningRequest(Message):
    allocation_id: str = ""
    request_uuid: str = ""
    num_peers: Int32 = 0
    rank: Int32 = 0
    node_name: str = ""
    data: Json | None = None


class NotifyContainerRunningResponse(Message):
    data: list[Json] = field(default_factory=list)


notify_container_running = Endpoint(
    "NotifyContainerRunning",
    "POST",
    "/api/v1/allocations/{allocationId}/notify_container_running",
    NotifyContainerRunningRequest,
    NotifyContainerRunningResponse,
    summary="Report that a container runs; refused, the master sees it itself",
    tags=("Internal",),
    body="*",
)
