"""master.yaml: read, checked, and shown without its secrets.

Flags go before the environment, the environment before the file, the file before the defaults of `master_words`.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, get_args

import msgspec

from undeterred.config import places, yaml11
from undeterred.config.container_defaults import CONTAINER_DEFAULTS
from undeterred.config.master_words import CHECKED_AS, NOT_BUILT, OWN, SECRET, MasterConfig, ResourcePool, Scheduler, Tls, Words
from undeterred.config.schema import Json, Kind, words
from undeterred.config.storage import CHECKPOINT_STORAGE
from undeterred.errors import InvalidArgument

__all__ = ["MasterConfig", "ResourcePool", "Scheduler", "container_defaults", "load", "masked", "pool", "scheduler", "storage"]

HIDDEN = "********"
_TYPES = {"int": "integer", "str": "string", "bool": "boolean", "array": "list", "object": "map", "float": "number"}


def load(text: str | None, environ: Mapping[str, str], flags: Mapping[str, Any]) -> MasterConfig:
    """The configuration from a file's text, the environment and the command line.

    environ: UNDETERRED_ and the path of a word, as in UNDETERRED_PORT or UNDETERRED_SECURITY_INITIAL_USER_PASSWORD; others are ignored.
    flags: by dotted path, as in "port" or "db.url"; None is no flag. Raises InvalidArgument with a line for each unknown or wrong word."""
    document = _read(text)
    for path, value in _from_environment(environ).items():
        _put(document, path, value)
    for name, value in flags.items():
        if value is not None:
            _put(document, tuple(name.split(".")), value)
    document = _without_nulls(document)
    if lines := _problems(document, MasterConfig, ""):
        raise InvalidArgument("master configuration: " + "\n".join(sorted(lines)))
    try:
        config = msgspec.convert(document, MasterConfig)
    except msgspec.ValidationError as error:
        raise InvalidArgument(f"master configuration: {_in_our_words(error)}") from error
    _check_pools(config)
    if config.security.tls != Tls():
        raise InvalidArgument("master configuration: security.tls: not built in Undeterred; put a proxy that speaks TLS before the master")
    for one in (config.resource_manager.scheduler, *(pool.scheduler for pool in config.resource_pools)):
        if one is not None and one.type != "priority":
            raise InvalidArgument(f"master configuration: scheduler.type: {one.type} is not built in Undeterred; use priority")
    if config.security.authz.type != "basic":
        raise InvalidArgument("master configuration: security.authz.type: rbac is not built in Undeterred; leave it `basic`")
    return msgspec.structs.replace(config, data=config.data or places.usual_data(environ))


def masked(config: MasterConfig) -> dict[str, Any]:
    """The configuration as GET /api/v1/master/config shows it: secrets hidden, our own words under `__internal`."""
    shown: dict[str, Any] = msgspec.to_builtins(config)
    shown["__internal"] = {name: shown.pop(name) for name in OWN}
    shown["db"]["url"] = re.sub(r"(://[^:/@]*):[^@]*@", rf"\1:{HIDDEN}@", config.db.url)
    storage_told = config.checkpoint_storage
    shown["checkpoint_storage"] = storage_told and CHECKPOINT_STORAGE.complete(CHECKPOINT_STORAGE.normal(storage_told), False)
    shown["task_container_defaults"] = _shown_defaults(config.task_container_defaults, True)
    for one in shown["resource_pools"]:
        if one["scheduler"] is None:
            del one["scheduler"]
        if one["task_container_defaults"] is not None:
            one["task_container_defaults"] = _shown_defaults(one["task_container_defaults"], False)
    hidden = _hide(shown)
    assert isinstance(hidden, dict)
    return hidden


def storage(config: MasterConfig, data: str) -> dict[str, Any]:
    """The cluster's checkpoint storage: what the file says, else a folder of its own under the data folder
    `data` (absolute): every task sees all of `host_path`, and the data folder is none of its business."""
    return config.checkpoint_storage or {"type": "shared_fs", "host_path": f"{data}/checkpoints"}


def pool(config: MasterConfig, name: str) -> ResourcePool | None:
    """The pool of that name."""
    return next((one for one in config.resource_pools if one.pool_name == name), None)


def scheduler(config: MasterConfig, name: str) -> Scheduler:
    """How the pool of that name schedules: its own way, else the cluster's."""
    found = pool(config, name)
    return found.scheduler if found is not None and found.scheduler is not None else config.resource_manager.scheduler


def container_defaults(config: MasterConfig, name: str) -> dict[str, Any]:
    """task_container_defaults of the pool of that name over the cluster's, with 3600 s of preemption_timeout where neither says."""
    found = pool(config, name)
    high = CONTAINER_DEFAULTS.normal((found.task_container_defaults if found else None) or {})
    merged = CONTAINER_DEFAULTS.merge(high, CONTAINER_DEFAULTS.normal(config.task_container_defaults))
    assert isinstance(merged, dict)
    return {"preemption_timeout": CONTAINER_DEFAULTS.fields["preemption_timeout"].default} | merged


def _read(text: str | None) -> dict[str, Any]:
    try:
        document = yaml11.read(text) if text else None
    except InvalidArgument as error:
        raise InvalidArgument(f"master configuration: {error.text}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise InvalidArgument("master configuration: the file must be a map of words to values")
    return document


def _problems(value: Json, kind: type[Words], path: str) -> list[str]:
    """Unknown words below `path`, words that are not built, and what is wrong with the parts in the experiment language."""
    if not isinstance(value, dict):
        return []
    known = {one.encode_name: one for one in msgspec.structs.fields(kind)}
    lines = []
    for name, item in value.items():
        here = f"{path}{name}"
        if name not in known:
            lines.append(_unknown(here, name, known))
        elif kind is MasterConfig and name in NOT_BUILT:
            lines.append(f"{here}: not built in Undeterred; take it out of the configuration")
        elif name in CHECKED_AS:
            lines += _problems_in_language(item, CHECKED_AS[name], here)
        elif known[name].type == dict[str, str] and isinstance(item, dict):
            lines += [f"{here}.{key}: expected string" for key, one in item.items() if not isinstance(one, str)]
        elif isinstance(item, list):
            inner = _struct_in(known[name].type)
            lines += [line for i, one in enumerate(item) if inner for line in _problems(one, inner, f"{here}[{i}].")]
        elif inner := _struct_in(known[name].type):
            lines += _problems(item, inner, f"{here}.")
    return lines


def _problems_in_language(value: Json, kind: Kind, path: str) -> list[str]:
    lines: list[str] = []
    kind.check(value, path, lines, final=True)
    told = []
    for line in dict.fromkeys(lines):
        unknown = re.fullmatch(r"(.*): additionalProperties (.*) not allowed", line)
        names = re.findall(r'"([^"]*)"', unknown[2]) if unknown else []
        told += [_unknown(f"{unknown[1]}.{name}", name, words(kind)) for name in names] if unknown else [line]
    return told


def _unknown(path: str, name: str, known: Iterable[str]) -> str:
    """The line that refuses a word and names the nearest: of two as near, the one of the same letters."""
    matches = difflib.get_close_matches(name, known, 3, 0.6)
    nearest = max(matches, key=lambda word: (sorted(word) == sorted(name), difflib.SequenceMatcher(None, word, name).ratio()), default=None)
    return f"{path}: unknown word" + (f"; did you mean `{nearest}`?" if nearest else "")


def _struct_in(kind: Any) -> type[Words] | None:
    if isinstance(kind, type) and issubclass(kind, Words):
        return kind
    return next((found for inner in get_args(kind) if (found := _struct_in(inner))), None)


def _in_our_words(error: msgspec.ValidationError) -> str:
    text, _, path = str(error).partition(" - at `$")
    text = re.sub(r"`([^`]*)`", lambda match: " or ".join(_TYPES.get(word, word) for word in match[1].split(" | ")), text)
    where = path.rstrip("`").removeprefix(".")
    if "enum" in text and (choices := _choices(where)):
        text += f" (it is one of {', '.join(choices)})"
    return f"{where}: {text[0].lower()}{text[1:]}" if where else text


def _choices(path: str) -> list[str]:
    """The words that may stand at a path of the file, where it has such a choice."""
    kind: Any = MasterConfig
    for name in re.sub(r"\[[^]]*\]", "", path).split("."):
        inner = _struct_in(kind)
        kind = next((one.type for one in msgspec.structs.fields(inner) if one.encode_name == name), None) if inner else None
    return [word for word in get_args(kind) if isinstance(word, str)]


def _check_pools(config: MasterConfig) -> None:
    names = [one.pool_name for one in config.resource_pools]
    if len(set(names)) != len(names):
        doubled = next(name for name in names if names.count(name) > 1)
        raise InvalidArgument(f"master configuration: resource_pools: the pool `{doubled}` is there twice")
    for word in ("default_aux_resource_pool", "default_compute_resource_pool"):
        wanted = getattr(config.resource_manager, word)
        if wanted not in names and not config.resource_manager.no_default_resource_pools:
            told = f"resource_pools has no pool `{wanted}` (it has {', '.join(names) or 'none'})"
            raise InvalidArgument(f"master configuration: resource_manager.{word}: {told}; add it or name another")


@cache
def _leaves() -> dict[str, tuple[tuple[str, ...], bool]]:
    """Name of an environment variable -> the path of its word, and whether it is text that is taken as it stands."""
    found = {}

    def walk(kind: type[Words], path: tuple[str, ...]) -> None:
        for one in msgspec.structs.fields(kind):
            here = (*path, one.encode_name)
            if isinstance(one.type, type) and issubclass(one.type, Words):
                walk(one.type, here)
            else:
                found["UNDETERRED_" + "_".join(here).upper()] = (here, one.type is str)

    walk(MasterConfig, ())
    return found


def _from_environment(environ: Mapping[str, str]) -> dict[tuple[str, ...], Json]:
    told: dict[tuple[str, ...], Json] = {}
    for name, (path, plain) in _leaves().items():
        if name in environ:
            try:
                told[path] = environ[name] if plain else yaml11.read(environ[name])
            except InvalidArgument as error:
                raise InvalidArgument(f"{name} in the environment: {error.text}") from error
    return told


def _put(document: dict[str, Any], path: tuple[str, ...], value: Json) -> None:
    for name in path[:-1]:
        inner = document.get(name)
        document[name] = dict(inner) if isinstance(inner, dict) else {}
        document = document[name]
    document[path[-1]] = value


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _shown_defaults(told: dict[str, Any], defaults: bool) -> Json:
    normal = CONTAINER_DEFAULTS.normal(told)
    shown = CONTAINER_DEFAULTS.complete(normal, False)
    for name in ("network_mode", "preemption_timeout", "shm_size_bytes", "startup_hook", "slurm", "pbs") if defaults else ("slurm", "pbs"):
        if name not in normal:
            shown[name] = CONTAINER_DEFAULTS.fields[name].default
    return shown


def _hide(value: Json, name: str = "") -> Json:
    if isinstance(value, dict):
        return {key: _hide(item, key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hide(item) for item in value]
    return HIDDEN if name in SECRET and value else value
