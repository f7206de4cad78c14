"""Stored reports as the streams and lists of reports show them: ready JSON, a page of 1000 a message."""

from collections.abc import Iterable

import msgspec
from msgspec import Raw

from undeterred.errors import InvalidArgument, NotFound
from undeterred.services.checkpoints import parsed
from undeterred.services.missing import no_checkpoint, no_trial
from undeterred.store import metrics, sources, trials
from undeterred.store.db import Tx
from undeterred.store.metrics import ReportRow
from undeterred.wire import metrics as wire
from undeterred.wire.base import instant

PAGE = 1000
_encode = msgspec.json.Encoder().encode
BEFORE_ALL = -1  # the reference shows no step below 0


def check(tx: Tx, trial_ids: list[int]) -> list[int]:
    """The trials of a stream, in order; one that is asked twice is answered twice. Raises InvalidArgument, NotFound."""
    if not trial_ids:
        raise InvalidArgument("must specify at least one trialId")
    for trial_id in trial_ids:
        if not trials.exists(tx, trial_id):
            raise no_trial(trial_id)
    return sorted(trial_ids)


def page(tx: Tx, trial_id: int, group: str, after: int) -> tuple[bytes, int | None]:
    """One message of a stream with the reports beyond a step, and the step after which the next begins, None at the end."""
    rows = metrics.page(tx, trial_id, group, after, PAGE)
    if not rows:
        return b"", None
    shown = ",".join(map(_json, rows))
    return f'{{"result":{{"metrics":[{shown}]}}}}\n'.encode(), rows[-1].batches if len(rows) == PAGE else None


def by_checkpoint(tx: Tx, request: wire.GetTrialMetricsByCheckpointRequest) -> wire.GetTrialMetricsByCheckpointResponse:
    """The reports of all trials that used a checkpoint."""
    uuid = parsed(request.checkpoint_uuid)
    if not sources.checkpoint_exists(tx, uuid):
        raise no_checkpoint(request.checkpoint_uuid)
    rows = sources.reports_of_checkpoint(tx, uuid, _kind(request.trial_source_info_type), _group(request.metric_group))
    return wire.GetTrialMetricsByCheckpointResponse(metrics=_shown(rows))


def by_model_version(tx: Tx, request: wire.GetTrialMetricsByModelVersionRequest) -> wire.GetTrialMetricsByModelVersionResponse:
    """The reports of all trials that used a model version."""
    model_id = sources.model_id(tx, request.model_name)
    if model_id is None:
        raise NotFound(f'model "{request.model_name}" not found')
    if sources.version_checkpoint(tx, model_id, request.model_version_num) is None:
        raise NotFound(f'version {request.model_version_num} for model "{request.model_name}" not found')
    kind, group = _kind(request.trial_source_info_type), _group(request.metric_group)
    rows = sources.reports_of_version(tx, model_id, request.model_version_num, kind, group)
    return wire.GetTrialMetricsByModelVersionResponse(metrics=_shown(rows))


def report_source(tx: Tx, sent: wire.TrialSourceInfo | None) -> wire.ReportTrialSourceInfoResponse:
    """A trial says which checkpoint it used, and for what."""
    if sent is None:
        raise InvalidArgument("trialSourceInfo is missing: it names the trial and the checkpoint that it used")
    if not trials.exists(tx, sent.trial_id):
        raise no_trial(sent.trial_id)
    kind = _kind(sent.trial_source_info_type)
    if kind is None or kind == "UNSPECIFIED":
        raise InvalidArgument("trialSourceInfoType is missing: say INFERENCE or FINE_TUNING")
    uuid = parsed(sent.checkpoint_uuid)
    model_id = sent.model_id if isinstance(sent.model_id, int) else None
    version = sent.model_version if isinstance(sent.model_version, int) else None
    if model_id is not None and sources.version_checkpoint(tx, model_id, version or 0) is None:
        raise NotFound(f"version {version} of model #{model_id} not found")
    sources.put(tx, sent.trial_id, uuid, kind, model_id, version)
    return wire.ReportTrialSourceInfoResponse(trial_id=sent.trial_id, checkpoint_uuid=uuid)


def _json(row: ReportRow) -> str:
    at = "null" if row.reported_at is None else f'"{instant(row.reported_at - row.reported_at % 1000)}"'
    return (
        f'{{"trialId":{row.trial_id},"endTime":{at},"metrics":{row.body},"totalBatches":{row.batches},'
        f'"archived":{"true" if row.archived else "false"},"id":{row.id},"trialRunId":{row.run_id},"group":{_quoted(row.metric_group)}}}'
    )


def _shown(rows: Iterable[ReportRow]) -> list[wire.MetricsReport]:
    return [
        wire.MetricsReport(
            trial_id=row.trial_id,
            end_time=None if row.reported_at is None else instant(row.reported_at - row.reported_at % 1000),
            metrics=Raw(row.body.encode()),
            total_batches=row.batches,
            archived=bool(row.archived),
            id=row.id,
            trial_run_id=row.run_id,
            group=row.metric_group,
        )
        for row in rows
    ]


def _quoted(text: str) -> str:
    return _encode(text).decode()


def _kind(kind: object) -> str | None:
    """INFERENCE or FINE_TUNING; UNSPECIFIED, as which nothing is kept; None where a request says nothing."""
    return kind.value.removeprefix("TRIAL_SOURCE_INFO_TYPE_") if isinstance(kind, wire.TrialSourceInfoType) else None


def _group(group: object) -> str | None:
    return group if isinstance(group, str) else None
