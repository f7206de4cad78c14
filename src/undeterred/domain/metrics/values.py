"""Free JSON in its normal form, and what kind of metric a value is.

JSON on this wire has one kind of number, a double: 2.0 is 2, -0.0 is 0, and integers beyond 2^53 lose digits. NaN and the infinities
travel as the texts "NaN", "Infinity" and "-Infinity", and count as numbers.
"""

import re
from typing import Any

NON_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})
NULL, BOOLEAN, NUMBER, STRING, DATE, ARRAY, OBJECT = "null", "boolean", "number", "string", "date", "array", "object"

_EXACT = 2**53
_PLAIN_MAX = 1e21
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[+-]\d{2}:\d{2}|Z)?\Z", re.ASCII)
_KINDS = {type(None): NULL, bool: BOOLEAN, int: NUMBER, float: NUMBER, list: ARRAY, dict: OBJECT}


def normal(value: Any) -> Any:
    """A JSON value with every number as it is written: whole ones as integers, the rest as floats."""
    kind = type(value)
    if kind is float:
        return int(value) if value.is_integer() and -_PLAIN_MAX < value < _PLAIN_MAX else value
    if kind is int:
        return value if -_EXACT <= value <= _EXACT else normal(float(value))
    if kind is dict:
        return {key: normal(inner) for key, inner in value.items()}
    if kind is list:
        return [normal(inner) for inner in value]
    return value


def kind_of(value: Any) -> str:
    """null, boolean, number, date (an ISO 8601 time), string, array or object."""
    known = _KINDS.get(type(value))
    if known is not None:
        return known
    if value in NON_FINITE:
        return NUMBER
    return DATE if _DATE.match(value) else STRING


def as_number(value: Any) -> float | None:
    """The number that a metric is, NaN and infinities included; None where it is none."""
    kind = type(value)
    if kind is float or kind is int:
        return float(value)
    return float(value) if kind is str and value in NON_FINITE else None
