"""Templates of configuration."""

from msgspec import field

from undeterred.wire.base import Endpoint, Enum, Int32, Json, Message
from undeterred.wire.common import OrderBy, Pagination


class Template(Message):
    """A piece of configuration that experiments can build on."""

    name: str = ""
    config: Json | None = None
    workspace_id: Int32 = 0


class GetTemplatesRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED"
    SORT_BY_NAME = "SORT_BY_NAME"


class GetTemplatesRequest(Message):
    sort_by: GetTemplatesRequestSortBy = GetTemplatesRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    name: str = ""
    workspace_ids: list[Int32] = field(default_factory=list)


class GetTemplatesResponse(Message):
    templates: list[Template] = field(default_factory=list)
    pagination: Pagination | None = None


get_templates = Endpoint(
    "GetTemplates",
    "GET",
    "/api/v1/templates",
    GetTemplatesRequest,
    GetTemplatesResponse,
    summary="List the templates of experiment configuration",
    tags=("Templates",),
    query=True,
)


class GetTemplateRequest(Message):
    template_name: str = ""


class GetTemplateResponse(Message):
    template: Template | None = None


get_template = Endpoint(
    "GetTemplate",
    "GET",
    "/api/v1/templates/{templateName}",
    GetTemplateRequest,
    GetTemplateResponse,
    summary="Show one template of experiment configuration",
    tags=("Templates",),
)


class PutTemplateRequest(Message):
    template: Template | None = None


class PutTemplateResponse(Message):
    template: Template | None = None


put_template = Endpoint(
    "PutTemplate",
    "PUT",
    "/api/v1/templates/{template.name}",
    PutTemplateRequest,
    PutTemplateResponse,
    summary="Make a template, or replace it (older form)",
    tags=("Templates",),
    body="template",
    deprecated=True,
)


class PostTemplateRequest(Message):
    template: Template | None = None


class PostTemplateResponse(Message):
    template: Template | None = None


post_template = Endpoint(
    "PostTemplate",
    "POST",
    "/api/v1/templates/{template.name}",
    PostTemplateRequest,
    PostTemplateResponse,
    summary="Make a template that experiments can build on",
    tags=("Templates",),
    body="template",
)


class PatchTemplateConfigRequest(Message):
    template_name: str = ""
    config: Json | None = None


class PatchTemplateConfigResponse(Message):
    template: Template | None = None


patch_template_config = Endpoint(
    "PatchTemplateConfig",
    "PATCH",
    "/api/v1/templates/{templateName}",
    PatchTemplateConfigRequest,
    PatchTemplateConfigResponse,
    summary="Replace the configuration of a template",
    tags=("Templates",),
    body="config",
)


class PatchTemplateNameRequest(Message):
    old_name: str = ""
    new_name: str = ""


class PatchTemplateNameResponse(Message):
    template: Template | None = None


patch_template_name = Endpoint(
    "PatchTemplateName",
    "PATCH",
    "/api/v1/template/rename",
    PatchTemplateNameRequest,
    PatchTemplateNameResponse,
    summary="Give a template another name",
    tags=("Templates",),
    body="*",
)


class DeleteTemplateRequest(Message):
    template_name: str = ""


class DeleteTemplateResponse(Message):
    pass


delete_template = Endpoint(
    "DeleteTemplate",
    "DELETE",
    "/api/v1/templates/{templateName}",
    DeleteTemplateRequest,
    DeleteTemplateResponse,
    summary="Delete a template; experiments made with it do not change",
    tags=("Templates",),
)
