"""Columns and ranges that a project's tables offer."""

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import project_columns
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire import project_columns as wire

VIEW = Permission.VIEW_EXPERIMENT_METADATA


@serves(wire.get_project_columns, needs=VIEW)
async def columns(ctx: Context, _caller: Caller, request: wire.GetProjectColumnsRequest) -> wire.GetProjectColumnsResponse:
    of_runs = request.table_type is wire.TableType.TABLE_TYPE_RUN
    found = await ctx.db.read(project_columns.of_runs if of_runs else project_columns.of_experiments, request.id)
    return wire.GetProjectColumnsResponse(columns=found)


@serves(wire.get_project_numeric_metrics_range, needs=VIEW)
async def ranges(
    ctx: Context, _caller: Caller, request: wire.GetProjectNumericMetricsRangeRequest
) -> wire.GetProjectNumericMetricsRangeResponse:
    return wire.GetProjectNumericMetricsRangeResponse(ranges=await ctx.db.read(project_columns.ranges, request.id))


@serves(wire.get_metadata_values, needs=VIEW)
async def metadata_values(ctx: Context, _caller: Caller, request: wire.GetMetadataValuesRequest) -> wire.GetMetadataValuesResponse:
    found = await ctx.db.read(project_columns.metadata_values, request.project_id, request.key)
    return wire.GetMetadataValuesResponse(values=found)
