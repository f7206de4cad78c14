"""The contract's configuration cases: every schema case and every submission case."""

import re
from typing import Any

import msgspec
import pytest

from tests.config import contract
from undeterred.config import environment, experiment, fields, hyperparameters, logpolicies, searcher, storage
from undeterred.config.schema import Kind, ListOf, Variant
from undeterred.errors import InvalidArgument

pytestmark = contract.needed
CASES = contract.cases()


class Grid(Kind):
    def check(self, value: Any, path: str, out: list[str], final: bool = False) -> None:
        hyperparameters.check_grid(value, path, out)


SCHEMAS: dict[str, Kind] = {
    "experiment": fields.EXPERIMENT,
    "bind-mount": environment.BIND_MOUNT,
    "bind-mounts": environment.BIND_MOUNTS,
    "devices": environment.DEVICES,
    "environment": environment.ENVIRONMENT,
    "environment-image": environment.IMAGE,
    "environment-variables": environment.VARIABLES,
    "resources": environment.RESOURCES,
    "profiling": fields.PROFILING,
    "security": fields.SECURITY,
    "searcher": searcher.SEARCHER,
    "length": searcher.Length(),
    "check-positive-length": searcher.Length(positive=True),
    "check-grid-hyperparameter": Grid(),
    "hyperparameter": hyperparameters.HYPERPARAMETER,
    "checkpoint-storage": storage.CHECKPOINT_STORAGE,
    "log-action": logpolicies.ACTION,
    "log-legacy-action-cancel-retries": logpolicies.ACTION,
    "log-legacy-action-exclude-node": logpolicies.ACTION,
    "log-policy": logpolicies.LOG_POLICY,
    "log-policies": logpolicies.LOG_POLICIES,
}
SCHEMAS |= {f"searcher-{name.replace('_', '-')}": one for name, one in searcher.SEARCHER.members.items()}
SCHEMAS |= {name.replace("_", "-"): one for name, one in storage.CHECKPOINT_STORAGE.members.items()}
SCHEMAS |= {f"hyperparameter-{name}": one for name, one in hyperparameters.TYPES.items()}


def lines(schema: str, value: Any, final: bool = False) -> list[str]:
    out: list[str] = []
    SCHEMAS[schema].check(value, "<config>", out, final)
    return out


def same(want: Any, got: Any) -> bool:
    if want == "*":
        return got is not None
    if isinstance(want, dict):
        return isinstance(got, dict) and want.keys() == got.keys() and all(same(want[key], got[key]) for key in want)
    if isinstance(want, list):
        return isinstance(got, list) and len(want) == len(got) and all(map(same, want, got))
    return bool(want == got)


def of(key: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES["schema_cases"] if key in case]


def test_every_case_is_used() -> None:
    assert len(CASES["schema_cases"]) == 147
    assert len(CASES["submission_cases"]) == 61
    known = {"sane", "complete", "sanity_errors", "completeness_errors", "default_as", "merge_as"}
    assert all(case.keys() & known for case in CASES["schema_cases"])


@pytest.mark.parametrize("case", of("sane"))
def test_sane(case: dict[str, Any]) -> None:
    assert {schema: lines(schema, case["input"]) for schema in case["sane"]} == {schema: [] for schema in case["sane"]}


@pytest.mark.parametrize("case", of("complete"))
def test_complete(case: dict[str, Any]) -> None:
    assert {schema: lines(schema, case["input"], True) for schema in case["complete"]} == {schema: [] for schema in case["complete"]}


@pytest.mark.parametrize(("case", "key", "final"), [(p.values[0], "sanity_errors", False) for p in of("sanity_errors")])
def test_sanity_errors(case: dict[str, Any], key: str, final: bool) -> None:
    for schema, patterns in case[key].items():
        found = lines(schema, case["input"], final)
        assert [pattern for pattern in patterns if not any(re.search(pattern, line) for line in found)] == [], found


@pytest.mark.parametrize("case", of("completeness_errors"))
def test_completeness_errors(case: dict[str, Any]) -> None:
    test_sanity_errors(case, "completeness_errors", True)


@pytest.mark.parametrize("case", of("default_as"))
def test_defaults(case: dict[str, Any]) -> None:
    kind = SCHEMAS[case["default_as"]]
    got = kind.complete(kind.normal(case["input"]), True)
    if case["default_as"] == "experiment":  # a name and a seed come from outside
        got |= {"name": "made up", "reproducibility": {"experiment_seed": 1}}
    assert same(case["defaulted"], got), got


@pytest.mark.parametrize("case", of("merge_as"))
def test_merging(case: dict[str, Any]) -> None:
    kind = SCHEMAS[case["merge_as"]]
    merged = kind.merge(kind.normal(case["input"]), kind.normal(case["merge_low"]))
    if isinstance(kind, ListOf | Variant):
        merged = kind.complete(merged, False)
    assert same(case["merged"], merged), merged


def stage(config: dict[str, Any]) -> tuple[str, str]:
    text = msgspec.json.encode(config).decode()
    try:
        experiment.resolve(text, experiment.Defaults(), seed=1, name="n", pool="default", managed=True)
    except InvalidArgument as error:
        for mark, name in (
            ("version 0 experiment config is invalid", "sanity"),
            ("unable to unmarshal", "decode"),
            ("config is invalid or incomplete", "completeness"),
            ("invalid experiment configuration: the ", "assert_current"),
        ):
            if mark in error.text:
                return name, error.text
        return "create_check", error.text
    return "ok", ""


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES["submission_cases"]])
def test_submission(case: dict[str, Any]) -> None:
    reached, text = stage(case["config"])
    # We keep the documented promise that shm_size may be a text such as "1.5 gb" (see docs/decisions/0004-configuration.md).
    assert reached == ("ok" if case["id"] == "shm-string" else case["result"]), text
    assert case.get("error_contains", "") in text
