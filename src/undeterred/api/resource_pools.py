"""Resource pools."""

from undeterred.api.serve import serves
from undeterred.services import resource_pools
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.services.paging import sliced
from undeterred.wire.resource_pools import GetResourcePoolsRequest, GetResourcePoolsResponse, get_resource_pools


@serves(get_resource_pools)
async def get_all(ctx: Context, _caller: Caller, request: GetResourcePoolsRequest) -> GetResourcePoolsResponse:
    found = await ctx.db.read(resource_pools.get_all, ctx.settings.config)
    window = sliced(request.offset, request.limit, len(found))
    return GetResourcePoolsResponse(resource_pools=found[window.start_index : window.end_index], pagination=window)
