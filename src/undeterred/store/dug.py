"""Values deep inside stored JSON, for SQLite: its own functions take no key that a client named. PostgreSQL has operators for all of these.

Each function takes the JSON text and the keys from the outermost as a JSON list.
"""

import json
import math
import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from undeterred.store.dialect import TIME

_TIME = re.compile(TIME, re.ASCII)
_fast = msgspec.json.Decoder().decode  # makes a float of an integer beyond 64 bits: not for what is shown as text


def text(document: str | None, path: str) -> str | None:
    """The value as text, a string without its quotes."""
    value = _at(document, path, read=json.loads)
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def number(document: str | None, path: str) -> float | None:
    """The number, also one that JSON writes as text (NaN stands above all); None for anything else."""
    value = _at(document, path)
    if isinstance(value, str) and value in ("Infinity", "-Infinity", "NaN"):
        return -math.inf if value == "-Infinity" else math.inf
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def kind(document: str | None, path: str) -> str | None:
    """object, array, string, number, boolean or null; None where there is nothing."""
    value = _at(document, path, _MISSING)
    if value is _MISSING:
        return None
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def time(document: str | None, path: str) -> int | None:
    """The instant that a text names, µs; None for anything else."""
    word = text(document, path)
    if word is None:
        return None
    word = f"{word}-01" if len(word) == 7 else word
    if not _TIME.match(word):
        return None
    at = datetime.fromisoformat(word if "T" in word else f"{word}T00:00:00Z")
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def items(document: str | None, path: str) -> str:
    """A JSON list of JSON texts: the value there or, if it is a list, its items; none where there is nothing."""
    value = _at(document, path, _MISSING, json.loads)
    if value is _MISSING:
        return "[]"
    return json.dumps([json.dumps(item) for item in (value if isinstance(value, list) else [value])])


def order(document: str | None, path: str) -> str | None:
    """A text that sorts as PostgreSQL sorts the JSON values; None where there is nothing."""
    value = _at(document, path, _MISSING)
    return None if value is _MISSING else _sortable(value)


_MISSING = object()


def _at(document: str | None, path: str, otherwise: Any = None, read: Callable[[str], Any] = _fast) -> Any:
    if document is None:
        return otherwise
    try:
        value = read(document)
    except msgspec.DecodeError:
        value = json.loads(document)
    for key in _keys(path):
        if not isinstance(value, dict) or key not in value:
            return otherwise
        value = value[key]
    return value


@lru_cache(maxsize=256)
def _keys(path: str) -> tuple[str, ...]:
    return tuple(json.loads(path))


def _sortable(value: Any) -> str:
    if value is None:
        return "0"
    if isinstance(value, str):
        return f"1{value}\0"
    if isinstance(value, bool):
        return f"3{int(value)}"
    if isinstance(value, int | float):
        (bits,) = struct.unpack(">Q", struct.pack(">d", value))
        return f"2{bits ^ ((1 << 64) - 1 if bits >> 63 else 1 << 63):016x}"
    if isinstance(value, list):
        return f"4{len(value):08d}" + "".join(map(_sortable, value))
    keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
    return f"5{len(value):08d}" + "".join(f"1{key}\0{_sortable(value[key])}" for key in keys)
