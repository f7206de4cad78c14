"""The OpenAPI document is fresh, whole and true to the contract."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.needs import ROOT
from undeterred.wire import openapi_texts
from undeterred.wire.base import Endpoint
from undeterred.wire.openapi import openapi_document
from undeterred.wire.registry import BY_NAME, ENDPOINTS


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document()


def test_the_file_is_fresh(document: dict[str, Any]) -> None:
    written = json.loads((ROOT / "docs" / "api" / "openapi.json").read_text(encoding="utf-8"))
    assert written == document, "run `make api`"
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "make_api.py"), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                assert node["$ref"].removeprefix("#/components/schemas/") in schemas
            for inner in node.values():
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(document)


def test_three_calls_ask_for_no_token(document: dict[str, Any]) -> None:
    open_ones = {op["operationId"] for item in document["paths"].values() for op in item.values() if op.get("security") == []}
    assert open_ones == {"Login", "GetMaster", "GetTelemetry"}


def test_paths_name_each_parameter_once(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for op in item.values():
            names = [p["name"] for p in op.get("parameters", []) if p["in"] == "path"]
            assert sorted(names) == sorted(part[1:-1] for part in path.split("/") if part.startswith("{")), path


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every operation by its name."""
    return {op["operationId"]: op for item in document["paths"].values() for op in item.values()}


@pytest.mark.parametrize("e", ENDPOINTS, ids=lambda e: e.name)
def test_a_summary_says_more_than_the_name(e: Endpoint[Any, Any]) -> None:
    words = re.findall(r"[\w'-]+", e.summary)
    split = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", e.name)
    assert len(words) > 2
    assert [w.lower() for w in words] != [w.lower() for w in split]
    assert len(e.summary) <= 75, "it is one line of the playground"
    assert e.summary[0].isupper()
    assert not e.summary.endswith(".")


def test_no_two_summaries_are_the_same() -> None:
    assert len({e.summary for e in ENDPOINTS}) == len(ENDPOINTS)


def test_every_parameter_is_explained(document: dict[str, Any]) -> None:
    bare = [
        f"{name}.{p['name']}" for name, op in operations(document).items() for p in op.get("parameters", []) if not p.get("description")
    ]
    assert bare == []
    said = {f"{name}.{p['name']}": p["description"] for name, op in operations(document).items() for p in op.get("parameters", [])}
    for name, op in operations(document).items():
        for p in op.get("parameters", []):
            last = p["name"].rpartition(".")[2]
            if p["in"] == "query" and last in openapi_texts.FIELDS | openapi_texts.ASKED:
                usual = openapi_texts.ASKED.get(last) or openapi_texts.FIELDS[last]
                assert said[f"{name}.{p['name']}"] == openapi_texts.EXCEPTIONS.get(f"{name}.{p['name']}", usual)
    assert "0 means 100" in said["GetExperiments.limit"], "not every list means the same by 0"
    assert said["GetUsers.limit"] == "How many at most; 0 means all."


def test_the_tables_name_nothing_that_is_not_there(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    there = {f"{name}.{p['name']}" for name, op in operations(document).items() for p in op.get("parameters", [])}
    there |= {f"{name.removesuffix('Request')}.{field}" for name, s in schemas.items() for field in s.get("properties", {})}
    assert set(openapi_texts.EXCEPTIONS) - there == set()
    fields = {name.rpartition(".")[2] for name in there}
    assert (set(openapi_texts.FIELDS) | set(openapi_texts.ASKED)) - fields == set()
    assert set(openapi_texts.TAGS) == {tag for e in ENDPOINTS for tag in e.tags}


def test_bodies_and_messages_are_explained(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["LaunchCommandRequest"]["properties"]["templateName"]["description"] == openapi_texts.FIELDS["templateName"]
    assert schemas["SearchRunsRequest"]["properties"]["limit"]["description"] == openapi_texts.EXCEPTIONS["SearchRuns.limit"]
    assert "description" not in schemas["Experiment"]["properties"]["name"], "what is asked is explained, not what is answered"
    for name in ("Experiment", "Trial", "Checkpoint", "MetricsReport", "Job", "Model", "Workspace", "Project", "User", "TaskLog"):
        assert len(schemas[name]["description"].split()) > 3, name


def test_a_stream_declares_both_shapes_of_errors(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    both = [{"$ref": "#/components/schemas/ErrorBody"}, {"$ref": "#/components/schemas/StreamErrorChunk"}]
    for name, op in operations(document).items():
        declared = op["responses"]["default"]["content"]["application/json"]["schema"]
        assert declared.get("oneOf") == (both if BY_NAME[name].streams else None), name
    plain, streamed = (set(schemas[name]["required"]) for name in ("ErrorMessage", "StreamError"))
    assert plain - set(schemas["StreamError"]["properties"]), "an error of one shape must not pass for the other"
    assert streamed - set(schemas["ErrorMessage"]["properties"])


def test_it_agrees_with_the_contract(contract: Path, tmp_path: Path, document: dict[str, Any]) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    done = subprocess.run([sys.executable, str(contract / "check_openapi.py"), str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "261 of 261 endpoints present\n" in done.stdout
