"""The master itself: who it is, whether it is well, what its loops do."""

import logging
import time

import msgspec
from msgspec import UNSET

from undeterred import REFERENCE_VERSION
from undeterred.api.serve import Answer, Request, route, serves
from undeterred.config.master import masked
from undeterred.domain.access.permissions import Permission
from undeterred.errors import InvalidArgument, PermissionDenied
from undeterred.services import cluster_messages
from undeterred.services.context import Context
from undeterred.services.identity import Caller
from undeterred.store import facts
from undeterred.wire.cluster import (
    GetMasterConfigRequest,
    GetMasterConfigResponse,
    GetMasterRequest,
    GetMasterResponse,
    GetTelemetryRequest,
    GetTelemetryResponse,
    HealthCheck,
    HealthRequest,
    HealthStatus,
    LogConfig,
    PatchMasterConfigRequest,
    PatchMasterConfigResponse,
    ResourceManagerHealth,
    get_master,
    get_master_config,
    get_telemetry,
    health,
    patch_master_config,
)
from undeterred.wire.encode import encode

log = logging.getLogger("undeterred.api")
LOG_LEVELS = {"trace": logging.DEBUG, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "warning": logging.WARNING}
LOG_LEVELS |= {"error": logging.ERROR, "critical": logging.CRITICAL, "fatal": logging.CRITICAL}
CHANGEABLE = ("log.level", "log.color")  # our log has no colours: that is accepted, and nothing to do


@serves(get_master, needs=Permission.PUBLIC)
async def master(ctx: Context, _caller: None, _request: GetMasterRequest) -> GetMasterResponse:
    settings, message = ctx.settings, await ctx.message()
    return GetMasterResponse(
        version=REFERENCE_VERSION,
        master_id=settings.master_id,
        cluster_id=settings.cluster_id,
        cluster_name=settings.cluster_name,
        branding="determined",
        user_management_enabled=True,
        cluster_message=UNSET if message is None else cluster_messages.shown(message, time.time_ns() // 1000),
    )


@serves(get_master_config, needs=Permission.VIEW_MASTER_CONFIG)
async def config(ctx: Context, _caller: Caller, _request: GetMasterConfigRequest) -> GetMasterConfigResponse:
    return GetMasterConfigResponse(config=masked(ctx.settings.config))


@serves(patch_master_config, needs=Permission.UPDATE_MASTER_CONFIG)
async def patch(ctx: Context, caller: Caller, request: PatchMasterConfigRequest) -> PatchMasterConfigResponse:
    """Until the next start; what GET shows is what the master was started with."""
    paths = request.field_mask.paths if request.field_mask else []
    for path in paths:
        if path not in CHANGEABLE:
            raise InvalidArgument(f"unsupported or invalid field: {path}; {' and '.join(CHANGEABLE)} can be changed while the master runs")
    if "log.level" in paths:
        wanted = (request.config and request.config.log) or LogConfig()
        name = wanted.level.value.removeprefix("LOG_LEVEL_").lower()
        name = ctx.settings.config.log.level if name == "unspecified" else name
        logging.getLogger().setLevel(LOG_LEVELS[name])
        log.warning(
            "the log level is %s now, by a wish of %s", name, caller.username
        )  # a warning, so that it is seen at nearly every level
    return PatchMasterConfigResponse()


@serves(get_telemetry, needs=Permission.PUBLIC)
async def telemetry(_ctx: Context, _caller: None, _request: GetTelemetryRequest) -> GetTelemetryResponse:
    return GetTelemetryResponse(enabled=False)


@serves(health)
async def healthy(ctx: Context, _caller: object, _request: HealthRequest) -> HealthCheck:
    status = HealthStatus.up if await _database_is_up(ctx) else HealthStatus.down
    up = ResourceManagerHealth(cluster_name=ctx.settings.config.resource_manager.cluster_name, status=HealthStatus.up)
    return HealthCheck(status=status, database=status, resource_managers=[up])


@route("GET", "/health")
async def healthy_for_probes(ctx: Context, request: Request) -> Answer:
    """The way in: outside the gateway, so with the old routes' errors."""
    found = await healthy(ctx, request.caller, HealthRequest())
    return Answer(encode(found), 200 if found.status is HealthStatus.up else 503)


@route("GET", "/info", public=True)
async def info(ctx: Context, _request: Request) -> Answer:
    settings = ctx.settings
    shown = {
        "version": REFERENCE_VERSION,
        "master_id": settings.master_id,
        "cluster_id": settings.cluster_id,
        "cluster_name": settings.cluster_name,
        "telemetry": {"enabled": False, "otel_enabled": False, "otel_endpoint": ""},
        "sso_providers": None,
    }
    return Answer(msgspec.json.encode(shown))


@route("GET", "/debug/loops")
async def loops(ctx: Context, request: Request) -> Answer:
    if request.caller is None or not request.caller.admin:
        raise PermissionDenied("only administrators may look at the loops")
    return Answer(msgspec.json.encode(list(ctx.turns.values())))


async def _database_is_up(ctx: Context) -> bool:
    try:
        await ctx.db.read(facts.get, "cluster_id")
    except Exception:
        log.warning("the database does not answer", exc_info=True)
        return False
    return True
