"""What differs between SQLite and PostgreSQL, one name each. Statements elsewhere are common to both and never ask which one it is."""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

NAMED = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")


class Dialect:
    """SQL fragments for one database; `name` is "sqlite" or "postgres"."""

    name = ""

    def prepare(self, sql: str) -> str:
        """The statement as its driver wants it; parameters are written `:name`."""
        raise NotImplementedError

    def bag(self, values: Sequence[Any]) -> Any:
        """The parameter value that `member` looks into."""
        raise NotImplementedError

    def member(self, column: str, parameter: str, kind: str = "int") -> str:
        """`column` is one of the values in parameter `:parameter` (given through `bag`); kind: int | text."""
        raise NotImplementedError

    def like(self, expression: str, parameter: str) -> str:
        """Case-insensitive LIKE; `%` and `_` in the parameter are wildcards, backslash escapes them."""
        raise NotImplementedError

    def json_text(self, expression: str, *path: str) -> str:
        """The text of the value at `path` (keys, no wildcards) in a JSON text column, NULL where there is none."""
        raise NotImplementedError

    def json_number(self, expression: str, *path: str) -> str:
        """The number at `path`, NULL where there is none or it is no number."""
        raise NotImplementedError

    def json_has(self, column: str, parameter: str) -> str:
        """The JSON array of strings in `column` contains the text `:parameter`."""
        raise NotImplementedError

    def path(self, keys: Sequence[str]) -> Any:
        """The parameter value that the `dug` fragments follow: keys that a client may have named, the outermost first."""
        raise NotImplementedError

    def dug(self, what: str, expression: str, parameter: str) -> str:
        """Something of the value at `:parameter` (given through `path`) in a JSON text column, NULL where there is none.
        what: text | number | kind (object, array, string, number, boolean, null) | order (to sort by)."""
        raise NotImplementedError

    def by_byte(self, expression: str) -> str:
        """The expression with byte order, for ORDER BY."""
        raise NotImplementedError


class Sqlite(Dialect):
    name = "sqlite"

    def prepare(self, sql: str) -> str:
        return sql

    def bag(self, values: Sequence[Any]) -> Any:
        return json.dumps(list(values))

    def member(self, column: str, parameter: str, kind: str = "int") -> str:
        return f"{column} IN (SELECT value FROM json_each(:{parameter}))"

    def like(self, expression: str, parameter: str) -> str:
        return f"like_all({expression}, :{parameter})"

    def json_text(self, expression: str, *path: str) -> str:
        return f"json_extract({expression}, '{_sqlite_path(path)}')"

    def json_number(self, expression: str, *path: str) -> str:
        where = _sqlite_path(path)
        return f"CASE WHEN json_type({expression}, '{where}') IN ('integer', 'real') THEN json_extract({expression}, '{where}') END"

    def json_has(self, column: str, parameter: str) -> str:
        return f"EXISTS (SELECT 1 FROM json_each({column}) AS item WHERE item.value = :{parameter})"

    def path(self, keys: Sequence[str]) -> Any:
        return json.dumps(list(keys))

    def dug(self, what: str, expression: str, parameter: str) -> str:
        return f"dug_{what}({expression}, :{parameter})"

    def by_byte(self, expression: str) -> str:
        return expression


class Postgres(Dialect):
    name = "postgres"

    def prepare(self, sql: str) -> str:
        return _to_pyformat(sql)

    def bag(self, values: Sequence[Any]) -> Any:
        return list(values)

    def member(self, column: str, parameter: str, kind: str = "int") -> str:
        return f"{column} = ANY(CAST(:{parameter} AS {'bigint' if kind == 'int' else 'text'}[]))"

    def like(self, expression: str, parameter: str) -> str:
        return f"{expression} ILIKE :{parameter}"

    def json_text(self, expression: str, *path: str) -> str:
        return f"(CAST({expression} AS jsonb) #>> '{_postgres_path(path)}')"

    def json_number(self, expression: str, *path: str) -> str:
        where = _postgres_path(path)
        value = f"(CAST({expression} AS jsonb) #> '{where}')"
        return f"CASE WHEN jsonb_typeof({value}) = 'number' THEN CAST({value} AS double precision) END"

    def json_has(self, column: str, parameter: str) -> str:
        return f"CAST({column} AS jsonb) ? :{parameter}".replace(" ? ", " @> to_jsonb(CAST(") + " AS text))"

    def path(self, keys: Sequence[str]) -> Any:
        return list(keys)

    def dug(self, what: str, expression: str, parameter: str) -> str:
        value = f"(CAST({expression} AS jsonb) #> CAST(:{parameter} AS text[]))"
        word = f"({value} #>> '{{}}')"
        number = (
            f"(CASE WHEN jsonb_typeof({value}) = 'number' OR {word} IN ('Infinity', '-Infinity') THEN CAST({word} AS double precision) END)"
        )
        return {"text": word, "number": number, "kind": f"jsonb_typeof({value})", "order": value}[what]

    def by_byte(self, expression: str) -> str:
        return f'{expression} COLLATE "C"'


def _sqlite_path(path: Sequence[str]) -> str:
    return "$" + "".join(f'."{_plain(p)}"' for p in path)


def _postgres_path(path: Sequence[str]) -> str:
    return "{" + ",".join(f'"{_plain(p)}"' for p in path) + "}"


def _plain(key: str) -> str:
    """A JSON key that may stand inside a statement: paths are ours, never a client's text."""
    assert re.fullmatch(r"[\w.\- ]+", key), f"not a plain JSON key: {key!r}"
    return key


@lru_cache(maxsize=4096)
def _to_pyformat(sql: str) -> str:
    return NAMED.sub(r"%(\1)s", sql.replace("%", "%%"))


def escape_like(text: str) -> str:
    """Text whose `%`, `_` and backslash stand for themselves in `Dialect.like`."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def like_pattern(text: str) -> str:
    """A client's pattern for `Dialect.like`: a backslash at its end that escapes nothing stands for itself."""
    dangling = (len(text) - len(text.rstrip("\\"))) % 2
    return text + "\\" * dangling
