"""What several nouns share: paging, order, filters of fields, files, warnings of a launch."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Enum, Int32, Int64, Message


class Int32FieldFilter(Message):
    """A range of integers, or a list of them; all that is given must hold."""

    lt: Int32 | UnsetType = UNSET
    lte: Int32 | UnsetType = UNSET
    gt: Int32 | UnsetType = UNSET
    gte: Int32 | UnsetType = UNSET
    incl: list[Int32] = field(default_factory=list)
    not_in: list[Int32] = field(default_factory=list)


class File(Message):
    """A file or folder on its way to the cluster: path, content (base64), mode and time of change (seconds)."""

    path: str = ""
    type: Int32 = 0
    content: bytes = b""
    mtime: Int64 = "0"
    mode: Int32 = 0
    uid: Int32 = 0
    gid: Int32 = 0


class Pagination(Message):
    """Which part of a list an answer has."""

    offset: Int32 = 0
    limit: Int32 = 0
    start_index: Int32 = 0
    end_index: Int32 = 0
    total: Int32 = 0


class LaunchWarning(Enum):
    LAUNCH_WARNING_UNSPECIFIED = "LAUNCH_WARNING_UNSPECIFIED"
    LAUNCH_WARNING_CURRENT_SLOTS_EXCEEDED = "LAUNCH_WARNING_CURRENT_SLOTS_EXCEEDED"


class MetricType(Enum):
    METRIC_TYPE_UNSPECIFIED = "METRIC_TYPE_UNSPECIFIED"
    METRIC_TYPE_TRAINING = "METRIC_TYPE_TRAINING"
    METRIC_TYPE_VALIDATION = "METRIC_TYPE_VALIDATION"
    METRIC_TYPE_PROFILING = "METRIC_TYPE_PROFILING"


class OrderBy(Enum):
    ORDER_BY_UNSPECIFIED = "ORDER_BY_UNSPECIFIED"
    ORDER_BY_ASC = "ORDER_BY_ASC"
    ORDER_BY_DESC = "ORDER_BY_DESC"
