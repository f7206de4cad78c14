"""Versions of a registered model."""

from msgspec import field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Json, JsonList, Message
from undeterred.wire.checkpoints import Checkpoint
from undeterred.wire.common import OrderBy, Pagination
from undeterred.wire.models import Model


class ModelVersion(Message):
    """A checkpoint registered as a version of a model."""

    model: Model | None = None
    checkpoint: Checkpoint | None = None
    version: Int32 = 0
    creation_time: Instant | None = None
    id: Int32 = 0
    name: str = ""
    metadata: Json | None = None
    last_updated_time: Instant | None = None
    comment: str = ""
    username: str = ""
    user_id: Int32 = 0
    labels: list[str] = field(default_factory=list)
    notes: str = ""


class PatchModelVersion(Message):
    """What is to change of a model version; what is left out stays."""

    checkpoint: Checkpoint | None = None
    name: str | None = None
    metadata: Json | None = None
    comment: str | None = None
    labels: JsonList | None = None
    notes: str | None = None


class GetModelVersionRequest(Message):
    model_name: str = ""
    model_version_num: Int32 = 0


class GetModelVersionResponse(Message):
    model_version: ModelVersion | None = None


get_model_version = Endpoint(
    "GetModelVersion",
    "GET",
    "/api/v1/models/{modelName}/versions/{modelVersionNum}",
    GetModelVersionRequest,
    GetModelVersionResponse,
    summary="Show one version of a model with its checkpoint",
    tags=("Models",),
)


class GetModelVersionsRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED", 0
    SORT_BY_VERSION = "SORT_BY_VERSION", 3
    SORT_BY_CREATION_TIME = "SORT_BY_CREATION_TIME", 4


class GetModelVersionsRequest(Message):
    sort_by: GetModelVersionsRequestSortBy = GetModelVersionsRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    model_name: str = ""


class GetModelVersionsResponse(Message):
    model: Model | None = None
    model_versions: list[ModelVersion] = field(default_factory=list)
    pagination: Pagination | None = None


get_model_versions = Endpoint(
    "GetModelVersions",
    "GET",
    "/api/v1/models/{modelName}/versions",
    GetModelVersionsRequest,
    GetModelVersionsResponse,
    summary="List the versions of a model with their checkpoints",
    tags=("Models",),
    query=True,
)


class PostModelVersionRequest(Message):
    model_name: str = ""
    checkpoint_uuid: str = ""
    name: str = ""
    comment: str = ""
    metadata: Json | None = None
    labels: list[str] = field(default_factory=list)
    notes: str = ""


class PostModelVersionResponse(Message):
    model_version: ModelVersion | None = None


post_model_version = Endpoint(
    "PostModelVersion",
    "POST",
    "/api/v1/models/{modelName}/versions",
    PostModelVersionRequest,
    PostModelVersionResponse,
    summary="Register a completed checkpoint as the next version of a model",
    tags=("Models",),
    body="*",
)


class PatchModelVersionRequest(Message):
    model_name: str = ""
    model_version: PatchModelVersion | None = None
    model_version_num: Int32 = 0


class PatchModelVersionResponse(Message):
    model_version: ModelVersion | None = None


patch_model_version = Endpoint(
    "PatchModelVersion",
    "PATCH",
    "/api/v1/models/{modelName}/versions/{modelVersionNum}",
    PatchModelVersionRequest,
    PatchModelVersionResponse,
    summary="Change name, comment, notes, labels or metadata of a model version",
    tags=("Models",),
    body="modelVersion",
)


class DeleteModelVersionRequest(Message):
    model_name: str = ""
    model_version_num: Int32 = 0


class DeleteModelVersionResponse(Message):
    pass


delete_model_version = Endpoint(
    "DeleteModelVersion",
    "DELETE",
    "/api/v1/models/{modelName}/versions/{modelVersionNum}",
    DeleteModelVersionRequest,
    DeleteModelVersionResponse,
    summary="Delete a version of a model; its checkpoint stays",
    tags=("Models",),
)
