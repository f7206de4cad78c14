"""The model registry."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Json, JsonList, Message
from undeterred.wire.common import OrderBy, Pagination


class Model(Message):
    """A model of the registry, which collects checkpoints as its versions."""

    name: str = ""
    description: str = ""
    metadata: Json | None = None
    creation_time: Instant | None = None
    last_updated_time: Instant | None = None
    id: Int32 = 0
    num_versions: Int32 = 0
    labels: list[str] = field(default_factory=list)
    username: str = ""
    workspace_id: Int32 = 0
    user_id: Int32 = 0
    archived: bool = False
    notes: str = ""


class PatchModel(Message):
    """What is to change of a model; what is left out stays."""

    name: str | None = None
    description: str | None = None
    metadata: Json | None = None
    labels: JsonList | None = None
    notes: str | None = None
    workspace_name: str | UnsetType = UNSET
    workspace_id: Int32 | UnsetType = UNSET


class GetModelRequest(Message):
    model_name: str = ""


class GetModelResponse(Message):
    model: Model | None = None


get_model = Endpoint(
    "GetModel",
    "GET",
    "/api/v1/models/{modelName}",
    GetModelRequest,
    GetModelResponse,
    summary="Show one model of the registry, by name or id",
    tags=("Models",),
)


class PostModelRequest(Message):
    name: str = ""
    description: str = ""
    metadata: Json | None = None
    labels: list[str] = field(default_factory=list)
    workspace_name: str | UnsetType = UNSET
    workspace_id: Int32 | UnsetType = UNSET
    notes: str = ""


class PostModelResponse(Message):
    model: Model | None = None


post_model = Endpoint(
    "PostModel",
    "POST",
    "/api/v1/models",
    PostModelRequest,
    PostModelResponse,
    summary="Make a model in the registry, without versions at first",
    tags=("Models",),
    body="*",
)


class PatchModelRequest(Message):
    model: PatchModel | None = None
    model_name: str = ""


class PatchModelResponse(Message):
    model: Model | None = None


patch_model = Endpoint(
    "PatchModel",
    "PATCH",
    "/api/v1/models/{modelName}",
    PatchModelRequest,
    PatchModelResponse,
    summary="Change a model's name, description, notes, labels or workspace",
    tags=("Models",),
    body="model",
)


class ArchiveModelRequest(Message):
    model_name: str = ""


class ArchiveModelResponse(Message):
    pass


archive_model = Endpoint(
    "ArchiveModel",
    "POST",
    "/api/v1/models/{modelName}/archive",
    ArchiveModelRequest,
    ArchiveModelResponse,
    summary="Put a model into the archive: no change, no new versions",
    tags=("Models",),
)


class UnarchiveModelRequest(Message):
    model_name: str = ""


class UnarchiveModelResponse(Message):
    pass


unarchive_model = Endpoint(
    "UnarchiveModel",
    "POST",
    "/api/v1/models/{modelName}/unarchive",
    UnarchiveModelRequest,
    UnarchiveModelResponse,
    summary="Take a model out of the archive",
    tags=("Models",),
)


class MoveModelRequest(Message):
    model_name: str = ""
    destination_workspace_id: Int32 = 0


class MoveModelResponse(Message):
    pass


move_model = Endpoint(
    "MoveModel",
    "POST",
    "/api/v1/models/{modelName}/move",
    MoveModelRequest,
    MoveModelResponse,
    summary="Move a model to another workspace",
    tags=("Models",),
    body="*",
)


class DeleteModelRequest(Message):
    model_name: str = ""


class DeleteModelResponse(Message):
    pass


delete_model = Endpoint(
    "DeleteModel",
    "DELETE",
    "/api/v1/models/{modelName}",
    DeleteModelRequest,
    DeleteModelResponse,
    summary="Delete a model and its versions; the checkpoints stay",
    tags=("Models",),
)


class GetModelsRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED", 0
    SORT_BY_NAME = "SORT_BY_NAME", 1
    SORT_BY_DESCRIPTION = "SORT_BY_DESCRIPTION", 2
    SORT_BY_CREATION_TIME = "SORT_BY_CREATION_TIME", 4
    SORT_BY_LAST_UPDATED_TIME = "SORT_BY_LAST_UPDATED_TIME", 5
    SORT_BY_NUM_VERSIONS = "SORT_BY_NUM_VERSIONS", 6
    SORT_BY_WORKSPACE = "SORT_BY_WORKSPACE", 7


class GetModelsRequest(Message):
    sort_by: GetModelsRequestSortBy = GetModelsRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    name: str = ""
    description: str = ""
    labels: list[str] = field(default_factory=list)
    archived: bool | None = None
    users: list[str] = field(default_factory=list)
    workspace_names: list[str] = field(default_factory=list)
    user_ids: list[Int32] = field(default_factory=list)
    id: Int32 = 0
    workspace_ids: list[Int32] = field(default_factory=list)


class GetModelsResponse(Message):
    models: list[Model] = field(default_factory=list)
    pagination: Pagination | None = None


get_models = Endpoint(
    "GetModels",
    "GET",
    "/api/v1/models",
    GetModelsRequest,
    GetModelsResponse,
    summary="List the models of the registry, filtered and sorted",
    tags=("Models",),
    query=True,
)


class GetModelLabelsRequest(Message):
    workspace_id: Int32 | UnsetType = UNSET


class GetModelLabelsResponse(Message):
    labels: list[str] = field(default_factory=list)


get_model_labels = Endpoint(
    "GetModelLabels",
    "GET",
    "/api/v1/model/labels",
    GetModelLabelsRequest,
    GetModelLabelsResponse,
    summary="List the labels that models have, the most used first",
    tags=("Models",),
    query=True,
)
