"""The generated part of docs/compatibility.md: what is declared and not built, and which of the reference's old routes are not served."""

import re
from pathlib import Path
from typing import Any

import undeterred.api.all  # noqa: F401 - declares every handler
from undeterred.api.serve import HANDLERS, ROUTES
from undeterred.wire.base import Endpoint
from undeterred.wire.registry import MODULES, declared

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "compatibility.md"
BEGIN, END = "<!-- made by `make api`: begin -->", "<!-- made by `make api`: end -->"

OLD_ROUTES: tuple[tuple[str, str], ...] = (
    ("GET", "/"),
    ("GET", "/info"),
    ("POST", "/task-logs"),
    ("GET", "/tasks"),
    ("GET", "/experiments/{id}/model_def"),
    ("GET", "/experiments/{id}/file/download"),
    ("GET", "/experiments/{id}/preview_gc"),
    ("GET", "/checkpoints/{uuid}"),
    ("GET", "/resources/allocation/raw"),
    ("GET", "/resources/allocation/allocations-csv"),
    ("GET", "/resources/allocation/aggregated"),
    ("GET", "/agents"),
    ("GET", "/stream"),
    ("*", "/proxy/{service}/*"),
    ("GET", "/api/v1/api.swagger.json"),
    ("GET", "/docs/rest-api/*"),
    ("GET", "/det/*"),
    ("POST", "/login"),
    ("POST", "/logout"),
    ("GET", "/users"),
    ("POST", "/users"),
    ("GET", "/users/me"),
    ("PATCH", "/users/{username}"),
    ("PATCH", "/users/{username}/username"),
    ("GET", "/users/{username}/image"),
    ("*", "/oauth2/*"),
    ("*", "/saml/*"),
    ("*", "/oidc/*"),
    ("*", "/scim/v2/*"),
    ("*", "/debug/pprof/*"),
    ("*", "/debug/prom/metrics"),
    ("*", "/prom/det-state-metrics"),
    ("*", "/prom/det-http-sd-config"),
)
"""The reference's routes outside /api/v1, families of one purpose as one."""


def fresh() -> str:
    """The whole file as it should be: the hand-written words, and between the two marks what the code says."""
    text = TARGET.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{generated()}{END}{after}"


def generated() -> str:
    """What is built and what is not, by noun, with counts."""
    rows, missing = [], []
    total = built = 0
    for module in MODULES:
        endpoints = declared(module)
        if not endpoints:
            continue
        noun = module.__name__.rpartition(".")[2]
        absent = [e for e in endpoints if e.name not in HANDLERS]
        total, built = total + len(endpoints), built + len(endpoints) - len(absent)
        rows.append(f"| {noun.replace('_', ' ')} | {len(endpoints) - len(absent)} of {len(endpoints)} |")
        if absent:
            missing.append(f"- **{noun.replace('_', ' ')}**: " + ", ".join(_named(e) for e in absent))
    unserved = [f"- `{verb.replace('*', 'ANY')} {path}`" for verb, path in OLD_ROUTES if not _served(verb, path)]
    return "\n".join(
        [
            "",
            f"{built} of the {total} endpoints below `/api/v1` are built.",
            "",
            "| noun | built |",
            "|---|---|",
            *rows,
            "",
            "### Not built: answers 501 after authentication",
            "",
            *(missing or ["- none"]),
            "",
            "### Old routes of the reference that are not served (404)",
            "",
            *(unserved or ["- none"]),
            "",
            "",
        ]
    )


def _named(e: Endpoint[Any, Any]) -> str:
    return f"{e.name} (`{e.verb} {e.path}`)"


def _served(verb: str, path: str) -> bool:
    family, shape = path.endswith("*"), _shape(path.removesuffix("*"))
    return any(_shape(r.path).startswith(shape) if family else _shape(r.path) == shape for r in ROUTES if verb in ("*", r.verb))


def _shape(path: str) -> str:
    """A path with its names left out: two spellings of one route are one."""
    return re.sub(r"\{[^}]*\}|\*", "{}", path)
