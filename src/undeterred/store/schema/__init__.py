"""The tables, declared once. `head()` writes them as plain SQL for an empty database; `migrations/` brings an older one up to date."""

from typing import Any

from undeterred.store.schema import cluster, collections, experiments, models, places, tasks, trials, users
from undeterred.store.schema.base import metadata

__all__ = ["cluster", "collections", "experiments", "metadata", "models", "places", "tasks", "trials", "users"]


def head(dialect_name: str) -> str:
    """The whole schema as one SQL script for "sqlite" or "postgresql+psycopg"."""
    from sqlalchemy import create_mock_engine

    script: list[str] = []

    def keep(statement: Any, *_args: Any, **_options: Any) -> None:
        script.append(str(statement.compile(dialect=engine.dialect)).strip())

    engine = create_mock_engine(f"{dialect_name}://", keep)
    metadata.create_all(engine, checkfirst=False)
    script.sort(key=lambda statement: statement if " INDEX " in statement.partition("\n")[0] else "")  # a table's indexes come in no order
    return ";\n\n".join(script) + ";\n"
