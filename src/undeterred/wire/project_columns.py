"""Columns and ranges that a project's tables offer."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Double, Endpoint, Enum, Int32, Message


class MetricsRange(Message):
    """The least and greatest value of a metric."""

    metrics_name: str = ""
    min: Double = 0
    max: Double = 0


class LocationType(Enum):
    LOCATION_TYPE_UNSPECIFIED = "LOCATION_TYPE_UNSPECIFIED"
    LOCATION_TYPE_EXPERIMENT = "LOCATION_TYPE_EXPERIMENT"
    LOCATION_TYPE_HYPERPARAMETERS = "LOCATION_TYPE_HYPERPARAMETERS"
    LOCATION_TYPE_VALIDATIONS = "LOCATION_TYPE_VALIDATIONS"
    LOCATION_TYPE_TRAINING = "LOCATION_TYPE_TRAINING"
    LOCATION_TYPE_CUSTOM_METRIC = "LOCATION_TYPE_CUSTOM_METRIC"
    LOCATION_TYPE_RUN = "LOCATION_TYPE_RUN"
    LOCATION_TYPE_RUN_HYPERPARAMETERS = "LOCATION_TYPE_RUN_HYPERPARAMETERS"
    LOCATION_TYPE_RUN_METADATA = "LOCATION_TYPE_RUN_METADATA"


class ColumnType(Enum):
    COLUMN_TYPE_UNSPECIFIED = "COLUMN_TYPE_UNSPECIFIED"
    COLUMN_TYPE_TEXT = "COLUMN_TYPE_TEXT"
    COLUMN_TYPE_NUMBER = "COLUMN_TYPE_NUMBER"
    COLUMN_TYPE_DATE = "COLUMN_TYPE_DATE"
    COLUMN_TYPE_ARRAY = "COLUMN_TYPE_ARRAY"


class ProjectColumn(Message):
    """A column that a project's tables can show."""

    column: str = ""
    location: LocationType = LocationType.LOCATION_TYPE_UNSPECIFIED
    type: ColumnType = ColumnType.COLUMN_TYPE_UNSPECIFIED
    display_name: str = ""


class TableType(Enum):
    TABLE_TYPE_UNSPECIFIED = "TABLE_TYPE_UNSPECIFIED"
    TABLE_TYPE_EXPERIMENT = "TABLE_TYPE_EXPERIMENT"
    TABLE_TYPE_RUN = "TABLE_TYPE_RUN"


class GetProjectColumnsRequest(Message):
    id: Int32 = 0
    table_type: TableType | UnsetType = UNSET


class GetProjectColumnsResponse(Message):
    columns: list[ProjectColumn] = field(default_factory=list)


get_project_columns = Endpoint(
    "GetProjectColumns",
    "GET",
    "/api/v1/projects/{id}/columns",
    GetProjectColumnsRequest,
    GetProjectColumnsResponse,
    summary="List the columns that tables of a project can show",
    tags=("Projects", "Internal"),
    query=True,
)


class GetProjectNumericMetricsRangeRequest(Message):
    id: Int32 = 0


class GetProjectNumericMetricsRangeResponse(Message):
    ranges: list[MetricsRange] = field(default_factory=list)


get_project_numeric_metrics_range = Endpoint(
    "GetProjectNumericMetricsRange",
    "GET",
    "/api/v1/projects/{id}/experiments/metric-ranges",
    GetProjectNumericMetricsRangeRequest,
    GetProjectNumericMetricsRangeResponse,
    summary="List the least and greatest value of each metric in a project",
    tags=("Projects", "Internal"),
)


class GetMetadataValuesRequest(Message):
    key: str = ""
    project_id: Int32 = 0


class GetMetadataValuesResponse(Message):
    values: list[str] = field(default_factory=list)


get_metadata_values = Endpoint(
    "GetMetadataValues",
    "GET",
    "/api/v1/projects/{projectId}/metadata/{key}",
    GetMetadataValuesRequest,
    GetMetadataValuesResponse,
    summary="List the texts that runs of a project have under a metadata key",
    tags=("Internal",),
)
