"""Write docs/api/openapi.json and the generated part of docs/compatibility.md from the code; `--check` only says whether one is stale."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tools import compatibility  # noqa: E402 - the line above makes it importable
from undeterred.wire.openapi import openapi_document  # noqa: E402

OPENAPI = ROOT / "docs" / "api" / "openapi.json"


def text() -> str:
    """The document as the file has it."""
    return json.dumps(openapi_document(), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    stale = False
    for target, fresh in ((OPENAPI, text()), (compatibility.TARGET, compatibility.fresh())):
        if "--check" in sys.argv[1:]:
            old = not target.exists() or target.read_text(encoding="utf-8") != fresh
            print(f"{target.relative_to(ROOT)} is {'stale: run make api' if old else 'fresh'}")
            stale = stale or old
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(fresh, encoding="utf-8")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
