"""Where the contract folder is, for the tests that read it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(os.environ.get("UNDETERRED_CONTRACT") or Path(__file__).parents[2].parent / "shared" / "contract")
needed = pytest.mark.skipif(not FOLDER.is_dir(), reason="the contract folder (UNDETERRED_CONTRACT) is not here")


def cases() -> dict[str, Any]:
    file = FOLDER / "expconf_cases.json"
    found: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {"schema_cases": [], "submission_cases": []}
    return found


def steps(name: str) -> list[dict[str, Any]]:
    file = FOLDER / "conformance" / "recorded" / f"{name}.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []
