"""Templates of configuration."""

from undeterred.api.serve import serves
from undeterred.services import templates
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.templates import (
    DeleteTemplateRequest,
    DeleteTemplateResponse,
    GetTemplateRequest,
    GetTemplateResponse,
    GetTemplatesRequest,
    GetTemplatesResponse,
    PatchTemplateConfigRequest,
    PatchTemplateConfigResponse,
    PatchTemplateNameRequest,
    PatchTemplateNameResponse,
    PostTemplateRequest,
    PostTemplateResponse,
    PutTemplateRequest,
    PutTemplateResponse,
    delete_template,
    get_template,
    get_templates,
    patch_template_config,
    patch_template_name,
    post_template,
    put_template,
)


@serves(get_templates)
async def list_templates(ctx: Context, _caller: Caller, request: GetTemplatesRequest) -> GetTemplatesResponse:
    return await ctx.db.read(templates.list_templates, request)


@serves(get_template)
async def get(ctx: Context, _caller: Caller, request: GetTemplateRequest) -> GetTemplateResponse:
    return GetTemplateResponse(template=await ctx.db.read(templates.get, request.template_name))


@serves(post_template)
async def create(ctx: Context, caller: Caller, request: PostTemplateRequest) -> PostTemplateResponse:
    return PostTemplateResponse(template=await ctx.db.write(templates.create, caller, request.template))


@serves(put_template)
async def put(ctx: Context, caller: Caller, request: PutTemplateRequest) -> PutTemplateResponse:
    return PutTemplateResponse(template=await ctx.db.write(templates.put, caller, request.template))


@serves(patch_template_config)
async def patch_config(ctx: Context, _caller: Caller, request: PatchTemplateConfigRequest) -> PatchTemplateConfigResponse:
    changed = await ctx.db.write(templates.patch_config, request.template_name, request.config)
    return PatchTemplateConfigResponse(template=changed)


@serves(patch_template_name)
async def rename(ctx: Context, _caller: Caller, request: PatchTemplateNameRequest) -> PatchTemplateNameResponse:
    return PatchTemplateNameResponse(template=await ctx.db.write(templates.rename, request.old_name, request.new_name))


@serves(delete_template)
async def delete(ctx: Context, _caller: Caller, request: DeleteTemplateRequest) -> DeleteTemplateResponse:
    await ctx.db.write(templates.delete, request.template_name)
    return DeleteTemplateResponse()
