"""The runs' table and verbs on many runs over HTTP, where recorded conversations do not go."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.test_experiment_lists import Talk, place
from tests.api.test_experiment_search import field, unmanaged
from tests.support.conformance import fresh_server
from tests.support.server import Server

RANDOM = "hyperparameters: {lr: {type: double, minval: 0, maxval: 1}}\nreproducibility: {experiment_seed: 7}\n"


@pytest.fixture
def talk(store_url: str, serve: Callable[..., Server]) -> Talk:
    return Talk(fresh_server(serve, store_url))


def document(*conditions: dict[str, Any], archived: bool = True) -> str:
    return json.dumps({"filterGroup": {"kind": "group", "conjunction": "and", "children": list(conditions)}, "showArchived": archived})


def search(talk: Talk, *conditions: dict[str, Any], **more: Any) -> list[int]:
    return [run["id"] for run in talk.ok("POST runs", {"filter": document(*conditions), **more})["runs"]]


def results(talk: Talk, verb: str, ids: list[int], project: int = 1, **more: Any) -> dict[int, str]:
    answer = talk.ok(f"POST runs/{verb}", {"projectId": project, "runIds": ids, **more})
    return {each["id"]: each["error"] for each in answer["results"]}


def test_metadata_is_searched_by_type(talk: Talk) -> None:
    talk.create()
    talk.create()
    first = {"when": "2026-02", "list": ["a", 2, True], "text": "Red", "bad": "2026-02-30", "leap": "2024-02-29T10:00:00+02:00"}
    talk.ok("POST runs/1/metadata", {"runId": 1, "metadata": first})
    talk.ok("POST runs/2/metadata", {"runId": 2, "metadata": {"when": "2026-02-01T00:00:01Z", "bad": "soon", "text": "blue"}})

    def having(name: str, operator: str, value: Any = None, kind: str = "") -> list[int]:
        return search(talk, field(f"metadata.{name}", operator, value, kind, "RUN_METADATA"))

    assert having("when", "=", "2026-02-01", "DATE") == [1]
    assert having("when", ">", "2026-02-01T00:00:00Z", "DATE") == [2]
    assert having("bad", ">", "1970-01-01", "DATE") == []
    assert having("leap", "=", "2024-02-29T08:00:00Z", "DATE") == [1]
    assert (having("list", "=", "a", "TEXT"), having("list", "=", 2, "NUMBER"), having("list", "=", True)) == ([1], [1], [1])
    assert (having("text", "contains", "R", "TEXT"), having("text", "notContains", "R", "TEXT")) == ([1], [2])
    assert (having("list", "isEmpty"), having("list", "notEmpty")) == ([2], [1])
    assert search(talk, sort="metadata.when=desc") == [2, 1]


def test_what_is_archived_is_hidden_by_a_filter(talk: Talk) -> None:
    talk.ended()
    talk.ended()
    assert results(talk, "archive", [1, 1]) == {1: ""}
    listed = talk.ok("POST runs", {"filter": document(archived=False)})
    assert ([run["id"] for run in listed["runs"]], listed["pagination"]["total"]) == ([2], 1)
    assert search(talk, sort="archived=desc") == [1, 2]
    assert results(talk, "resume", [1]) == {1: "Run is archived."}
    assert results(talk, "unarchive", [], filter=document(field("id", "=", 1, location="RUN"))) == {1: ""}
    assert talk.refused("POST runs/archive", {"projectId": 1, "runIds": [1], "filter": "{}"})[0] == 400


def test_pausing_and_killing(talk: Talk) -> None:
    talk.create(activate=True)
    text = "entrypoint: x\nresources: {slots_per_trial: 0}\nsearcher: {name: random, metric: loss, max_trials: 2}\n" + RANDOM
    talk.ok("POST experiments", {"config": text, "activate": True})
    assert results(talk, "pause", [1, 2, 9]) == {
        1: "",
        2: "Cannot pause/unpause run '2' (part of multi-trial).",
        9: "Run with id '9' not found in project with id '1'",
    }
    assert talk.ok("GET experiments/1")["experiment"]["state"] == "STATE_PAUSED"
    assert results(talk, "resume", [1]) == {1: ""}
    assert results(talk, "kill", [1, 2, 9]) == {1: "", 2: "", 9: "Run with id '9' not found"}
    assert results(talk, "kill", [1]) == {1: ""}
    assert results(talk, "pause", [1])[1].endswith("experiment in terminal state")


def test_a_deleted_run_leaves_its_experiment(talk: Talk) -> None:
    made = unmanaged(talk, "a", 0.5)
    second = talk.ok("POST trials", {"experimentId": made, "hparams": {}, "unmanaged": True})["trial"]["id"]
    task = talk.ok("GET trials/1")["trial"]["taskId"]
    files = {"taskId": task, "uuid": "11111111-1111-4111-8111-111111111111", "resources": {"a": "7"}, "metadata": {"steps_completed": 1}}
    talk.ok("POST checkpoints", files | {"reportTime": "2026-01-02T03:04:05Z", "state": "STATE_COMPLETED"})
    talk.ok("POST task/logs", {"logs": [{"taskId": task, "log": "hello", "timestamp": "2026-01-02T03:04:05Z"}]})
    assert results(talk, "delete", [1, second]) == {1: "Run is not in a terminal state.", second: "Run is not in a terminal state."}
    talk.ok("PATCH trials/1", {"state": "STATE_COMPLETED"})
    assert results(talk, "delete", [1]) == {1: ""}
    assert talk.refused("GET trials/1")[0] == 404
    shown = talk.ok(f"GET experiments/{made}")["experiment"]
    assert (shown["numTrials"], shown["trialIds"]) == (1, [second])
    assert talk.ok("GET checkpoints/11111111-1111-4111-8111-111111111111")["checkpoint"]["state"] == "STATE_COMPLETED"
    (listed,) = talk.ok("GET experiments?showTrialData=true")["experiments"]
    assert "bestTrialSearcherMetric" not in listed
    talk.ok(f"PATCH trials/{second}", {"state": "STATE_COMPLETED"})
    assert talk.said(f"DELETE experiments/{made}")[0] == 200


def test_moved_runs_take_their_experiment_along(talk: Talk) -> None:
    _, target = place(talk, "a")
    talk.ended()
    moved = talk.ok("POST runs/move", {"sourceProjectId": 1, "destinationProjectId": target, "runIds": [1, 9]})["results"]
    assert {each["id"]: each["error"] for each in moved} == {1: "", 9: "Run with id '9' not found in project with id '1'"}
    (run,) = talk.ok("POST runs", {"projectId": target})["runs"]
    key = talk.ok(f"GET projects/{target}")["project"]["key"]
    assert (run["projectId"], run["localId"], run["experiment"]["id"]) == (target, f"{key}-1", 1)
    assert talk.ids(f"projectId={target}") == [1]
    talk.ok(f"POST projects/{target}/archive")
    back = {"sourceProjectId": target, "destinationProjectId": 1, "runIds": [1]}
    assert talk.refused("POST runs/move", back) == (409, f"project ({target}) is archived and cannot have runs moved from it")
