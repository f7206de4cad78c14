"""Which way imports point (docs/ARCHITECTURE.md), read from the source with ast: also inside functions and under TYPE_CHECKING.

A module's room is the first name after `undeterred`. Rooms in one group do not know each other; everything points downward.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"
PACKAGE = SRC / "undeterred"

GROUND = {"terms", "errors", "guards"}
BELOW_STORE = {"domain", "config", "wire"} | GROUND
MAY_IMPORT: dict[str, set[str]] = {
    "terms": set(),
    "errors": set(),
    "guards": GROUND,
    "wire": GROUND,
    "config": {"wire"} | GROUND,
    "domain": {"config"} | GROUND,
    "store": BELOW_STORE,
    "runtimes": BELOW_STORE,
    "services": {"store", "runtimes"} | BELOW_STORE,
    "loops": {"services", "store", "runtimes"} | BELOW_STORE,
    "api": {"services", "store", "runtimes"} | BELOW_STORE,
    "master": {"api", "loops", "services", "store", "runtimes"} | BELOW_STORE,
    "examine": {"store", "runtimes", "config"} | GROUND,
    "supervisor": set(),
    "client": {"wire"} | GROUND,
    "cli": {"client", "wire"} | GROUND,
}
"""Room -> the rooms it may import, itself always."""

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("cli", "master"): "`undeterred up` is the master's own process; no other command may",
    ("cli", "config"): "`up` and `doctor` read master.yaml",
    ("runtimes", "supervisor"): "the local runtime starts the supervisor's file",
}
"""(room, imported room) -> why it is right all the same."""

DOORS: dict[tuple[str, str], str] = {
    ("undeterred.store.db", "Database"): "the way from the event loop into the database's threads",
    ("undeterred.store.bell", "Bell"): "waiting for a commit's ring",
    ("undeterred.services.context", "Context"): "what api and loops share; it asks the store on their behalf",
    ("undeterred.services.passwords", "hashed"): "20 ms of work in threads of its own, before the transaction",
    ("undeterred.services.passwords", "matches"): "the same",
    ("undeterred.services.passwords", "_in_thread"): "what the two share",
}
"""(module, class or function) that may be async in a room that otherwise has none -> why. They wait for threads, never for the world."""

MASTER_STARTERS = {"undeterred.cli.up", "undeterred.cli.main", "undeterred.cli.serve"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """`undeterred.store.db` -> `store`; the package itself is its own room, ""."""
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute module name of every import, `from undeterred import x` giving undeterred.x."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*up, base] if base else up)
            yield from (
                (node.lineno, f"{base}.{alias.name}" if base == "undeterred" and is_module(alias.name) else base) for alias in node.names
            )


def is_module(name: str) -> bool:
    """Whether `from undeterred import name` names a room and not a value of the package's own."""
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()


def wrong_imports(path: Path) -> list[str]:
    """Every import of this module that points the wrong way, a sentence each."""
    module, found = name_of(path), []
    room = room_of(module)
    for line, imported in imports(path):
        top, to = imported.split(".")[0], room_of(imported)
        if (
            top == "undeterred"
            and room
            and to not in MAY_IMPORT.get(room, set()) | {room, "", "__version__"}
            and (room, to) not in EXCEPTIONS
        ):
            found.append(f"line {line}: {room} must not import {imported}")
        if top in {"sqlalchemy", "alembic", "psycopg", "sqlite3"} and room != "store":
            found.append(f"line {line}: {imported} belongs in store only")
        if room == "supervisor" and top not in sys.stdlib_module_names and not imported.startswith("undeterred.supervisor"):
            found.append(f"line {line}: the supervisor imports the standard library and itself only, not {imported}")
        if to == "master" and room == "cli" and module not in MASTER_STARTERS:
            found.append(f"line {line}: only `up` may start the master, not {module}")
    return found


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_point_downward(path: Path) -> None:
    assert not wrong_imports(path), "\n".join([str(path.relative_to(SRC)), *wrong_imports(path)])


@pytest.mark.parametrize("path", [p for p in modules() if room_of(name_of(p)) in {"services", "store", "domain"}], ids=name_of)
def test_no_async_where_transactions_and_decisions_are(path: Path) -> None:
    tree = ast.parse(path.read_text())
    named = [node for node in tree.body if isinstance(node, ast.ClassDef | ast.AsyncFunctionDef) and (name_of(path), node.name) in DOORS]
    allowed = {id(node) for door in named for node in (door, *door.body)}
    found = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef) and id(node) not in allowed]
    assert not found, f"async def at lines {found}: nothing but the database can be awaited inside a transaction, so await at the edges"


ASKS = {"all", "column", "many", "one", "run", "value"}


@pytest.mark.parametrize("path", [p for p in modules() if room_of(name_of(p)) != "store"], ids=name_of)
def test_store_alone_speaks_sql(path: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    asked = [f for f in calls if isinstance(f, ast.Attribute) and f.attr in ASKS and isinstance(f.value, ast.Name) and f.value.id == "tx"]
    assert not asked, f"statements at lines {[f.lineno for f in asked]}: they belong in store"


def test_every_room_is_known() -> None:
    rooms = {room_of(name_of(path)) for path in modules()} - {""}
    assert rooms <= set(MAY_IMPORT) | {"__main__", "py"}, f"say in MAY_IMPORT what these may import: {rooms - set(MAY_IMPORT)}"


def test_a_wrong_import_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.SRC", tmp_path)
    bad = tmp_path / "undeterred" / "domain" / "bad.py"
    bad.parent.mkdir(parents=True)
    lines = ["def f():", "from undeterred.wire import base", "import sqlalchemy", "from ..store import db", "from undeterred import api"]
    bad.write_text("\n    ".join(lines))
    assert wrong_imports(bad) == [
        "line 2: domain must not import undeterred.wire",
        "line 3: sqlalchemy belongs in store only",
        "line 4: domain must not import undeterred.store",
        "line 5: domain must not import undeterred.api",
    ]
