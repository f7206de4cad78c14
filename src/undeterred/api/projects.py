"""Projects and their notes."""

from undeterred.api.serve import serves
from undeterred.services import projects
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.projects import (
    AddProjectNoteRequest,
    AddProjectNoteResponse,
    ArchiveProjectRequest,
    ArchiveProjectResponse,
    DeleteProjectRequest,
    DeleteProjectResponse,
    GetProjectByKeyRequest,
    GetProjectByKeyResponse,
    GetProjectRequest,
    GetProjectResponse,
    GetWorkspaceProjectsRequest,
    GetWorkspaceProjectsResponse,
    MoveProjectRequest,
    MoveProjectResponse,
    PatchProject,
    PatchProjectRequest,
    PatchProjectResponse,
    PostProjectRequest,
    PostProjectResponse,
    PutProjectNotesRequest,
    PutProjectNotesResponse,
    UnarchiveProjectRequest,
    UnarchiveProjectResponse,
    add_project_note,
    archive_project,
    delete_project,
    get_project,
    get_project_by_key,
    get_workspace_projects,
    move_project,
    patch_project,
    post_project,
    put_project_notes,
    unarchive_project,
)


@serves(get_project)
async def get(ctx: Context, _caller: Caller, request: GetProjectRequest) -> GetProjectResponse:
    return GetProjectResponse(project=await ctx.db.read(projects.get, request.id))


@serves(get_project_by_key)
async def get_by_key(ctx: Context, _caller: Caller, request: GetProjectByKeyRequest) -> GetProjectByKeyResponse:
    return GetProjectByKeyResponse(project=await ctx.db.read(projects.get_by_key, request.key))


@serves(get_workspace_projects)
async def list_projects(ctx: Context, caller: Caller, request: GetWorkspaceProjectsRequest) -> GetWorkspaceProjectsResponse:
    return await ctx.db.read(projects.list_projects, caller, request)


@serves(post_project)
async def create(ctx: Context, caller: Caller, request: PostProjectRequest) -> PostProjectResponse:
    return PostProjectResponse(project=await ctx.db.write(projects.create, caller, request))


@serves(patch_project)
async def patch(ctx: Context, caller: Caller, request: PatchProjectRequest) -> PatchProjectResponse:
    wanted = request.project or PatchProject()
    return PatchProjectResponse(project=await ctx.db.write(projects.patch, caller, request.id, wanted))


@serves(add_project_note)
async def add_note(ctx: Context, _caller: Caller, request: AddProjectNoteRequest) -> AddProjectNoteResponse:
    return AddProjectNoteResponse(notes=await ctx.db.write(projects.add_note, request.project_id, request.note))


@serves(put_project_notes)
async def put_notes(ctx: Context, _caller: Caller, request: PutProjectNotesRequest) -> PutProjectNotesResponse:
    return PutProjectNotesResponse(notes=await ctx.db.write(projects.put_notes, request.project_id, request.notes))


@serves(archive_project)
async def archive(ctx: Context, caller: Caller, request: ArchiveProjectRequest) -> ArchiveProjectResponse:
    await ctx.db.write(projects.archive, caller, request.id, True)
    return ArchiveProjectResponse()


@serves(unarchive_project)
async def unarchive(ctx: Context, caller: Caller, request: UnarchiveProjectRequest) -> UnarchiveProjectResponse:
    await ctx.db.write(projects.archive, caller, request.id, False)
    return UnarchiveProjectResponse()


@serves(move_project)
async def move(ctx: Context, caller: Caller, request: MoveProjectRequest) -> MoveProjectResponse:
    await ctx.db.write(projects.move, caller, request.project_id, request.destination_workspace_id)
    return MoveProjectResponse()


@serves(delete_project)
async def delete(ctx: Context, caller: Caller, request: DeleteProjectRequest) -> DeleteProjectResponse:
    await ctx.db.read(projects.check_delete, caller, request.id)
    return DeleteProjectResponse(completed=await ctx.db.write(projects.delete, caller, request.id))
