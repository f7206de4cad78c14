"""Where checkpoints (and, in old configurations, tensorboard files) are kept."""

import os.path
from typing import Any

from undeterred.config.schema import Field, Free, Record, Scalar, Variant

_PROBLEM = "is not an object where object[\"type\"] is one of 'shared_fs', 'directory', 's3', 'gcs', or 'azure'"
_WORD = Field(Scalar("string"))
_OLD = Field(Scalar("string"), hidden=True)


def _no_climbing(prefix: str) -> str | None:
    return "prefix cannot contain /../" if ".." in prefix.split("/") else None


def _inside(value: dict[str, Any], path: str, out: list[str], final: bool) -> None:
    host, inner = value.get("host_path"), value.get("storage_path")
    if type(host) is str and type(inner) is str and not _lies_in(inner, host):
        out.append(f"{path}: storage_path must either be a relative directory or a subdirectory of host_path")


def _lies_in(path: str, folder: str) -> bool:
    inner = os.path.normpath(path)
    if os.path.isabs(path):
        inner = os.path.relpath(path, folder) if os.path.isabs(folder) else ".."
    return inner != ".." and not inner.startswith("../")


def _one_way_in(value: dict[str, Any], path: str, out: list[str], final: bool) -> None:
    by_string, by_url, credential = (value.get(name) is not None for name in ("connection_string", "account_url", "credential"))
    if credential and by_string:
        out.append(f"{path}: credential and connection_string must not both be set")
    if final and by_string == by_url:
        out.append(f"{path}: Exactly one of connection_string or account_url must be set")


def _needed(hidden: bool = False) -> Field:
    return Field(Scalar("string"), in_the_end=True, hidden=hidden)


def _members(common: dict[str, Field]) -> dict[str, Record]:
    tag = {"type": Field(Free())} | common
    prefix = Field(Scalar("string", test=_no_climbing))
    old = dict.fromkeys(("container_path", "checkpoint_path", "tensorboard_path"), _OLD)
    mounted = {"host_path": _needed(), "storage_path": _WORD, "propagation": Field(Scalar("string"), "rprivate")}
    keys = {"access_key": _WORD, "secret_key": _WORD, "endpoint_url": _WORD}
    ways_in = dict.fromkeys(("connection_string", "account_url", "credential"), _OLD)
    return {
        "shared_fs": Record(tag | mounted | old, tests=(_inside,)),
        "directory": Record(tag | {"container_path": _needed()}),
        "s3": Record(tag | {"bucket": _needed(), "prefix": prefix} | keys),
        "gcs": Record(tag | {"bucket": _needed(), "prefix": prefix}),
        "azure": Record(tag | {"container": _needed()} | ways_in, tests=(_one_way_in,), groups=(frozenset(ways_in),)),
    }


def _kept(count: int) -> Field:
    return Field(Scalar("integer", least=0), count)


_COUNTS = {"save_experiment_best": _kept(0), "save_trial_best": _kept(1), "save_trial_latest": _kept(1)}
CHECKPOINT_STORAGE = Variant("type", _members(_COUNTS), _COUNTS, _PROBLEM)
TENSORBOARD_STORAGE = Variant("type", _members({}), {}, _PROBLEM)
