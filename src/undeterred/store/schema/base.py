"""How a column is written in every table: instants are integers (µs, UTC), flags 0/1, JSON text.

So a row needs no conversion on either database.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Integer, LargeBinary, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")


def serial() -> Column[Any]:
    """The table's own number, never given twice."""
    return Column("id", Id, primary_key=True, autoincrement=True)


def number(name: str, default: int | None = None, null: bool = False, to: str | None = None) -> Column[Any]:
    """A 64-bit integer; `to` is the column it refers to."""
    keys = (ForeignKey(to),) if to else ()
    return Column(name, Id, *keys, nullable=null, server_default=None if default is None else str(default))


def instant(name: str, null: bool = False) -> Column[Any]:
    """Microseconds since the epoch, UTC."""
    return Column(name, BigInteger, nullable=null)


def flag(name: str, default: int = 0) -> Column[Any]:
    """0 or 1."""
    return Column(name, Integer, nullable=False, server_default=str(default))


def text(name: str, default: str | None = None, null: bool = False, key: bool = False) -> Column[Any]:
    """Unicode text, or JSON written as text."""
    return Column(name, Text, nullable=null, primary_key=key, server_default=default)


def real(name: str, default: float | None = None, null: bool = False) -> Column[Any]:
    """A double. NaN is not stored here (SQLite makes it NULL)."""
    return Column(name, Double, nullable=null, server_default=None if default is None else str(default))


def blob(name: str, null: bool = False) -> Column[Any]:
    """Bytes."""
    return Column(name, LargeBinary, nullable=null)
