"""The OpenAPI document is fresh, whole and true to the contract."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.needs import ROOT
from undeterred.wire.openapi import openapi_document


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


def test_it_agrees_with_the_contract(contract: Path, tmp_path: Path, document: dict[str, Any]) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    done = subprocess.run([sys.executable, str(contract / "check_openapi.py"), str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "261 of 261 endpoints present\n" in done.stdout
