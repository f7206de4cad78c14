"""Whoever changes the row of an experiment, a run or a place rings `experiment:<id>`, `run:<id>`, `places` or (a user) `sessions`: the index of the lists and
the searches that are kept hear of changes in no other way."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent.parent / "src" / "undeterred"
CHANGES = r"(UPDATE|INTO|DELETE FROM|UPDATE OR \w+) {}\b(?! SET max_local_id)"
RINGS = {
    "experiments": r"experiment:\{|\bchanged\(",
    "trials": r"run:\{|\bupdate\(tx, experiment_id",
    "projects": '"places"',
    "workspaces": '"places"',
    "users": '"sessions"',
}
KNOWN = {
    "experiments": "store/experiments.py:update",
    "trials": "store/trials.py:change",
    "projects": "store/projects.py:update",
    "workspaces": "store/workspaces.py:update",
    "users": "store/users.py:update",
}
UNSEEN = {
    # columns that no search shows, filters or sorts by
    "store/lives.py:next_run": "run_id",
    "store/trial_logs_kept.py:put": "log_retention_days",
    "store/experiments.py:retain_logs": "log_retention_days",
    "store/checkpoints.py:refresh_best": "best_checkpoint",
    "store/checkpoints.py:validated": "best_checkpoint",
    # a new place is no run's yet
    "store/projects.py:insert": "",
    "store/workspaces.py:insert": "",
    # a new user owns nothing yet, and nobody is shown when he came in
    "store/users.py:insert": "",
    "store/users.py:came_in": "",
}


def changers(table: str) -> Iterator[tuple[str, str]]:
    """Every function with a statement that changes the table, itself or in a constant of its module that it names: its name and source."""
    changes = re.compile(CHANGES.format(table))
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text()
        if "migrations" in path.parts or not changes.search(text):
            continue
        tree = ast.parse(text)
        constants = {
            node.targets[0].id
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and changes.search(ast.get_source_segment(text, node) or "")
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                source = ast.get_source_segment(text, node) or ""
                if changes.search(source) or any(re.search(rf"\b{name}\b", source) for name in constants):
                    yield f"{path.relative_to(SOURCE)}:{node.name}", source


@pytest.mark.parametrize("table", sorted(RINGS))
def test_every_change_of_a_row_rings(table: str) -> None:
    found = dict(changers(table))
    assert KNOWN[table] in found, "the search for changes finds nothing any more"
    silent = [name for name, source in found.items() if not re.search(RINGS[table], source) and name not in UNSEEN]
    assert not silent, f"these change {table} and do not ring: {', '.join(silent)}"


def test_what_need_not_ring_changes_only_what_it_says() -> None:
    found = dict(changers("trials"))
    for name, column in UNSEEN.items():
        if not column:
            continue
        (sets,) = set(re.findall(r"UPDATE trials SET (\w+)", found[name]))
        assert sets == column, name
