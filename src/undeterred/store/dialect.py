"""What differs between SQLite and PostgreSQL, one name each. Statements elsewhere are common to both and never ask which one it is."""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

NAMED = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")
NO_NUL = "a value cannot be stored: texts may not contain the NUL character"
"""PostgreSQL's rule for texts, and so everybody's."""


_DAY = (
    r"(?!0000)\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"
    r"|(\d\d(0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26]|0[48])00)-02-29"
)
TIME = rf"^({_DAY})(T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-](0\d|1[0-4]):[0-5]\d))?$"
"""A day or an instant that there is, as metadata writes them."""


class Dialect:
    """SQL fragments for one database; `name` is "sqlite" or "postgres"."""

    name = ""
    orders_plainly = True
    """Whether what `dug` gives to sort by is a text, which sorts the same everywhere."""

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

    def like_exact(self, expression: str, parameter: str) -> str:
        """LIKE in this very case; wildcards as in `like`."""
        raise NotImplementedError

    def json_text(self, expression: str, *path: str) -> str:
        """The text of the value at `path` (keys, no wildcards) in a JSON text column, NULL where there is none."""
        raise NotImplementedError

    def json_has(self, column: str, parameter: str) -> str:
        """The JSON array of strings in `column` contains the text `:parameter`."""
        raise NotImplementedError

    def path(self, keys: Sequence[str]) -> Any:
        """The parameter value that the `dug` fragments follow: keys that a client may have named, the outermost first."""
        raise NotImplementedError

    def dug(self, what: str, expression: str, parameter: str) -> str:
        """Something of the value at `:parameter` (given through `path`) in a JSON text column, NULL where there is none.
        what: text | number (NaN above all) | kind (object, array, string, number, boolean, null) | time (µs) | order (to sort by)."""
        raise NotImplementedError

    def dug_any(self, expression: str, parameter: str, condition: str) -> str:
        """The condition holds for the value there or, if it is a list, for one of its items: the JSON text `item.value`."""
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

    def like_exact(self, expression: str, parameter: str) -> str:
        return f"like_exact({expression}, :{parameter})"

    def json_text(self, expression: str, *path: str) -> str:
        return f"json_extract({expression}, '{_sqlite_path(path)}')"

    def json_has(self, column: str, parameter: str) -> str:
        return f"EXISTS (SELECT 1 FROM json_each({column}) AS item WHERE item.value = :{parameter})"

    def path(self, keys: Sequence[str]) -> Any:
        return json.dumps(list(keys))

    def dug(self, what: str, expression: str, parameter: str) -> str:
        return f"dug_{what}({expression}, :{parameter})"

    def dug_any(self, expression: str, parameter: str, condition: str) -> str:
        return f"EXISTS (SELECT 1 FROM json_each(dug_items({expression}, :{parameter})) AS item WHERE {condition})"

    def by_byte(self, expression: str) -> str:
        return expression


class Postgres(Dialect):
    name = "postgres"
    orders_plainly = False

    def prepare(self, sql: str) -> str:
        return _to_pyformat(sql)

    def bag(self, values: Sequence[Any]) -> Any:
        return list(values)

    def member(self, column: str, parameter: str, kind: str = "int") -> str:
        return f"{column} = ANY(CAST(:{parameter} AS {'bigint' if kind == 'int' else 'text'}[]))"

    def like(self, expression: str, parameter: str) -> str:
        return f"{expression} ILIKE :{parameter}"

    def like_exact(self, expression: str, parameter: str) -> str:
        return f"{expression} LIKE :{parameter}"

    def json_text(self, expression: str, *path: str) -> str:
        return f"(CAST({expression} AS jsonb) #>> '{_postgres_path(path)}')"

    def json_has(self, column: str, parameter: str) -> str:
        return f"CAST({column} AS jsonb) ? :{parameter}".replace(" ? ", " @> to_jsonb(CAST(") + " AS text))"

    def path(self, keys: Sequence[str]) -> Any:
        return list(keys)

    def dug(self, what: str, expression: str, parameter: str) -> str:
        value = f"(CAST({expression} AS jsonb) #> CAST(:{parameter} AS text[]))"
        word = f"({value} #>> '{{}}')"
        numeric = f"jsonb_typeof({value}) = 'number' OR {word} IN ('Infinity', '-Infinity', 'NaN')"
        number = f"(CASE WHEN {numeric} THEN CAST({word} AS double precision) END)"
        whole = f"(CASE WHEN LENGTH({word}) = 7 THEN {word} || '-01' ELSE {word} END)"
        at = f"(EXTRACT(EPOCH FROM CAST({whole} || CASE WHEN LENGTH({whole}) = 10 THEN 'T00:00:00Z' ELSE '' END AS timestamptz)) * 1000000)"
        time = f"(CASE WHEN {whole} ~ '{TIME}' THEN {at} END)"
        return {"text": word, "number": number, "kind": f"jsonb_typeof({value})", "order": value, "time": time}[what]

    def dug_any(self, expression: str, parameter: str, condition: str) -> str:
        value = f"(CAST({expression} AS jsonb) #> CAST(:{parameter} AS text[]))"
        items = f"CASE jsonb_typeof({value}) WHEN 'array' THEN {value} ELSE jsonb_build_array({value}) END"
        return f"({value} IS NOT NULL AND EXISTS (SELECT 1 FROM jsonb_array_elements({items}) AS item(value) WHERE {condition}))"

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
