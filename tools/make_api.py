"""Write docs/api/openapi.json from the declarations in `undeterred.wire`; `--check` only says whether it is stale."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from undeterred.wire.openapi import openapi_document  # noqa: E402 - the line above makes it importable

TARGET = ROOT / "docs" / "api" / "openapi.json"


def text() -> str:
    """The document as the file has it."""
    return json.dumps(openapi_document(), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    fresh = text()
    if "--check" in sys.argv[1:]:
        stale = not TARGET.exists() or TARGET.read_text(encoding="utf-8") != fresh
        print(f"{TARGET.relative_to(ROOT)} is {'stale: run make api' if stale else 'fresh'}")
        return int(stale)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
