"""The routes of experiments that are older than /api/v1: downloads, and the preview that `det experiment set gc-policy` shows."""

import asyncio

import msgspec

from undeterred.api.serve import Answer, Request, route
from undeterred.domain.lifecycle.checkpoints import Policy
from undeterred.errors import InvalidArgument
from undeterred.services import old_experiments as services
from undeterred.services.context import Context
from undeterred.services.missing import no_experiment
from undeterred.services.old_experiments import Download
from undeterred.store import experiment_files as store
from undeterred.wire.normalise import Refused
from undeterred.wire.query import read_int64

COUNTS = ("save_experiment_best", "save_trial_best", "save_trial_latest")


@route("GET", "/experiments/{experiment_id}/model_def")
async def model_def(ctx: Context, request: Request) -> Answer:
    return _offered(await ctx.db.read(services.model_def, _id(request)))


@route("GET", "/experiments/{experiment_id}/file/download")
async def file(ctx: Context, request: Request) -> Answer:
    experiment_id, path = _id(request), _given(request, "path")
    archive = await ctx.db.read(store.archive, experiment_id)
    if archive is None:
        raise no_experiment(experiment_id)
    return _offered(await asyncio.to_thread(services.file, experiment_id, archive, path))


@route("GET", "/experiments/{experiment_id}/preview_gc")
async def preview(ctx: Context, request: Request) -> Answer:
    experiment_id = _id(request)
    counts = Policy(*(_integer(name, _given(request, name)) for name in COUNTS))
    return Answer(msgspec.json.encode(await ctx.db.read(services.preview, experiment_id, counts)))


def _offered(found: Download) -> Answer:
    return Answer(found.body, content_type=found.content_type, headers=[(b"content-disposition", found.disposition())])


def _id(request: Request) -> int:
    return _integer("experiment_id", request.values["experiment_id"])


def _given(request: Request, name: str) -> str:
    """The first value of a parameter; InvalidArgument without one."""
    value = request.query.get(name, [""])[0]
    if not value:
        raise InvalidArgument(f"missing parameter: {name}")
    return value


def _integer(name: str, text: str) -> int:
    try:
        return read_int64(text)
    except Refused as refused:
        raise InvalidArgument(f"{name}: {refused.said}") from None
