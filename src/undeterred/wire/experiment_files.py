"""The model definition of an experiment: archive, tree and single files."""

from msgspec import field

from undeterred.wire.base import Endpoint, Instant, Int32, Message


class FileNode(Message):
    """A file or folder of an experiment's code, as a tree shows it."""

    path: str = ""
    name: str = ""
    modified_time: Instant | None = None
    content_length: Int32 = 0
    is_dir: bool = False
    content_type: str = ""
    files: list["FileNode"] = field(default_factory=list)


class GetModelDefRequest(Message):
    experiment_id: Int32 = 0


class GetModelDefResponse(Message):
    b64_tgz: str = ""


get_model_def = Endpoint(
    "GetModelDef",
    "GET",
    "/api/v1/experiments/{experimentId}/model_def",
    GetModelDefRequest,
    GetModelDefResponse,
    summary="Download an experiment's code as one archive (tar.gz, base64)",
    tags=("Experiments",),
    deprecated=True,
)


class GetModelDefTreeRequest(Message):
    experiment_id: Int32 = 0


class GetModelDefTreeResponse(Message):
    files: list[FileNode] = field(default_factory=list)


get_model_def_tree = Endpoint(
    "GetModelDefTree",
    "GET",
    "/api/v1/experiments/{experimentId}/file_tree",
    GetModelDefTreeRequest,
    GetModelDefTreeResponse,
    summary="List the files of an experiment's code as a tree",
    tags=("Experiments",),
)


class GetModelDefFileRequest(Message):
    experiment_id: Int32 = 0
    path: str = ""


class GetModelDefFileResponse(Message):
    file: bytes = b""


get_model_def_file = Endpoint(
    "GetModelDefFile",
    "POST",
    "/api/v1/experiments/{experimentId}/file",
    GetModelDefFileRequest,
    GetModelDefFileResponse,
    summary="Get one file of an experiment's code (base64)",
    tags=("Experiments",),
    body="*",
)
