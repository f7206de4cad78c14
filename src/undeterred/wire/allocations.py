"""Allocations: what a running task tells the master, and what it waits for (rendezvous, preemption, all-gather)."""

from msgspec import field

from undeterred.wire.base import Endpoint, Int32, Json, Message
from undeterred.wire.tasks import AcceleratorData, Allocation


class RendezvousInfo(Message):
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
    summary="Allocation Ready",
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
    summary="Get Allocation",
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
    summary="Allocation Waiting",
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
    summary="Allocation Preemption Signal",
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
    summary="Allocation Pending Preemption Signal",
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
    summary="Ack Allocation Preemption Signal",
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
    summary="Mark Allocation Resources Daemon",
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
    summary="Allocation Rendezvous Info",
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
    summary="Post Allocation Proxy Address",
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
    summary="Post Allocation Accelerator Data",
    tags=("Internal",),
    body="*",
)


class AllocationAllGatherRequest(Message):
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
    summary="Allocation All Gather",
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
    summary="Notify Container Running",
    tags=("Internal",),
    body="*",
)
