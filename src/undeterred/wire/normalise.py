"""JSON values to messages, with everything that the wire allows: both spellings of a name, quoted numbers, enums by number, null for unset.

This is the full truth; `decode.py` takes a shorter way where that cannot make a difference.
"""

import base64
import json
import re
from collections.abc import Callable
from functools import cache
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import UnsetType

from undeterred.wire import base
from undeterred.wire.base import Enum, Message
from undeterred.wire.names import contract_name

Convert = Callable[[Any], Any]


class Refused(Exception):
    """A value that does not fit; `path` is the wire's name of its place, outermost first. A verbatim text is shown without it."""

    def __init__(self, text: str, verbatim: bool = False) -> None:
        super().__init__(text)
        self.said = text
        self.verbatim = verbatim
        self.path: list[str] = []

    def text(self) -> str:
        return self.said if self.verbatim or not self.path else f"{'.'.join(reversed(self.path))}: {self.said}"


def bare(annotation: Any) -> Any:
    """The type that a field has when it is set."""
    if get_origin(annotation) in (None, Annotated):
        return annotation
    left = [t for t in get_args(annotation) if t not in (NoneType, UnsetType)]
    return left[0] if len(left) < len(get_args(annotation)) else annotation


@cache
def names_of(cls: type[Message]) -> dict[str, tuple[str, str | None, Convert]]:
    """Every spelling of a field: (attribute, the spelling that wins over this one, converter)."""
    names: dict[str, tuple[str, str | None, Convert]] = {}
    for f in msgspec.structs.fields(cls):
        convert = converter(bare(f.type))
        names[f.encode_name] = (f.name, None, convert)
        if f.name not in names:
            names[f.name] = (f.name, f.encode_name, convert)
    return names


@cache
def builder(cls: type[Message]) -> Convert:
    """A function from a JSON object to a message. It raises Refused."""
    names = names_of(cls)
    oneofs: dict[str, tuple[str, ...]] = getattr(cls, "oneofs", {})

    def build(value: Any) -> Any:
        if type(value) is not dict:
            raise Refused(f"an object is wanted, not {shown(value)}")
        found: dict[str, Any] = {}
        key = ""
        try:
            for key, given in value.items():
                if given is None or (entry := names.get(key)) is None:
                    continue
                attribute, winner, convert = entry
                if winner is None or winner not in value:
                    found[attribute] = convert(given)
        except Refused as refused:
            refused.path.append(key)
            raise
        for group, members in oneofs.items():
            if sum(m in found for m in members) > 1:
                raise Refused(f"only one of {', '.join(members)} may be set ({group})")
        return cls(**found)

    return build


@cache
def converter(kind: Any) -> Convert:
    """The converter of a field's type, as `wire/base.py` names it."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    origin, parts = get_origin(kind), get_args(kind)
    if origin is list:
        return _list_of(parts[0])
    if origin is dict:
        return _map_of(parts[1])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum_of(kind)
    if isinstance(kind, type) and issubclass(kind, Message):
        return lambda value: builder(kind)(value)  # noqa: PLW0108 - looked up when called: a message may hold itself
    raise TypeError(f"no converter for {kind!r}")


def zero(kind: Any) -> Any:
    """What null means as an item of a list or a map."""
    if kind in _ZEROS:
        return _ZEROS[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if isinstance(kind, type) and issubclass(kind, Message):
        return kind()
    if kind == base.Json:
        return {}
    raise Refused("null is no item here")


def shown(value: Any) -> str:
    text = json.dumps(value, default=lambda _: "a number out of range")
    return text if len(text) <= 80 else text[:77] + "..."


def _list_of(item: Any) -> Convert:
    convert = converter(item)

    def convert_list(value: Any) -> Any:
        if type(value) is not list:
            raise Refused(f"a list is wanted, not {shown(value)}")
        try:
            return [convert(x) for x in value]
        except Refused:
            return [zero(item) if x is None else convert(x) for x in value]

    return convert_list


def _map_of(item: Any) -> Convert:
    convert = converter(item)

    def convert_map(value: Any) -> Any:
        if type(value) is not dict:
            raise Refused(f"an object is wanted, not {shown(value)}")
        return {k: zero(item) if v is None else convert(v) for k, v in value.items()}

    return convert_map


def _enum_of(cls: type[Enum]) -> Convert:
    by_name = {m.value: m for m in cls}
    by_number = {m.number: m for m in cls}

    def convert_enum(value: Any) -> Any:
        found = by_name.get(value) if type(value) is str else by_number.get(value) if type(value) is int else None
        if found is None:
            said = json.dumps(json.dumps(value, ensure_ascii=False), ensure_ascii=False) if type(value) is str else shown(value)
            raise Refused(f"unknown value {said} for enum {contract_name(cls)}", verbatim=True)
        return found

    return convert_enum


def _bool(value: Any) -> Any:
    if value is True or value is False:
        return value
    raise Refused(f"true or false is wanted, not {shown(value)}")


def _str(value: Any) -> Any:
    if type(value) is str:
        return value
    raise Refused(f"a string is wanted, not {shown(value)}")


def _integer(low: int, high: int) -> Convert:
    def convert_integer(value: Any) -> Any:
        if type(value) is str:
            value = _unquoted(value, _INTEGER, int)
        if type(value) is not int:
            raise Refused(f"an integer is wanted, not {shown(value)}")
        if not low <= value <= high:
            raise Refused(f"{value} is out of range: {low} to {high}")
        return value

    return convert_integer


def _unquoted(value: str, syntax: re.Pattern[str], parse: Callable[[str], Any]) -> Any:
    text = value.strip(" \t\r\n")
    if not text:
        raise Refused("unexpected end of JSON input", verbatim=True)
    if len(text) > 400 or not syntax.fullmatch(text):
        raise Refused(f"{shown(value)} is no such number")
    return parse(text)


def _as_text(convert: Convert) -> Convert:
    return lambda value: str(convert(value))


def _number(limit: float) -> Convert:
    def convert_number(value: Any) -> Any:
        if type(value) is str:
            if value in _NON_FINITE:
                return _NON_FINITE[value]
            value = _unquoted(value, _NUMBER, float)
        if type(value) is int:
            value = _float_of(value)
        if type(value) is not float:
            raise Refused(f"a number is wanted, not {shown(value)}")
        if not -limit < value < limit:
            raise Refused(f"{value} is out of range")
        return value

    return convert_number


def _float_of(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Refused("the number is out of range") from None


def _bytes(value: Any) -> Any:
    try:
        return base64.b64decode(_str(value).replace("\n", "").replace("\r", ""), validate=True)
    except ValueError:
        raise Refused("standard base64 with padding is wanted") from None


def _instant(value: Any) -> Any:
    try:
        base.instant_us(_str(value))
    except (ValueError, OverflowError) as problem:
        raise Refused(str(problem)) from None
    return value


def _json(value: Any) -> Any:
    if type(value) is dict:
        return value
    raise Refused(f"an object is wanted, not {shown(value)}")


def _json_list(value: Any) -> Any:
    if type(value) is list:
        return value
    raise Refused(f"a list is wanted, not {shown(value)}")


_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NON_FINITE = {"NaN": "NaN", "Nan": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity"}
_SCALARS: dict[Any, Convert] = {
    bool: _bool,
    str: _str,
    bytes: _bytes,
    base.Int32: _integer(-(2**31), 2**31 - 1),
    base.UInt32: _integer(0, 2**32 - 1),
    base.Int64: _as_text(_integer(-(2**63), 2**63 - 1)),
    base.UInt64: _as_text(_integer(0, 2**64 - 1)),
    base.Double: _number(float("inf")),
    base.Float: _number(3.4028235677973366e38),
    base.Instant: _instant,
    base.Json: _json,
    base.JsonList: _json_list,
}
_ZEROS: dict[Any, Any] = {
    bool: False, str: "", bytes: b"", base.Int32: 0, base.UInt32: 0, base.Int64: "0", base.UInt64: "0", base.Double: 0.0, base.Float: 0.0,
}  # fmt: skip
