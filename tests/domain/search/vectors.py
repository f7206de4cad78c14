"""Finds the shared contract's searcher vectors; tests that need them are skipped by name where they are absent."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(os.environ.get("UNDETERRED_CONTRACT") or Path(__file__).parents[3].parent / "shared" / "contract")
FILE = FOLDER / "searcher_vectors.json"


def vectors(name: str | None) -> Any:
    """A section of the vectors, or all of them: to be called in a test."""
    if not FILE.exists():
        pytest.skip(f"{FILE.name} is not here (UNDETERRED_CONTRACT)")
    whole = json.loads(FILE.read_text())
    return whole if name is None else whole[name]
