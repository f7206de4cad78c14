"""Containers and the devices in them, as agents and tasks show them."""

from msgspec import field

from undeterred.wire.base import Enum, Int32, Message


class ContainerState(Enum):
    STATE_UNSPECIFIED = "STATE_UNSPECIFIED"
    STATE_ASSIGNED = "STATE_ASSIGNED"
    STATE_PULLING = "STATE_PULLING"
    STATE_STARTING = "STATE_STARTING"
    STATE_RUNNING = "STATE_RUNNING"
    STATE_TERMINATED = "STATE_TERMINATED"


class DeviceType(Enum):
    TYPE_UNSPECIFIED = "TYPE_UNSPECIFIED"
    TYPE_CPU = "TYPE_CPU"
    TYPE_CUDA = "TYPE_CUDA"
    TYPE_ROCM = "TYPE_ROCM"


class Device(Message):
    """A GPU or CPU of a machine."""

    id: Int32 = 0
    brand: str = ""
    uuid: str = ""
    type: DeviceType = DeviceType.TYPE_UNSPECIFIED


class Container(Message):
    """The processes of an allocation on one machine."""

    parent: str = ""
    id: str = ""
    state: ContainerState = ContainerState.STATE_UNSPECIFIED
    devices: list[Device] = field(default_factory=list)
    permission_denied: bool = False
