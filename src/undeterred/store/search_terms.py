"""Filters and orders of the experiments' and runs' tables as SQL: conditions on columns, metrics, hyperparameters and metadata.

Aliases: `e` the experiment, `b` its run (in the experiments' table the best one), `p` the project, `w` the workspace. A client's text is always a
parameter. A comparison with nothing matches nothing, as in SQL.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from undeterred.domain.query import sorts
from undeterred.domain.query.filters import Condition, Group
from undeterred.domain.query.sorts import Key
from undeterred.errors import InvalidArgument
from undeterred.store.dialect import Dialect
from undeterred.store.experiment_list import STATE_ORDER

_SIGNS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LIKES = ("contains", "notContains")
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_RANGES = "('int', 'double', 'log')"
_RANK = "CASE {} " + " ".join(f"WHEN '{state}' THEN {rank}" for rank, state in enumerate(STATE_ORDER)) + " END"


class Column(NamedTuple):
    """What a column is in SQL. kind: text, number, time (µs), state, truth."""

    sql: str
    kind: str


class Ordered(NamedTuple):
    """One term of an order; where there is no value comes last either way."""

    sql: str
    descending: bool

    @property
    def text(self) -> str:
        return f"{self.sql} {'DESC' if self.descending else 'ASC'} NULLS LAST"


Columns = dict[str, Column]


class Terms:
    """Makes the fragments of one statement and collects their parameters. now: µs, for what still runs."""

    def __init__(self, dialect: Dialect, now: int, experiment_columns: Columns, run_columns: Columns) -> None:
        self.params: dict[str, Any] = {}
        self._dialect, self._now = dialect, now
        self._columns = {"EXPERIMENT": experiment_columns, "RUN": run_columns}

    def where(self, part: Condition | Group) -> str:
        """The condition. Raises InvalidArgument for unknown columns and for values that cannot be compared."""
        if isinstance(part, Condition):
            return f"({self._condition(part)})"
        if not part.parts:
            return "(1 = 1)"
        return "(" + (" OR " if part.any_of else " AND ").join(map(self.where, part.parts)) + ")"

    def order(self, keys: tuple[Key, ...], sortable: Columns, hparams: str) -> list[Ordered]:
        """The order; nothing comes last either way. hparams: the JSON that hyperparameters are in. Raises InvalidArgument for unknown columns."""
        return [Ordered(term, key.descending) for key in keys for term in self._sorted_by(key, sortable, hparams)]

    def given(self, value: Any) -> str:
        """The name of a new parameter."""
        if isinstance(value, str) and "\0" in value:
            raise InvalidArgument("the filter contains a NUL character, which is in no stored text")
        name = f"p{len(self.params)}"
        self.params[name] = value
        return name

    # -- conditions ----------------------------------------------------------------------------------------------------------------

    def _condition(self, part: Condition) -> str:
        match part.location:
            case "EXPERIMENT" | "RUN":
                return self._column(part)
            case "HYPERPARAMETERS":
                return self._configured(part)
            case "RUN_HYPERPARAMETERS":
                return "e.unmanaged = 0 AND " + self._run_value(part, "b.hparams", part.column.removeprefix("hp."))
            case "RUN_METADATA":
                return self._run_value(part, "b.metadata", part.column.removeprefix("metadata."))
            case _:
                return self._metric(part)

    def _column(self, part: Condition) -> str:
        column = self._columns[part.location].get(part.column)
        if column is None:
            raise InvalidArgument(f"invalid {part.location.lower()} column {part.column}")
        if part.operator == "isEmpty":
            return f"{column.sql} IS NULL" + (f" OR {column.sql} = '' OR {column.sql} = '[]'" if column.kind == "text" else "")
        if part.operator == "notEmpty":
            return f"{column.sql} IS NOT NULL" + (f" AND {column.sql} <> '' AND {column.sql} <> '[]'" if column.kind == "text" else "")
        if part.operator in _LIKES:
            if column.kind != "text":
                raise InvalidArgument(f"{part.column} is no text: it cannot be searched by {part.operator}")
            return self._like(column.sql, part.operator, part.value if isinstance(part.value, str) else _text(part.value))
        sign = _SIGNS[part.operator]
        if column.kind == "state":
            rank = STATE_ORDER.index(_state(part))
            return f"{_RANK.format(column.sql)} {sign} :{self.given(rank)}"
        if column.kind == "truth":
            return f"{column.sql} {sign} :{self.given(_truth(part))}"
        if column.kind == "number":
            return f"{column.sql} {sign} :{self.given(_number(part))}"
        if column.kind == "time":
            return f"{column.sql} {sign} :{self.given(_instant(part, self._now))}"
        if isinstance(part.value, bool | int | float):
            raise InvalidArgument(f"{part.column} is compared with a text, not with {_text(part.value)}")
        return self._compared(column.sql, sign, part.value if isinstance(part.value, str) else _text(part.value))

    def _metric(self, part: Condition) -> str:
        path = self.given(self._dialect.path(sorts.metric(part.column)))
        text = self._dialect.dug("text", "b.summary_metrics", path)
        if part.operator == "isEmpty":
            return f"{text} IS NULL"
        if part.operator == "notEmpty":
            return f"{text} IS NOT NULL"
        if part.type == "NUMBER":
            if part.operator in _LIKES:
                raise InvalidArgument(f"{part.column} is compared as a number: it cannot be searched by {part.operator}")
            return f"{self._dialect.dug('number', 'b.summary_metrics', path)} {_SIGNS[part.operator]} :{self.given(_number(part))}"
        return self._text_value(part, text)

    def _configured(self, part: Condition) -> str:
        """A hyperparameter as the configuration has it: a constant's value, or either end of a range. Categorical ones are never met."""
        keys = part.column.removeprefix("hp.").split(".")
        kind = self._dug("text", "e.hyperparameters", [*keys, "type"])
        const, ranged = f"{kind} = 'const'", f"{kind} IN {_RANGES}"
        text = self._dug("text", "e.hyperparameters", [*keys, "val"])
        if part.operator == "isEmpty":
            return f"{const} AND {text} IS NULL"
        if part.operator == "notEmpty":
            return f"({const} AND {text} IS NOT NULL) OR {kind} = 'categorical'" + (
                "" if part.type in ("TEXT", "DATE") else f" OR {ranged}"
            )
        if part.type in ("TEXT", "DATE"):
            return f"{const} AND {self._text_value(part, text)}"
        value = self.given(_number(part))
        low, high = (self._dug("number", "e.hyperparameters", [*keys, end]) for end in ("minval", "maxval"))
        if part.operator in _LIKES:
            below, above = ("<=", ">=") if part.operator == "contains" else (">=", "<=")
            return f"{ranged} AND ({low} {below} :{value} OR {high} {above} :{value})"
        sign = _SIGNS[part.operator]
        number = self._dug("number", "e.hyperparameters", [*keys, "val"])
        return f"({const} AND {number} {sign} :{value}) OR ({ranged} AND ({low} {sign} :{value} OR {high} {sign} :{value}))"

    def _run_value(self, part: Condition, document: str, name: str) -> str:
        """A value that a run itself has: a hyperparameter it was given, or one of its metadata (of a list, any item)."""
        path = self.given(self._dialect.path(name.split(".")))
        kind = self._dialect.dug("kind", document, path)
        if part.operator == "isEmpty":
            return f"b.id IS NOT NULL AND ({kind} IS NULL OR {kind} = 'object')"
        if part.operator == "notEmpty":
            return f"{kind} <> 'object'"
        if document == "b.metadata":
            return self._dialect.dug_any(document, path, self._of_type(part, "item.value", self.given(self._dialect.path([]))))
        return self._of_type(part, document, path)

    def _of_type(self, part: Condition, document: str, path: str) -> str:
        kind, text = self._dialect.dug("kind", document, path), self._dialect.dug("text", document, path)
        if part.type == "TEXT":
            words = f"(CASE WHEN {kind} = 'null' THEN 'null' ELSE {text} END)"
            return f"{kind} IN ('string', 'array', 'null') AND {self._text_value(part, words)}"
        if part.operator in _LIKES:
            raise InvalidArgument(f"{part.column} is searched by {part.operator} as a text only: give COLUMN_TYPE_TEXT")
        sign = _SIGNS[part.operator]
        if part.type == "NUMBER":
            return f"{self._dialect.dug('number', document, path)} {sign} :{self.given(_number(part))}"
        if part.type == "DATE":
            return f"{self._dialect.dug('time', document, path)} {sign} :{self.given(_instant(part, self._now))}"
        return f"{kind} = 'boolean' AND {text} {sign} :{self.given('true' if _truth(part) else 'false')}"

    def _text_value(self, part: Condition, text: str) -> str:
        if not isinstance(part.value, str):
            raise InvalidArgument(f"{part.column} is compared with a text, not with {_text(part.value)}")
        if part.operator in _LIKES:
            found = self._dialect.like_exact(text, self.given(f"%{part.value}%"))
            return found if part.operator == "contains" else f"NOT ({found})"
        return self._compared(text, _SIGNS[part.operator], part.value)

    def _compared(self, sql: str, sign: str, value: str) -> str:
        left = sql if sign in ("=", "<>") else self._dialect.by_byte(sql)
        return f"{left} {sign} :{self.given(value)}"

    def _like(self, sql: str, operator: str, value: str) -> str:
        found = self._dialect.like(sql, self.given(f"%{value}%"))
        return found if operator == "contains" else f"NOT ({found})"

    def _dug(self, what: str, document: str, keys: list[str]) -> str:
        return self._dialect.dug(what, document, self.given(self._dialect.path(keys)))

    # -- order ---------------------------------------------------------------------------------------------------------------------

    def _sorted_by(self, key: Key, sortable: Columns, hparams: str) -> list[str]:
        if key.kind == "column":
            column = sortable.get(key.path[0])
            if column is None:
                raise InvalidArgument(f"invalid sort col: {key.path[0]}")
            if column.kind == "state":
                return [_RANK.format(column.sql)]
            return [self._dialect.by_byte(column.sql) if column.kind == "text" else column.sql]
        if key.kind == "metric":
            path = self.given(self._dialect.path(key.path))
            words = self._dialect.by_byte(self._dialect.dug("text", "b.summary_metrics", path))
            return [self._dialect.dug("number", "b.summary_metrics", path), words]
        document = hparams if key.kind == "hp" else "b.metadata"
        return [self._dug("order", document, [word.replace("'", "") for word in key.path])]


def _state(part: Condition) -> str:
    if part.value not in STATE_ORDER:
        raise InvalidArgument(f"state: {_text(part.value)} is no stored state: there are {', '.join(STATE_ORDER)}")
    return str(part.value)


def _number(part: Condition) -> float:
    value = part.value
    if isinstance(value, str):
        try:
            value = float(value) if any(mark in value for mark in ".eE") else int(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= 2**63:
        raise InvalidArgument(f"{part.column} is compared with a number, not with {_text(part.value)}")
    return value


def _truth(part: Condition) -> int:
    words: dict[Any, int] = {"true": 1, "false": 0, True: 1, False: 0}
    value = words.get(part.value) if isinstance(part.value, str | bool) else None
    if value is None:
        raise InvalidArgument(f"{part.column} is true or false, not {_text(part.value)}")
    return value


def _instant(part: Condition, now: int) -> int:
    """A time as people write it, in µs: ISO 8601, UTC where it names no zone, or a day's name."""
    value = part.value if isinstance(part.value, str) else ""
    try:
        if value == "now":
            return now
        if value in _DAYS:
            midnight = datetime.fromtimestamp(now / 1e6, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            at = midnight + timedelta(days=_DAYS[value])
        else:
            at = datetime.fromisoformat(value.strip())
    except ValueError:
        raise InvalidArgument(f"{part.column}: {_text(part.value)} is no time, such as 2026-01-31T12:00:00Z") from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
