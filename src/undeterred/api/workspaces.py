"""Workspaces: create, read, change, archive, pin, delete."""

from undeterred.api.serve import serves
from undeterred.services import workspaces
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.workspaces import (
    ArchiveWorkspaceRequest,
    ArchiveWorkspaceResponse,
    DeleteWorkspaceRequest,
    DeleteWorkspaceResponse,
    GetWorkspaceRequest,
    GetWorkspaceResponse,
    GetWorkspacesRequest,
    GetWorkspacesResponse,
    PatchWorkspace,
    PatchWorkspaceRequest,
    PatchWorkspaceResponse,
    PinWorkspaceRequest,
    PinWorkspaceResponse,
    PostWorkspaceRequest,
    PostWorkspaceResponse,
    UnarchiveWorkspaceRequest,
    UnarchiveWorkspaceResponse,
    UnpinWorkspaceRequest,
    UnpinWorkspaceResponse,
    archive_workspace,
    delete_workspace,
    get_workspace,
    get_workspaces,
    patch_workspace,
    pin_workspace,
    post_workspace,
    unarchive_workspace,
    unpin_workspace,
)


@serves(get_workspace)
async def get(ctx: Context, caller: Caller, request: GetWorkspaceRequest) -> GetWorkspaceResponse:
    return GetWorkspaceResponse(workspace=await ctx.db.read(workspaces.get, caller, request.id))


@serves(get_workspaces)
async def list_workspaces(ctx: Context, caller: Caller, request: GetWorkspacesRequest) -> GetWorkspacesResponse:
    return await ctx.db.read(workspaces.list_workspaces, caller, request)


@serves(post_workspace)
async def create(ctx: Context, caller: Caller, request: PostWorkspaceRequest) -> PostWorkspaceResponse:
    return PostWorkspaceResponse(workspace=await ctx.db.write(workspaces.create, caller, request))


@serves(patch_workspace)
async def patch(ctx: Context, caller: Caller, request: PatchWorkspaceRequest) -> PatchWorkspaceResponse:
    wanted = request.workspace or PatchWorkspace()
    return PatchWorkspaceResponse(workspace=await ctx.db.write(workspaces.patch, caller, request.id, wanted, ctx.settings.config))


@serves(archive_workspace)
async def archive(ctx: Context, caller: Caller, request: ArchiveWorkspaceRequest) -> ArchiveWorkspaceResponse:
    await ctx.db.write(workspaces.archive, caller, request.id, True)
    return ArchiveWorkspaceResponse()


@serves(unarchive_workspace)
async def unarchive(ctx: Context, caller: Caller, request: UnarchiveWorkspaceRequest) -> UnarchiveWorkspaceResponse:
    await ctx.db.write(workspaces.archive, caller, request.id, False)
    return UnarchiveWorkspaceResponse()


@serves(pin_workspace)
async def pin(ctx: Context, caller: Caller, request: PinWorkspaceRequest) -> PinWorkspaceResponse:
    await ctx.db.write(workspaces.pin, caller, request.id, True)
    return PinWorkspaceResponse()


@serves(unpin_workspace)
async def unpin(ctx: Context, caller: Caller, request: UnpinWorkspaceRequest) -> UnpinWorkspaceResponse:
    await ctx.db.write(workspaces.pin, caller, request.id, False)
    return UnpinWorkspaceResponse()


@serves(delete_workspace)
async def delete(ctx: Context, caller: Caller, request: DeleteWorkspaceRequest) -> DeleteWorkspaceResponse:
    await ctx.db.read(workspaces.check_delete, caller, request.id)
    return DeleteWorkspaceResponse(completed=await ctx.db.write(workspaces.delete, caller, request.id))
