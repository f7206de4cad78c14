"""The experiments' table over HTTP, where recorded conversations do not go."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.test_experiment_lists import UNMANAGED, Talk
from tests.support.conformance import fresh_server
from tests.support.server import Server


@pytest.fixture
def talk(store_url: str, serve: Callable[..., Server]) -> Talk:
    return Talk(fresh_server(serve, store_url))


def field(column: str, operator: str, value: Any = None, kind: str = "", location: str = "EXPERIMENT") -> dict[str, Any]:
    return {
        "kind": "field",
        "columnName": column,
        "operator": operator,
        "value": value,
        "type": f"COLUMN_TYPE_{kind}" if kind else None,
        "location": f"LOCATION_TYPE_{location}",
    }


def search(talk: Talk, *conditions: dict[str, Any], **more: Any) -> list[int]:
    document = {"filterGroup": {"kind": "group", "conjunction": "and", "children": list(conditions)}, "showArchived": True}
    answer = talk.ok("POST experiments-search", {"filter": json.dumps(document), **more})
    return [each["experiment"]["id"] for each in answer["experiments"]]


def refused(talk: Talk, *conditions: dict[str, Any]) -> str:
    document = {"filterGroup": {"kind": "group", "conjunction": "and", "children": list(conditions)}}
    status, told = talk.refused("POST experiments-search", {"filter": json.dumps(document)})
    assert status == 400
    return told


def unmanaged(talk: Talk, name: str, metric: Any, hparams: Any = None) -> int:
    text = f"name: {name}\n{UNMANAGED}hyperparameters: {json.dumps(hparams or {})}\n"
    made = int(talk.ok("POST experiments", {"config": text, "unmanaged": True})["experiment"]["id"])
    trial = talk.ok("POST trials", {"experimentId": made, "hparams": hparams or {}, "unmanaged": True})["trial"]["id"]
    talk.ok(f"POST trials/{trial}/start", {"trialId": trial, "resume": True})
    report = {"trialRunId": 1, "stepsCompleted": 1, "metrics": {"avgMetrics": {"loss": metric, "note": name}}}
    talk.ok(f"POST trials/{trial}/metrics", {"group": "validation", "metrics": report})
    return made


def test_metrics_are_numbers(talk: Talk) -> None:
    nine, ten, negative, none = unmanaged(talk, "a", 9), unmanaged(talk, "b", 10), unmanaged(talk, "c", -0.5), talk.create()
    column = "validation.loss.min"
    assert search(talk, sort=f"{column}=asc") == [negative, nine, ten, none]
    assert search(talk, sort=f"{column}=desc") == [ten, nine, negative, none]
    assert search(talk, sort="searcherMetricsVal=desc") == [ten, nine, negative, none]
    assert search(talk, field(column, ">=", "9", "NUMBER", "VALIDATIONS")) == [nine, ten]
    assert search(talk, field(column, "isEmpty", location="VALIDATIONS")) == [none]
    assert search(talk, field("validation.note.last", "=", "b", "TEXT", "VALIDATIONS")) == [ten]
    assert search(talk, field("validation.note.last", "notContains", "b", "TEXT", "VALIDATIONS")) == [nine, negative]
    assert "compared with a number" in refused(talk, field(column, ">", "x", "NUMBER", "VALIDATIONS"))


def test_values_are_compared_as_their_column_is(talk: Talk) -> None:
    first, second = talk.create("name: b\ndescription: ''\n"), talk.create("name: B\n", activate=True)
    assert search(talk, field("id", "=", str(first))) == [first]
    assert search(talk, field("id", "<", 1.5)) == [first]
    assert search(talk, field("name", "<", "a")) == [second]
    assert search(talk, field("description", "isEmpty")) == [first, second]
    assert search(talk, field("description", "=", "")) == [first]
    assert search(talk, field("state", "!=", "PAUSED")) == [second]
    assert search(talk, field("startTime", ">", "2020-01-01")) == [first, second]
    assert search(talk, field("startTime", ">", "tomorrow")) == []
    assert search(talk, field("endTime", "notEmpty")) == []
    assert search(talk, field("user", "=", 1), field("projectId", "=", 1), field("duration", "<", 3600)) == [first, second]
    for column, operator, value in (("id", "=", True), ("id", "=", [1]), ("id", "contains", 1), ("name", "=", 5), ("state", "=", "QUEUED")):
        assert column in refused(talk, field(column, operator, value))
    assert "is no time" in refused(talk, field("startTime", ">", "soon"))
    assert "NUL" in refused(talk, field("name", "=", "\0"))
    assert refused(talk, field("shoe", "=", 1)) == "invalid experiment column shoe"
    assert refused(talk, field("shoe", "=", 1, location="RUN")) == "invalid run column shoe"


def test_hyperparameters_are_those_of_the_configuration(talk: Talk) -> None:
    const = talk.create("hyperparameters: {lr: 0.1, opt: {name: sgd}}\n")
    ranged = talk.create("hyperparameters: {lr: {type: double, minval: 1, maxval: 2}, opt: {name: {type: categorical, vals: [sgd]}}}\n")
    where = {"location": "HYPERPARAMETERS"}
    assert search(talk, field("hp.lr", "<=", 1, "NUMBER", **where)) == [const, ranged]
    assert search(talk, field("hp.lr", ">", 1, "NUMBER", **where)) == [ranged]
    assert search(talk, field("hp.opt.name", "=", "sgd", "TEXT", **where)) == [const]
    assert search(talk, field("hp.opt.name", "contains", "g", "TEXT", **where)) == [const]
    assert search(talk, field("hp.opt.name", "notEmpty", kind="TEXT", **where)) == [const, ranged]
    assert search(talk, field("hp.lr", "contains", 1.5, "NUMBER", **where)) == [ranged]
    assert search(talk, sort="hp.lr=desc") == [ranged, const]


def test_a_runs_own_values(talk: Talk) -> None:
    made = talk.create("hyperparameters: {lr: 0.1, flag: true, opt: {name: sgd}}\n")
    talk.ok("POST runs/1/metadata", {"runId": 1, "metadata": {"a": {"b": "deep"}, "n": 3}})
    unmanaged(talk, "u", 1, {"lr": 0.1})
    assert search(talk, field("hp.lr", "=", 0.1, "NUMBER", "RUN_HYPERPARAMETERS")) == [made]
    assert search(talk, field("hp.opt.name", "=", "sgd", "TEXT", "RUN_HYPERPARAMETERS")) == [made]
    assert search(talk, field("hp.flag", "=", True, location="RUN_HYPERPARAMETERS")) == [made]
    assert search(talk, field("metadata.a.b", "contains", "ee", "TEXT", "RUN_METADATA")) == [made]
    assert search(talk, field("metadata.n", ">", 2, "NUMBER", "RUN_METADATA")) == [made]
    assert search(talk, field("metadata.n", "isEmpty", location="RUN_METADATA")) == [2]
    assert search(talk, field("localId", "contains", "-1", location="RUN")) == [made]
    assert search(talk, field("isExpMultitrial", "=", False, location="RUN"), field("id", "=", 1, location="RUN")) == [made]


def test_a_search_never_fails_for_what_is_typed(talk: Talk) -> None:
    talk.create("hyperparameters: {lr: 0.1}\nlabels: [a, b]\n")
    nasty = ["'", '"', "\\", "%", "_", "a.b", ":p0", "$.x", "{", "🚀", ")--", ""]
    for word in nasty:
        for column, location in (
            (f"hp.{word}", "HYPERPARAMETERS"),
            (f"validation.{word}x.min", "VALIDATIONS"),
            (f"metadata.{word}", "RUN_METADATA"),
        ):
            assert search(talk, field(column, "=", word, "TEXT", location)) == []
        search(talk, field("name", "contains", word))
        search(talk, sort=f"hp.{word.replace(',', '')}x=asc")
    assert search(talk, field("tags", "contains", '"a", "b"')) == [1]


def test_a_table_without_conditions_is_in_the_same_order_as_one_with(talk: Talk) -> None:
    for name in ("b", "a", "b", "c"):
        talk.create(f"name: {name}\n")
    talk.ended("name: a\n")
    talk.ok("POST experiments/5/archive")
    for sort in ("id=desc", "name=asc", "name=desc", "endTime=asc", "endTime=desc", "state=asc", "user=asc,id=desc", "startTime=desc"):
        found = search(talk, field("id", ">", 0), sort=sort)
        assert search(talk, sort=sort) == found, sort
        assert search(talk, sort=sort, limit=2, offset=1) == found[1:3], sort
    hidden = talk.ok("POST experiments-search", {"filter": json.dumps({"filterGroup": {}}), "sort": "name=asc"})
    assert ([each["experiment"]["id"] for each in hidden["experiments"]], hidden["pagination"]["total"]) == ([2, 1, 3, 4], 4)
    assert talk.refused("POST experiments-search", {"sort": "shoe=asc"}) == (400, "invalid sort col: shoe")
