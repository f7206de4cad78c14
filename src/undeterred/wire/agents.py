"""Agents and their slots: the machines of a cluster as people see and switch them."""

from msgspec import field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Message
from undeterred.wire.common import OrderBy, Pagination
from undeterred.wire.containers import Container, Device


class Slot(Message):
    """A GPU, or the CPUs, of a machine, and what runs on it."""

    id: str = ""
    device: Device | None = None
    enabled: bool = False
    container: Container | None = None
    draining: bool = False


class DeviceStats(Message):
    states: dict[str, Int32] = field(default_factory=dict)
    draining: Int32 = 0
    disabled: Int32 = 0
    total: Int32 = 0


class SlotStats(Message):
    type_stats: dict[str, DeviceStats] = field(default_factory=dict)
    brand_stats: dict[str, DeviceStats] = field(default_factory=dict)


class Agent(Message):
    """A machine of the cluster: its slots, what runs on it, and whether it takes work."""

    id: str = ""
    registered_time: Instant | None = None
    slots: dict[str, Slot] = field(default_factory=dict)
    containers: dict[str, Container] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)
    enabled: bool = False
    draining: bool = False
    version: str = ""
    resource_pools: list[str] = field(default_factory=list)
    slot_stats: SlotStats | None = None


class GetAgentsRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED"
    SORT_BY_ID = "SORT_BY_ID"
    SORT_BY_TIME = "SORT_BY_TIME"


class GetAgentsRequest(Message):
    sort_by: GetAgentsRequestSortBy = GetAgentsRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    exclude_slots: bool = False
    exclude_containers: bool = False


class GetAgentsResponse(Message):
    agents: list[Agent] = field(default_factory=list)
    pagination: Pagination | None = None


get_agents = Endpoint(
    "GetAgents",
    "GET",
    "/api/v1/agents",
    GetAgentsRequest,
    GetAgentsResponse,
    summary="List the machines of the cluster with their slots and containers",
    tags=("Cluster",),
    query=True,
)


class GetAgentRequest(Message):
    agent_id: str = ""


class GetAgentResponse(Message):
    agent: Agent | None = None


get_agent = Endpoint(
    "GetAgent",
    "GET",
    "/api/v1/agents/{agentId}",
    GetAgentRequest,
    GetAgentResponse,
    summary="Show one machine of the cluster with its slots and containers",
    tags=("Cluster",),
)


class GetSlotsRequest(Message):
    agent_id: str = ""


class GetSlotsResponse(Message):
    slots: list[Slot] = field(default_factory=list)


get_slots = Endpoint(
    "GetSlots",
    "GET",
    "/api/v1/agents/{agentId}/slots",
    GetSlotsRequest,
    GetSlotsResponse,
    summary="List the slots (GPUs or CPUs) of one machine",
    tags=("Cluster",),
)


class GetSlotRequest(Message):
    agent_id: str = ""
    slot_id: str = ""


class GetSlotResponse(Message):
    slot: Slot | None = None


get_slot = Endpoint(
    "GetSlot",
    "GET",
    "/api/v1/agents/{agentId}/slots/{slotId}",
    GetSlotRequest,
    GetSlotResponse,
    summary="Show one slot of a machine and what runs on it",
    tags=("Cluster",),
)


class EnableAgentRequest(Message):
    agent_id: str = ""


class EnableAgentResponse(Message):
    agent: Agent | None = None


enable_agent = Endpoint(
    "EnableAgent",
    "POST",
    "/api/v1/agents/{agentId}/enable",
    EnableAgentRequest,
    EnableAgentResponse,
    summary="Let a machine take work again",
    tags=("Cluster",),
)


class DisableAgentRequest(Message):
    agent_id: str = ""
    drain: bool = False


class DisableAgentResponse(Message):
    agent: Agent | None = None


disable_agent = Endpoint(
    "DisableAgent",
    "POST",
    "/api/v1/agents/{agentId}/disable",
    DisableAgentRequest,
    DisableAgentResponse,
    summary="Give a machine no more work; end what runs there, or drain it",
    tags=("Cluster",),
    body="*",
)


class EnableSlotRequest(Message):
    agent_id: str = ""
    slot_id: str = ""


class EnableSlotResponse(Message):
    slot: Slot | None = None


enable_slot = Endpoint(
    "EnableSlot",
    "POST",
    "/api/v1/agents/{agentId}/slots/{slotId}/enable",
    EnableSlotRequest,
    EnableSlotResponse,
    summary="Let one slot of a machine take work again",
    tags=("Cluster",),
)


class DisableSlotRequest(Message):
    agent_id: str = ""
    slot_id: str = ""
    drain: bool = False


class DisableSlotResponse(Message):
    slot: Slot | None = None


disable_slot = Endpoint(
    "DisableSlot",
    "POST",
    "/api/v1/agents/{agentId}/slots/{slotId}/disable",
    DisableSlotRequest,
    DisableSlotResponse,
    summary="Give one slot no more work; end what runs on it, or drain it",
    tags=("Cluster",),
    body="*",
)
