"""What a user looked at last."""

from undeterred.api.serve import serves
from undeterred.services import user_activity
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.user_activity import (
    GetProjectsByUserActivityRequest,
    GetProjectsByUserActivityResponse,
    PostUserActivityRequest,
    PostUserActivityResponse,
    get_projects_by_user_activity,
    post_user_activity,
)


@serves(post_user_activity)
async def note(ctx: Context, caller: Caller, request: PostUserActivityRequest) -> PostUserActivityResponse:
    await ctx.db.write(user_activity.note, caller, request)
    return PostUserActivityResponse()


@serves(get_projects_by_user_activity)
async def projects(ctx: Context, caller: Caller, request: GetProjectsByUserActivityRequest) -> GetProjectsByUserActivityResponse:
    return GetProjectsByUserActivityResponse(projects=await ctx.db.read(user_activity.seen_projects, caller, request.limit))
