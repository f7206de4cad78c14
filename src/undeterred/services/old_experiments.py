"""What the routes of experiments that are older than /api/v1 say: names of downloads, and a look at what a policy would let go."""

import json
import re
from typing import Any
from urllib.parse import quote

import msgspec

from undeterred.domain.lifecycle.checkpoints import Policy
from undeterred.errors import InvalidArgument
from undeterred.services import collecting, experiment_files, shown_checkpoints
from undeterred.services.missing import no_experiment
from undeterred.store import checkpoints, experiments
from undeterred.store import experiment_files as archives
from undeterred.store.db import Tx
from undeterred.wire.checkpoints import Checkpoint

NAME_MAX = 49
_UNWANTED = re.compile(r"[^A-Za-z0-9_ \-()\[\].{}]+")
_UNQUOTED = re.compile(r"[^ -~]|[\"\\]")


class Download(msgspec.Struct, frozen=True):
    """A file as it is offered to a browser."""

    name: str
    body: bytes
    content_type: str

    def disposition(self) -> bytes:
        """The header that offers it under its name, whatever letters that has."""
        plain = _UNQUOTED.sub("_", self.name)
        exact = "" if plain == self.name else f"; filename*=UTF-8''{quote(self.name.encode('utf-8', 'replace'), safe='/')}"
        return f'attachment; filename="{plain}"{exact}'.encode()


def model_def(tx: Tx, experiment_id: int) -> Download:
    """The archive of a model definition. Raises NotFound."""
    archive, row = archives.archive(tx, experiment_id), experiments.config_of(tx, experiment_id)
    if archive is None or row is None:
        raise no_experiment(experiment_id)
    name = _UNWANTED.sub("", row.name)[:NAME_MAX]
    return Download(f"exp{experiment_id}_{name}_model_def.tar.gz", archive, "application/x-gtar")


def file(experiment_id: int, archive: bytes, path: str) -> Download:
    """One file of an archive. Raises InvalidArgument for a path that leaves it, NotFound."""
    if path.startswith("/") or ".." in path.split("/"):
        raise InvalidArgument(f"{path!r} lies outside the model definition: name a file in it")
    content = experiment_files.file(archive, path).file or b""
    return Download(f"exp{experiment_id}/{path}", content, experiment_files.content_type(content))


def preview(tx: Tx, experiment_id: int, counts: Policy) -> dict[str, Any]:
    """The checkpoints that these counts would let go, null if there are none, and the metric by which the best are found."""
    row = experiments.config_of(tx, experiment_id)
    if row is None:
        raise no_experiment(experiment_id)
    metric = (json.loads(row.config).get("searcher") or {}).get("metric", "")
    doomed = shown_checkpoints.show(tx, checkpoints.shown(tx, collecting.let_go(tx, experiment_id, counts)))
    return {"checkpoints": [_old(one) for one in doomed] or None, "metric_name": metric}


def _old(one: Checkpoint) -> dict[str, Any]:
    assert one.training is not None, "shown checkpoints say what trained them"
    metadata = msgspec.json.decode(one.metadata) if one.metadata is not None else {}
    return {
        "UUID": one.uuid,
        "TrialID": one.training.trial_id,
        "StepsCompleted": metadata.get("steps_completed", 0),
        "State": one.state.value.removeprefix("STATE_"),
        "ReportTime": one.report_time,
        "Resources": {path: int(size) for path, size in one.resources.items()},
        "ValidationMetrics": one.training.validation_metrics and one.training.validation_metrics.avg_metrics,
    }
