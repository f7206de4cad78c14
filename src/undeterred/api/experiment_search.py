"""The experiments' table."""

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import experiment_search
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.experiment_search import SearchExperimentsRequest, SearchExperimentsResponse, search_experiments


@serves(search_experiments, needs=Permission.VIEW_EXPERIMENT_METADATA)
async def search(ctx: Context, _caller: Caller, request: SearchExperimentsRequest) -> SearchExperimentsResponse:
    return await ctx.db.read_long(experiment_search.page, ctx.search_views, ctx.experiment_index, request)
