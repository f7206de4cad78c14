"""The job queue: lists, counts, moves."""

import time

from undeterred.api.serve import serves
from undeterred.services import job_queue
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire.base import instant
from undeterred.wire.jobs import (
    AggregateQueueStats,
    GetJobQueueStatsRequest,
    GetJobQueueStatsResponse,
    GetJobsRequest,
    GetJobsResponse,
    GetJobsV2Request,
    GetJobsV2Response,
    QueueStats,
    RBACJob,
    RPQueueStat,
    UpdateJobQueueRequest,
    UpdateJobQueueResponse,
    get_job_queue_stats,
    get_jobs,
    get_jobs_v2,
    update_job_queue,
)


@serves(get_jobs)
async def get(ctx: Context, _caller: Caller, request: GetJobsRequest) -> GetJobsResponse:
    found, window = await ctx.db.read(job_queue.get, ctx.settings.config, request)
    return GetJobsResponse(pagination=window, jobs=found)


@serves(get_jobs_v2)
async def get_v2(ctx: Context, _caller: Caller, request: GetJobsV2Request) -> GetJobsV2Response:
    found, window = await ctx.db.read(job_queue.get, ctx.settings.config, request)
    return GetJobsV2Response(pagination=window, jobs=[RBACJob(full=job) for job in found])


@serves(get_job_queue_stats)
async def stats(ctx: Context, _caller: Caller, request: GetJobQueueStatsRequest) -> GetJobQueueStatsResponse:
    counts = await ctx.db.read(job_queue.stats)
    today = AggregateQueueStats(period_start=instant(time.time_ns() // 1000)[:10])
    return GetJobQueueStatsResponse(
        results=[
            RPQueueStat(
                stats=QueueStats(queued_count=counts[pool].queued, scheduled_count=counts[pool].scheduled)
                if pool in counts
                else QueueStats(),
                resource_pool=pool,
                aggregates=[today],
            )
            for pool in sorted(one.pool_name for one in ctx.settings.config.resource_pools)
            if not request.resource_pools or pool in request.resource_pools
        ]
    )


@serves(update_job_queue)
async def update(ctx: Context, caller: Caller, request: UpdateJobQueueRequest) -> UpdateJobQueueResponse:
    problems = await ctx.db.write(job_queue.update, ctx.settings.config, request.updates, caller)
    if problems:
        raise job_queue.together(problems)
    return UpdateJobQueueResponse()
