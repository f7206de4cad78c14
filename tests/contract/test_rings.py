"""Whoever changes an experiment's row rings `experiment:<id>`: the lists' index hears of changes in no other way."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parent.parent.parent / "src" / "undeterred"
CHANGES = re.compile(r"(UPDATE|INTO|DELETE FROM|UPDATE OR \w+) experiments\b")
RINGS = re.compile(r"experiment:\{|\bchanged\(")


def changers() -> Iterator[tuple[str, str]]:
    """Every function with a statement that changes the table: its name and source."""
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text()
        if not CHANGES.search(text):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and CHANGES.search(source := ast.get_source_segment(text, node) or ""):
                yield f"{path.relative_to(SOURCE)}:{node.name}", source


def test_every_change_of_an_experiment_rings() -> None:
    found = dict(changers())
    assert "store/experiments.py:update" in found, "the search for changes finds nothing any more"
    silent = [name for name, source in found.items() if not RINGS.search(source)]
    assert not silent, f"these change experiments and do not ring: {', '.join(silent)}"
