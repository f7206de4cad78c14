"""Whatever a configuration holds, it is resolved or refused with a sentence; nothing else may come out."""

import copy
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from undeterred.config import experiment, master
from undeterred.config.experiment import Defaults
from undeterred.errors import InvalidArgument

FULL: dict[str, Any] = {
    "name": "n",
    "description": "d",
    "workspace": "w",
    "project": "p",
    "labels": ["a"],
    "data": {"secrets": {"k": "v"}, "list": [1]},
    "debug": True,
    "entrypoint": ["python3", "t.py"],
    "environment": {
        "image": {"cpu": "a", "gpu": "b"},
        "environment_variables": {"cpu": ["A=1"], "gpu": ["B=2"]},
        "registry_auth": {"username": "u"},
        "ports": {"web": 80},
        "proxy_ports": [{"proxy_port": 1, "default_service_id": "x"}],
        "add_capabilities": ["C"],
        "pod_spec": {"metadata": {}, "spec": {"containers": [{"name": "determined-container"}]}, "status": {}},
    },
    "resources": {"slots_per_trial": 1, "weight": 1.5, "shm_size": "1G", "devices": ["/a:/b", {"host_path": "/c", "container_path": "/d"}]},
    "searcher": {
        "name": "adaptive_asha",
        "metric": "loss",
        "max_trials": 4,
        "max_time": 9,
        "time_metric": "t",
        "bracket_rungs": [1],
        "divisor": 2,
        "max_length": {"batches": 1},
    },
    "hyperparameters": {
        "a": {"type": "int", "minval": 0, "maxval": 3, "count": 2},
        "b": {"type": "log", "minval": -3, "maxval": 1, "base": 10},
        "c": {"type": "categorical", "vals": [1, "x"]},
        "d": {"e": {"type": "const", "val": 1}, "f": [1]},
    },
    "checkpoint_storage": {"type": "shared_fs", "host_path": "/tmp", "storage_path": "x", "save_trial_best": 1},
    "tensorboard_storage": {"type": "s3", "bucket": "b", "prefix": "p"},
    "log_policies": [{"name": "a", "pattern": "x", "action": "cancel_retries"}, {"pattern": "y", "action": {"type": "exclude_node"}}],
    "bind_mounts": [{"host_path": "/a", "container_path": "b"}],
    "integrations": {"webhooks": {"webhook_id": [1], "webhook_name": ["a"]}, "pachyderm": {"pachd": {"host": "h", "port": 1}}},
    "min_validation_period": {"batches": 1},
    "min_checkpoint_period": {"epochs": 1},
    "optimizations": {"mixed_precision": "O1", "aggregation_frequency": 1},
    "profiling": {"enabled": True, "begin_on_batch": 1, "end_after_batch": 2},
    "reproducibility": {"experiment_seed": 3},
    "retention_policy": {"log_retention_days": 1},
    "security": {"kerberos": {"config_file": "f"}},
    "slurm": {"slots_per_node": 1, "sbatch_args": ["a"]},
    "pbs": {"pbsbatch_args": ["a"]},
    "max_restarts": 1,
    "preemption_timeout": 1,
    "internal": None,
    "data_layer": {"type": "x"},
}
DEFAULTS = Defaults(task_container_defaults={"preemption_timeout": 3600}, master_storage={"type": "shared_fs", "host_path": "/tmp"})
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**31, 2**63, -(2**63), 10**30, 1e300, "", "x", "..", "a:b", "\U0001f680", "x" * 5000,
    [], [None], [[]], [{}], ["a", 1], {}, {"": None}, {"type": None}, {"type": "int"}, {"type": []}, {"name": {}}, {"a": {"type": "x"}},
)  # fmt: skip
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
keys = st.sampled_from(["type", "name", "val", "vals", "minval", "batches", "cpu", "gpu", "pattern", "action", "spec"]) | st.text(
    max_size=3
)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in inner for place in [(*path, key), *places(item, (*path, key))]]


PLACES = places(FULL)


def changed(place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(FULL)
    at: Any = document
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return document


def outcome(document: dict[str, Any]) -> experiment.Resolved | None:
    text = msgspec.json.encode(document).decode()
    try:
        resolved = experiment.resolve(text, DEFAULTS, seed=1, name="n", pool="p", managed=True)
    except InvalidArgument:
        return None
    again = experiment.resolve(resolved.config_json, DEFAULTS, seed=2, name="other", pool=None, managed=True)
    assert again.config_json == resolved.config_json  # what is complete stays as it is
    return resolved


def test_the_full_document_is_good() -> None:
    assert outcome(FULL) is not None


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_each_field_with_each_odd_value(place: tuple[Any, ...]) -> None:
    for value in ODD:
        outcome(changed(place, value))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PLACES), values)
def test_any_value_anywhere(place: tuple[Any, ...], value: Any) -> None:
    outcome(changed(place, value))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), values)
def test_templates_and_policies_too(place: tuple[Any, ...], value: Any) -> None:
    document = changed(place, value)
    for defaults in (Defaults(template=document), Defaults(invariant=document), Defaults(workspace_storage=document["checkpoint_storage"])):
        try:
            experiment.resolve(
                "name: small\nentrypoint: e\nsearcher: {name: single}\n", defaults, seed=1, name="n", pool=None, managed=True
            )
        except InvalidArgument:
            continue


@settings(max_examples=200, deadline=None)
@given(values)
def test_yaml_and_json_say_the_same(value: Any) -> None:
    document = {"name": "n", "data": {"x": value}}
    by_yaml = parsed(yaml.safe_dump(document, allow_unicode=True, default_style='"'))
    assert by_yaml == parsed(msgspec.json.encode(document).decode())
    assert by_yaml is None or by_yaml["name"] == "n"


def parsed(text: str) -> dict[str, Any] | None:
    try:
        return experiment.parse(text)
    except InvalidArgument:
        assert "\\0" in text or "\\u0000" in text  # the one character that is refused
        return None


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(
        ["port", "log", "db", "security", "resource_pools", "checkpoint_storage", "task_container_defaults", "environments", "zzz"]
    ),
    values,
)
def test_master_configuration(word: str, value: Any) -> None:
    try:
        config = master.load(msgspec.json.encode({word: value}).decode(), {}, {})
    except InvalidArgument:
        return
    msgspec.json.encode(master.masked(config))
