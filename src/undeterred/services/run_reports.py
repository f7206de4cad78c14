"""What a run says of itself beside metrics: where its checkpoints go, its free metadata."""

from typing import Any

import msgspec
from msgspec import Raw

from undeterred.config.storage import CHECKPOINT_STORAGE
from undeterred.domain.metrics.values import normal
from undeterred.errors import InvalidArgument
from undeterred.services.identity import Caller
from undeterred.services.missing import no_trial
from undeterred.store import storages, trials
from undeterred.store.db import Tx
from undeterred.wire.runs import RunPrepareForReportingRequest, RunPrepareForReportingResponse

DEPTH_MAX, KEY_MAX_BYTES, TEXT_MAX, LIST_MAX, LEAVES_MAX = 10, 50, 5000, 100, 1000
FORBIDDEN = frozenset("$.[]")

_json = msgspec.json.Encoder(order="sorted")


def prepare(tx: Tx, _who: Caller, request: RunPrepareForReportingRequest) -> RunPrepareForReportingResponse:
    """A run is about to report; its storage gets an id, the same one each time."""
    if not trials.exists(tx, request.run_id):
        raise no_trial(request.run_id)
    if not isinstance(request.checkpoint_storage, dict):
        return RunPrepareForReportingResponse()
    problems: list[str] = []
    CHECKPOINT_STORAGE.check(request.checkpoint_storage, "checkpointStorage", problems, final=True)
    if problems:
        raise InvalidArgument(f"the checkpoint storage of run {request.run_id} is invalid: {'; '.join(problems)}")
    kept = {name: value for name, value in normal(request.checkpoint_storage).items() if value is not None and not name.startswith("save_")}
    return RunPrepareForReportingResponse(storage_id=storages.ensure(tx, _json.encode(kept).decode()))


def get_metadata(tx: Tx, run_id: int) -> Raw:
    """A run's metadata, ready JSON."""
    row = trials.get(tx, run_id)
    if row is None:
        raise no_trial(run_id)
    return Raw((row.metadata or "{}").encode())


def post_metadata(tx: Tx, _who: Caller, run_id: int, metadata: dict[str, Any]) -> Raw:
    """Replace a run's metadata. metadata: checked before."""
    text = _json.encode(metadata)
    if not trials.change(tx, run_id, metadata=text.decode() if metadata else None):
        raise no_trial(run_id)
    return Raw(text)


def checked(metadata: Any) -> dict[str, Any]:
    """Metadata in normal form. Raises InvalidArgument where it is too deep, too long, too much, or a key has $ . [ or ]."""
    value = normal(metadata or {})
    leaves = _leaves(value, 1)
    if leaves > LEAVES_MAX:
        raise _refused(f"request exceeds run metadata key count limit ofs {LEAVES_MAX}")
    result: dict[str, Any] = value
    return result


def _leaves(value: Any, depth: int) -> int:
    """How many values there are; `depth` is that of the things inside."""
    if isinstance(value, dict | list) and depth > DEPTH_MAX and value:
        raise _refused(f"metadata exceeds maximum nesting depth of {DEPTH_MAX}")
    if isinstance(value, dict):
        for key in value:
            _check_key(key)
        return sum(_leaves(inner, depth + 1) for inner in value.values())
    if isinstance(value, list):
        if len(value) > LIST_MAX:
            raise _refused(f"metadata array exceeds maximum length of {len(value)}/{LIST_MAX} elements")
        return sum(_leaves(inner, depth + 1) for inner in value)
    if isinstance(value, str) and len(value) > TEXT_MAX:
        raise _refused(f"metadata value exceeds maximum length of {TEXT_MAX} characters")
    return 1


def _check_key(key: str) -> None:
    if len(key.encode("utf-8", "surrogatepass")) > KEY_MAX_BYTES:
        raise _refused(f"metadata key exceeds maximum length of {KEY_MAX_BYTES} characters")
    if FORBIDDEN & set(key):
        raise _refused("metadata keys can not contain the following character(s):  $ . [ ]")


def _refused(text: str) -> InvalidArgument:
    return InvalidArgument(f"error flattening metadata: {text}")
