"""The runs' table."""

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import run_search
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.runs import SearchRunsRequest, SearchRunsResponse, search_runs


@serves(search_runs, needs=Permission.VIEW_EXPERIMENT_METADATA)
async def search(ctx: Context, _caller: Caller, request: SearchRunsRequest) -> SearchRunsResponse:
    return await ctx.db.read_long(run_search.page, ctx.search_views, request)
