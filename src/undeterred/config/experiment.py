"""The experiment configuration language, version 0: from a submitted text to the complete configuration that is stored and shown.

The layers, highest first: invariant policies, the submitted text, the template, the pool's container defaults, the workspace's
storage, the master's storage, the priority of the pool, the defaults of the language. Each fills what is missing by the rule of its
field (`schema.Kind.merge`).
Results are shared through a cache by text: everything that a caller gets is text, or decoded freshly from it.
"""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from undeterred.config import container_defaults, logpolicies, yaml11
from undeterred.config.fields import EXPERIMENT
from undeterred.config.hyperparameters import HYPERPARAMETERS
from undeterred.config.schema import Json, type_problem
from undeterred.config.searcher import SEARCHER, not_current, warnings
from undeterred.config.storage import CHECKPOINT_STORAGE
from undeterred.errors import InvalidArgument

HIDDEN = "********"
DEFAULT_PRIORITY = 42
_CACHED_TEXT_MAX = 4 << 10  # characters; a longer configuration is worked out each time
_LINES_MAX = 50
_INVALID = "invalid experiment configuration: "
_NOT_SANE = f"{_INVALID}version 0 experiment config is invalid: config is invalid: "
_NOT_COMPLETE = "config is invalid or incomplete: "


@dataclass(frozen=True, eq=False)
class Defaults:
    """What stands below (and, with `invariant`, above) the submitted text. Equal contents are equal; not to be changed after it is made.

    `template` and `invariant` are documents as people wrote them; `task_container_defaults` in the words of master.yaml; the storages in
    those of checkpoint_storage; `priority` None means 42."""

    template: dict[str, Any] | None = None
    task_container_defaults: dict[str, Any] = field(default_factory=dict)
    workspace_storage: dict[str, Any] | None = None
    master_storage: dict[str, Any] | None = None
    priority: int | None = None
    invariant: dict[str, Any] | None = None

    @cached_property
    def key(self) -> bytes:
        layers = (self.template, self.task_container_defaults, self.workspace_storage, self.master_storage, self.priority, self.invariant)
        return msgspec.json.encode(layers, order="deterministic")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Defaults) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True)
class Asked:
    """What a submitted text, with its template, asks of the cluster: enough to find its project, its pool and with them the `Defaults`."""

    name: str | None
    workspace: str | None
    project: str | None
    resource_pool: str
    slots_per_trial: int
    is_single_node: bool | None
    priority: int | None


@dataclass(frozen=True)
class Resolved:
    """A configuration ready to be stored. The JSON texts are compact with sorted keys.

    `config_json`: complete, with secrets, to be stored. `masked_json`: the same for readers. `echo_json`: for the answer of a create,
    where the pool is still as it was asked for. `original`: the submitted text, or masked JSON if it has secrets."""

    config_json: str
    masked_json: str
    echo_json: str
    original: str
    warnings: tuple[str, ...]

    @property
    def config(self) -> dict[str, Any]:
        return _object(self.config_json)

    @property
    def masked(self) -> dict[str, Any]:
        return _object(self.masked_json)

    @property
    def echo(self) -> dict[str, Any]:
        return _object(self.echo_json)


def parse(text: str) -> dict[str, Any]:
    """The document of a submitted text. Raises InvalidArgument: broken YAML (line and column), no map, over the bounds of `yaml11`."""
    try:
        document = yaml11.read(text)
    except InvalidArgument as error:
        raise InvalidArgument(_INVALID + error.text) from error
    if not isinstance(document, dict):
        raise InvalidArgument(_NOT_SANE + type_problem("<config>", "object", document))
    return document


def problems(doc: Json, *, final: bool = False) -> list[str]:
    """What is wrong with a document, a line each, sorted; `final` also wants what must be there in the end."""
    out: list[str] = []
    EXPERIMENT.check(doc, "<config>", out, final)
    return sorted(out)


def told(lines: list[str]) -> str:
    """Problems as one text for people: at most 50 of them, and the beginning of very long ones."""
    more = [f"... and {len(lines) - _LINES_MAX} more"] if len(lines) > _LINES_MAX else []
    return "\n".join([line if len(line) <= 500 else line[:500] + "..." for line in lines[:_LINES_MAX]] + more)


def check(doc: dict[str, Any]) -> None:
    """Raise InvalidArgument unless a document, complete or not, is sane."""
    if lines := problems(doc):
        raise InvalidArgument(_NOT_SANE + told(lines))
    doubled = logpolicies.doubled_name(doc.get("log_policies") or [])
    if doubled is not None:
        raise InvalidArgument(
            f'{_INVALID}unable to unmarshal experiment config as version 0: log_policies have duplicated names "{doubled[:500]}"'
        )


def check_complete(config: dict[str, Any]) -> None:
    """Raise InvalidArgument unless a configuration, such as a stored one after a change, is whole."""
    if lines := problems(config, final=True):
        raise InvalidArgument(_NOT_COMPLETE + told(lines))


def merge(high: dict[str, Any], low: dict[str, Any]) -> dict[str, Any]:
    """Two documents or configurations as one, in normal form; the higher wins by the rule of each field.
    Raises InvalidArgument if either is not sane."""
    return _merge(normal(high), normal(low))


def normal(doc: dict[str, Any]) -> dict[str, Any]:
    """A document in its one form: old spellings replaced, nulls and forgotten fields dropped. Raises InvalidArgument if it is not sane."""
    check(doc)
    return _object_of(EXPERIMENT.normal(doc))


def complete(doc: dict[str, Any]) -> dict[str, Any]:
    """A document in normal form with every field stated by the defaults of the language. The result shares parts: not to be changed."""
    return _object_of(EXPERIMENT.complete(doc, True))


def mask(config: dict[str, Any]) -> dict[str, Any]:
    """The same with what stands under data.secrets hidden; the argument is left as it is."""
    data = config.get("data")
    if not isinstance(data, dict) or not data.get("secrets"):
        return config
    secrets = data["secrets"]
    hidden = dict.fromkeys(secrets, HIDDEN) if isinstance(secrets, dict) else HIDDEN
    return config | {"data": data | {"secrets": hidden}}


def hyperparameters(config: dict[str, Any]) -> dict[str, Any]:
    """The hyperparameters of a checked document or configuration in the form that is shown: every leaf an object with a type."""
    return _object_of(HYPERPARAMETERS.normal(config.get("hyperparameters") or {}))


def searcher(doc: dict[str, Any]) -> dict[str, Any]:
    """The complete searcher of a document that needs nothing else, as for a preview of a search. Raises InvalidArgument."""
    told_searcher = normal(doc).get("searcher")
    if told_searcher is None:
        raise InvalidArgument("invalid experiment configuration; missing searcher")
    lines: list[str] = []
    SEARCHER.check(told_searcher, "<config>", lines, final=True)
    if lines:
        raise InvalidArgument(f"invalid searcher configuration: {_NOT_COMPLETE}{told(sorted(lines))}")
    made = _object_of(SEARCHER.complete(told_searcher, True))
    if refusal := not_current(made):
        raise InvalidArgument(_INVALID + refusal)
    return made


def asked(text: str, template: dict[str, Any] | None = None) -> Asked:
    """What a text asks of the cluster. Raises InvalidArgument as `parse` and `check` do."""
    doc = _with_template(_user(text)[1], Defaults(template=template))
    resources = doc.get("resources", {})
    return Asked(
        name=doc.get("name"),
        workspace=doc.get("workspace"),
        project=doc.get("project"),
        resource_pool=resources.get("resource_pool", ""),
        slots_per_trial=resources.get("slots_per_trial", 1),
        is_single_node=resources.get("is_single_node"),
        priority=resources.get("priority"),
    )


def resolve(text: str, defaults: Defaults, *, seed: int, name: str, pool: str | None, managed: bool, placed: bool = False) -> Resolved:
    """The complete configuration of a submitted text.

    seed, name: used where the text gives none (`name` is the whole name, such as "Experiment (quietly-blue-heron)"). pool: the name to
    be stored; None keeps what was asked for. placed: the request names its project by id, so workspace and project are not looked at.
    Raises InvalidArgument."""
    find = _prepared if len(text) <= _CACHED_TEXT_MAX else _prepared.__wrapped__
    return find(text, defaults, managed, placed).finished(text, seed, name, pool)


@dataclass(frozen=True)
class _Prepared:
    """A configuration but for its name, seed and pool: JSON by top-level key, in the order of the keys."""

    parts: dict[str, str]
    named: bool
    seeded: bool
    resources: dict[str, Any]
    hidden: dict[str, str]  # what stands in for the parts that hold secrets
    original: str | None  # None: as it was sent
    warnings: tuple[str, ...]

    def finished(self, text: str, seed: int, name: str, pool: str | None) -> Resolved:
        parts = dict(self.parts)
        if not self.named:
            parts["name"] = _json(name)
        if not self.seeded:
            parts["reproducibility"] = f'{{"experiment_seed":{seed}}}'
        stored = parts
        if pool is not None and pool != self.resources["resource_pool"]:
            stored = parts | {"resources": _json(self.resources | {"resource_pool": pool})}
        config = masked = echo = _joined(stored)
        if self.hidden:
            masked = _joined(stored | self.hidden)
        if self.hidden or stored is not parts:
            echo = _joined(parts | self.hidden)
        return Resolved(config, masked, echo, text if self.original is None else self.original, self.warnings)


@lru_cache(maxsize=256)
def _prepared(text: str, defaults: Defaults, managed: bool, placed: bool) -> _Prepared:
    raw, user = _user(text)
    doc = _with_template(user, defaults)
    _check_create(doc, managed, placed)
    for low in _below(defaults, doc.get("resources", {}).get("slots_per_trial", 1)):
        doc = _merge(doc, low)
    if defaults.invariant:
        doc = _merge(_layer(defaults.invariant, "config policy"), doc)
    if lines := problems(doc, final=True):
        raise InvalidArgument(_INVALID + _NOT_COMPLETE + told(lines))
    config = complete(doc)
    if refusal := not_current(config["searcher"]):
        raise InvalidArgument(_INVALID + refusal)
    masked, shown = mask(config), mask(raw)
    return _Prepared(
        parts={key: _json(config[key]) for key in sorted(config)},
        named=config["name"] is not None,
        seeded=config["reproducibility"]["experiment_seed"] is not None,
        resources=config["resources"],
        hidden={} if masked is config else {"data": _json(masked["data"])},
        original=None if shown is raw else _json(shown),
        warnings=tuple(warnings(config["searcher"])),
    )


def _user(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A submitted text as the document that it is, and in normal form."""
    return _parsed(text) if len(text) <= _CACHED_TEXT_MAX else _parsed.__wrapped__(text)


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    raw = parse(text)
    return raw, normal(raw)


def _with_template(user: dict[str, Any], defaults: Defaults) -> dict[str, Any]:
    return _merge(user, _template(defaults)) if defaults.template else user


def _check_create(doc: dict[str, Any], managed: bool, placed: bool) -> None:
    if "slots" in doc.get("resources", {}):
        raise InvalidArgument('<config>.resources: additionalProperties "slots" not allowed')
    if not placed and bool(doc.get("workspace")) != bool(doc.get("project")):
        raise InvalidArgument("workspace and project must both be included in config if one is provided")
    if managed and "entrypoint" not in doc:
        raise InvalidArgument("managed experiments require entrypoint")


@lru_cache(maxsize=128)
def _template(defaults: Defaults) -> dict[str, Any]:
    return _layer(defaults.template or {}, "template")


@lru_cache(maxsize=256)
def _below(defaults: Defaults, slots: int) -> tuple[dict[str, Any], ...]:
    """The layers below the template, highest first, in normal form."""
    problem_lines: list[str] = []
    container_defaults.CONTAINER_DEFAULTS.check(defaults.task_container_defaults, "task_container_defaults", problem_lines)
    layers = [] if problem_lines else [container_defaults.layer(defaults.task_container_defaults, slots)]
    for storage in (defaults.workspace_storage, defaults.master_storage):
        if storage:
            CHECKPOINT_STORAGE.check(storage, "checkpoint_storage", problem_lines)
            layers += [] if problem_lines else [{"checkpoint_storage": CHECKPOINT_STORAGE.normal(storage)}]
    if problem_lines:
        raise InvalidArgument("the defaults of the cluster or workspace are invalid: " + "\n".join(sorted(problem_lines)))
    priority = DEFAULT_PRIORITY if defaults.priority is None else defaults.priority
    return tuple(layer for layer in (*layers, {"resources": {"priority": priority}}) if layer)


def _layer(doc: dict[str, Any], what: str) -> dict[str, Any]:
    try:
        return normal(doc)
    except InvalidArgument as error:
        raise InvalidArgument(f"{what}: {error.text}") from error


def _merge(high: dict[str, Any], low: dict[str, Any]) -> dict[str, Any]:
    return _object_of(EXPERIMENT.merge(high, low))


def _json(value: Json) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _joined(parts: dict[str, str]) -> str:
    return "{" + ",".join([f'"{key}":{part}' for key, part in parts.items()]) + "}"


def _object(text: str) -> dict[str, Any]:
    return _object_of(msgspec.json.decode(text))


def _object_of(value: Json) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value
