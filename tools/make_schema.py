"""Write the head schema of both databases from store/schema: `python tools/make_schema.py [--check]`."""

import sys
from pathlib import Path

from undeterred.store.schema import head

FOLDER = Path(__file__).parent.parent / "src" / "undeterred" / "store" / "migrations"


def main() -> int:
    stale = []
    for name, driver in (("sqlite", "sqlite"), ("postgresql", "postgresql+psycopg")):
        path, text = FOLDER / f"head_{name}.sql", head(driver)
        if "--check" in sys.argv:
            stale += [path.name] if path.read_text() != text else []
        else:
            path.write_text(text)
    if stale:
        print(f"stale: {', '.join(stale)}; run `python tools/make_schema.py` and add a migration")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
