"""Values that come as text: parameters of the path and of the query.

Names in a query are spelled either way and reach into messages with dots; the texts of the errors are the reference's own.
"""

import re
from collections.abc import Callable
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin
from urllib.parse import unquote_plus

import msgspec

from undeterred.wire import base
from undeterred.wire.base import Enum, Message
from undeterred.wire.names import go_name
from undeterred.wire.normalise import Refused, bare

Read = Callable[[str], Any]


class Slot(msgspec.Struct, frozen=True):
    """A field as a query sees it. inner: the message class behind a dot. many: repeated. read: from one value."""

    attribute: str
    inner: type[Message] | None
    many: bool
    read: Read
    oneof: str = ""
    rivals: tuple[str, ...] = ()


def apply_path(message: Message, name: str, text: str) -> None:
    """Set a path parameter (`userId`, `experiment.id`), over what the body said. Raises Refused."""
    *outer, last = name.split(".")
    for part in outer:
        message = _open(message, slots_of(type(message))[part])
    slot = slots_of(type(message))[last]
    try:
        setattr(message, slot.attribute, slot.read(text))
    except Refused as refused:
        parameter = re.sub(r"(?<=[a-z0-9])([A-Z])", lambda m: "_" + m[1].lower(), name)
        raise Refused(f"type mismatch, parameter: {parameter}, error: {refused.said}", verbatim=True) from None


def apply_query(message: Message, query: bytes, bound: dict[str, str]) -> None:
    """Set what the query names; unknown names and those that the path has bound are ignored. `name[a]=b` is `name=a&name=b`. Raises Refused."""
    for spelled, given in parse_query(query).items():
        key, bracket, inside = spelled[:-1].rpartition("[") if spelled.endswith("]") else (spelled, "", "")
        if not bracket:
            key = spelled
        if not _is_bound(key, bound):
            _set(message, key, [inside, *given] if bracket else given)


def parse_query(query: bytes) -> dict[str, list[str]]:
    """Values by name, in the order in which they stand. Raises Refused for a semicolon and a broken escape."""
    found: dict[str, list[str]] = {}
    for part in query.decode("utf-8", "replace").split("&"):
        if not part:
            continue
        if ";" in part:
            raise Refused("invalid semicolon separator in query", verbatim=True)
        key, _, value = part.partition("=")
        found.setdefault(_unescaped(key), []).append(_unescaped(value))
    return found


def _unescaped(text: str) -> str:
    if "%" in text:
        if broken := _BROKEN_ESCAPE.search(text):
            raise Refused(f'invalid URL escape "{text[broken.start() : broken.start() + 3]}"', verbatim=True)
        return unquote_plus(text)
    return text.replace("+", " ")


def _is_bound(key: str, bound: dict[str, str]) -> bool:
    return any(key in (name, re.sub(r"(?<=[a-z0-9])([A-Z])", lambda m: "_" + m[1].lower(), name)) for name in bound)


def _set(message: Message, key: str, values: list[str]) -> None:
    parts = key.split(".")
    for i, part in enumerate(parts):
        slot = slots_of(type(message)).get(part)
        if slot is None:
            return
        last = i == len(parts) - 1
        if not last and slot.inner is None:
            raise Refused(f"unexpected nested field {parts[i + 1]} in {'.'.join(parts[: i + 1])}", verbatim=True)
        if slot.oneof and any(getattr(message, rival) is not msgspec.UNSET for rival in slot.rivals):
            raise Refused(f"field already set for {slot.oneof} oneof", verbatim=True)
        if not last:
            message = _open(message, slot)
            continue
        try:
            given = [slot.read(v) for v in values] if slot.many else slot.read(values[0])
        except Refused as refused:
            raise refused if refused.verbatim else Refused(f"{key}: {refused.said}", verbatim=True) from None
        setattr(message, slot.attribute, given)


def _open(message: Message, slot: Slot) -> Message:
    """The message in that field, made if there is none."""
    assert slot.inner is not None
    inner = getattr(message, slot.attribute)
    if not isinstance(inner, Message):
        inner = slot.inner()
        setattr(message, slot.attribute, inner)
    return inner


@cache
def slots_of(cls: type[Message]) -> dict[str, Slot]:
    """The fields of a message by both of their names."""
    slots: dict[str, Slot] = {}
    groups = {m: (group, members) for group, members in getattr(cls, "oneofs", {}).items() for m in members}
    for f in msgspec.structs.fields(cls):
        kind = bare(f.type)
        many = get_origin(kind) is list and kind != base.JsonList
        if many:
            kind = get_args(kind)[0]
        inner = kind if isinstance(kind, type) and issubclass(kind, Message) and not many else None
        group, members = groups.get(f.name, ("", ()))
        read = _reader(kind, wrapped=NoneType in get_args(f.type))
        slot = Slot(f.name, inner, many, read, group, tuple(m for m in members if m != f.name))
        slots[f.encode_name] = slots[f.name] = slot
    return slots


def _reader(kind: Any, wrapped: bool) -> Read:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum_reader(kind)
    if wrapped and kind in _WRAPPED:
        return _WRAPPED[kind]
    if kind in _PLAIN:
        return _PLAIN[kind]
    name = f"*{go_name(kind)}" if isinstance(kind, type) and issubclass(kind, Message) else "*structpb.Struct"

    def refuse(_: str) -> Any:
        raise Refused(f"field type {name} is not supported in query parameters", verbatim=True)

    return refuse


def _enum_reader(cls: type[Enum]) -> Read:
    by_name = {m.value: m for m in cls}
    by_number = {m.number: m for m in cls}

    def read(text: str) -> Any:
        found = by_name.get(text)
        if found is None and _DECIMAL.fullmatch(text):
            found = by_number.get(int(text))
        if found is None:
            raise Refused(f"{text} is not a valid {go_name(cls)}", verbatim=True)
        return found

    return read


def _bool(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise Refused(f"strconv.ParseBool: parsing {_quoted(text)}: invalid syntax")


def _bool_value(text: str) -> bool:
    if text in ("true", "false"):
        return text == "true"
    raise Refused(f"bad BoolValue: {text}", verbatim=True)


def _integer(low: int, high: int) -> Callable[[str], int]:
    function = "ParseInt" if low else "ParseUint"

    def read(text: str) -> int:
        if not _ANY_BASE.fullmatch(text) or (not low and text[0] in "+-"):
            raise Refused(f"strconv.{function}: parsing {_quoted(text)}: invalid syntax")
        value = parse_integer(text)
        if not low <= value <= high:
            raise Refused(f"strconv.{function}: parsing {_quoted(text)}: value out of range")
        return value

    return read


def parse_integer(text: str) -> int:
    """An integer whose base its prefix tells: 0x, 0b, 0o, and a bare 0 for octal."""
    digits = text.lstrip("+-").replace("_", "").lower()
    sign = -1 if text[0] == "-" else 1
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return sign * int(digits, 8)
    return sign * int(digits[:200], 0)


def _int32_value(text: str) -> int:
    if not _DECIMAL.fullmatch(text) or not -(2**31) <= int(text) < 2**31:
        raise Refused(f"bad Int32Value: {text}", verbatim=True)
    return int(text)


def _number(limit: float, name: str = "") -> Callable[[str], float | str]:
    def read(text: str) -> float | str:
        if found := _NAMED_NUMBER.fullmatch(text):
            return "NaN" if found[2] else "-Infinity" if found[1] == "-" else "Infinity"
        if _FLOAT.fullmatch(text) and -limit < float(text) < limit:
            return float(text)
        if name:
            raise Refused(f"bad {name}: {text}", verbatim=True)
        raise Refused(
            f"strconv.ParseFloat: parsing {_quoted(text)}: {'value out of range' if _FLOAT.fullmatch(text) else 'invalid syntax'}"
        )

    return read


def _instant(text: str) -> str:
    if text == "null":
        return "1970-01-01T00:00:00Z"
    try:
        base.instant_us(text)
    except (ValueError, OverflowError) as problem:
        raise Refused(f"bad Timestamp: {problem}") from None
    return text


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()


_BROKEN_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_TRUE = frozenset(("1", "t", "T", "true", "True", "TRUE"))
_FALSE = frozenset(("0", "f", "F", "false", "False", "FALSE"))
_DECIMAL = re.compile(r"[+-]?[0-9]{1,30}")
_ANY_BASE = re.compile(r"[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_NAMED_NUMBER = re.compile(r"([+-]?)(?:inf|infinity|(nan))", re.IGNORECASE | re.ASCII)
read_int64 = _integer(-(2**63), 2**63 - 1)
_uint64 = _integer(0, 2**64 - 1)
_FLOAT32_LIMIT = 3.4028235677973366e38
_PLAIN: dict[Any, Read] = {
    bool: _bool,
    str: str,
    base.Int32: _integer(-(2**31), 2**31 - 1),
    base.UInt32: _integer(0, 2**32 - 1),
    base.Int64: lambda text: str(read_int64(text)),
    base.UInt64: lambda text: str(_uint64(text)),
    base.Double: _number(float("inf")),
    base.Float: _number(_FLOAT32_LIMIT),
    base.Instant: _instant,
}
_WRAPPED: dict[Any, Read] = {
    bool: _bool_value,
    base.Int32: _int32_value,
    base.Double: _number(float("inf"), "DoubleValue"),
}
