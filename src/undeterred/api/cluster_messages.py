"""The message to everybody on the cluster."""

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import cluster_messages
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.cluster import (
    DeleteClusterMessageRequest,
    DeleteClusterMessageResponse,
    GetClusterMessageRequest,
    GetClusterMessageResponse,
    SetClusterMessageRequest,
    SetClusterMessageResponse,
    delete_cluster_message,
    get_cluster_message,
    set_cluster_message,
)


@serves(get_cluster_message, needs=Permission.UPDATE_MASTER_CONFIG)
async def get(ctx: Context, _caller: Caller, _request: GetClusterMessageRequest) -> GetClusterMessageResponse:
    return GetClusterMessageResponse(cluster_message=await ctx.db.read(cluster_messages.get))


@serves(set_cluster_message, needs=Permission.UPDATE_MASTER_CONFIG)
async def put(ctx: Context, _caller: Caller, request: SetClusterMessageRequest) -> SetClusterMessageResponse:
    await ctx.db.write(cluster_messages.put, request)
    return SetClusterMessageResponse()


@serves(delete_cluster_message, needs=Permission.UPDATE_MASTER_CONFIG)
async def delete(ctx: Context, _caller: Caller, _request: DeleteClusterMessageRequest) -> DeleteClusterMessageResponse:
    await ctx.db.write(cluster_messages.remove)
    return DeleteClusterMessageResponse()
