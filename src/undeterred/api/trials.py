"""Trials: make, read, list, and the life of a trial as its own process reports it."""

import uuid

from undeterred.api.serve import serves
from undeterred.domain.access.permissions import Permission
from undeterred.services import trial_lists, trial_logs_kept, trials, workloads
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.wire import logs as logs_wire
from undeterred.wire import trials as wire

VIEW, EDIT, CREATE = Permission.VIEW_EXPERIMENT_METADATA, Permission.UPDATE_EXPERIMENT, Permission.CREATE_EXPERIMENT


@serves(wire.create_trial, needs=CREATE)
async def create(ctx: Context, caller: Caller, request: wire.CreateTrialRequest) -> wire.CreateTrialResponse:
    return wire.CreateTrialResponse(trial=await ctx.db.write(trials.create, caller, request, str(uuid.uuid4())))


@serves(wire.put_trial, needs=CREATE)
async def put(ctx: Context, caller: Caller, request: wire.PutTrialRequest) -> wire.PutTrialResponse:
    return wire.PutTrialResponse(trial=await ctx.db.write(trials.put, caller, request, str(uuid.uuid4())))


@serves(wire.patch_trial, needs=EDIT)
async def patch(ctx: Context, caller: Caller, request: wire.PatchTrialRequest) -> wire.PatchTrialResponse:
    return wire.PatchTrialResponse(trial=await ctx.db.write(trials.patch, caller, request))


@serves(wire.start_trial, needs=EDIT)
async def start(ctx: Context, caller: Caller, request: wire.StartTrialRequest) -> wire.StartTrialResponse:
    return await ctx.db.write(trials.start, caller, request.trial_id, request.resume)


@serves(wire.get_trial, needs=VIEW)
async def get(ctx: Context, _caller: Caller, request: wire.GetTrialRequest) -> wire.GetTrialResponse:
    return wire.GetTrialResponse(trial=await ctx.db.read(trials.get, request.trial_id))


@serves(wire.get_trial_by_external_id, needs=VIEW)
async def get_by_external_id(ctx: Context, _caller: Caller, request: wire.GetTrialByExternalIDRequest) -> wire.GetTrialByExternalIDResponse:
    trial = await ctx.db.read(trials.get_by_external_id, request.external_experiment_id, request.external_trial_id)
    return wire.GetTrialByExternalIDResponse(trial=trial)


@serves(wire.get_experiment_trials, needs=VIEW)
async def of_experiment(ctx: Context, _caller: Caller, request: wire.GetExperimentTrialsRequest) -> wire.GetExperimentTrialsResponse:
    return await ctx.db.read(trial_lists.of_experiment, request)


@serves(wire.get_trial_workloads, needs=VIEW)
async def list_workloads(ctx: Context, _caller: Caller, request: wire.GetTrialWorkloadsRequest) -> wire.GetTrialWorkloadsResponse:
    return await ctx.db.read(workloads.list_workloads, request)


@serves(wire.kill_trial, needs=EDIT)
async def kill(ctx: Context, caller: Caller, request: wire.KillTrialRequest) -> wire.KillTrialResponse:
    await ctx.db.write(trials.kill, caller, request.id)
    return wire.KillTrialResponse()


@serves(wire.report_trial_searcher_early_exit, needs=EDIT)
async def early_exit(
    ctx: Context, caller: Caller, request: wire.ReportTrialSearcherEarlyExitRequest
) -> wire.ReportTrialSearcherEarlyExitResponse:
    await ctx.db.write(trials.early_exit, caller, request)
    return wire.ReportTrialSearcherEarlyExitResponse()


@serves(wire.report_trial_progress, needs=EDIT)
async def report_progress(ctx: Context, caller: Caller, request: wire.ReportTrialProgressRequest) -> wire.ReportTrialProgressResponse:
    await ctx.db.write(trials.report_progress, caller, request)
    return wire.ReportTrialProgressResponse()


@serves(wire.post_trial_runner_metadata, needs=EDIT)
async def post_runner_metadata(
    ctx: Context, caller: Caller, request: wire.PostTrialRunnerMetadataRequest
) -> wire.PostTrialRunnerMetadataResponse:
    await ctx.db.write(trials.post_runner_metadata, caller, request.trial_id, request.metadata.state if request.metadata else "")
    return wire.PostTrialRunnerMetadataResponse()


@serves(logs_wire.put_trial_retain_logs, needs=EDIT)
async def put_retain_logs(
    ctx: Context, caller: Caller, request: logs_wire.PutTrialRetainLogsRequest
) -> logs_wire.PutTrialRetainLogsResponse:
    await ctx.db.write(trial_logs_kept.put, caller, request.trial_id, request.num_days)
    return logs_wire.PutTrialRetainLogsResponse()


@serves(wire.get_trial_remaining_log_retention_days, needs=VIEW)
async def remaining_log_retention_days(
    ctx: Context, _caller: Caller, request: wire.GetTrialRemainingLogRetentionDaysRequest
) -> wire.GetTrialRemainingLogRetentionDaysResponse:
    default = trial_logs_kept.default_days(ctx.settings.config)
    return await ctx.db.read(trial_logs_kept.remaining, request.id, default)
