"""Requests from what arrived: the path's values, the query and the body.

A body goes straight through the typed decoder when nothing in it needs more; what that refuses, and whatever has a snake_case key, is
read again by `normalise.py`, which has the last word; where that is too slow a message names a `twin` that is spelled in snake_case.
Order as in the reference: body, path (overrides the body), query.
"""

import json
import math
import re
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from undeterred.errors import InvalidArgument
from undeterred.wire import base
from undeterred.wire.base import Endpoint, Message, Request
from undeterred.wire.normalise import Refused, bare, converter
from undeterred.wire.query import apply_path, apply_query

T = TypeVar("T", bound=Message)

NO_NUL = "texts may not contain the NUL character"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_SNAKE_KEY = re.compile(rb'_[\\A-Za-z0-9]*"[ \t\r\n]*:')
_anything = msgspec.json.Decoder()


def decode_request(endpoint: Endpoint[Request, Any], path_values: dict[str, str], query: bytes, body: bytes) -> Request:
    """The request of a call. path_values: decoded values by the names in the path's template. Raises InvalidArgument.

    A NUL character is refused wherever it stands, but in messages that are marked `any_text`: no database can look into a text with one."""
    try:
        if not getattr(endpoint.request, "any_text", False):
            _check_nul(path_values, query, b"" if endpoint.body is None else body)
        if endpoint.body is None:
            message = endpoint.request()
        elif endpoint.body == "*":
            message = decode_body(endpoint.request, body)
        else:
            message = endpoint.request()
            attribute, kind = _body_field(endpoint.request, endpoint.body)
            setattr(message, attribute, _decode_value(kind, body))
        for name, text in path_values.items():
            apply_path(message, name, text)
        if endpoint.query and query:
            apply_query(message, query, path_values)
    except Refused as refused:
        raise InvalidArgument(refused.text()) from None
    return message


def _check_nul(path_values: dict[str, str], query: bytes, body: bytes) -> None:
    if any("\0" in text for text in path_values.values()) or b"%00" in query or (b"\\u0000" in body and _NUL.search(body)):
        raise InvalidArgument(NO_NUL)


def decode_body(cls: type[T], body: bytes) -> T:
    """A message from JSON text; empty text and null are the empty message. Raises Refused."""
    message: T = _decode_value(cls, body)
    return message


def _decode_value(kind: Any, body: bytes) -> Any:
    if (fast := _fast(kind)) is not None and not _SNAKE_KEY.search(body) and b"\\u005" not in body:
        try:
            return fast.decode(body)
        except (ValueError, RecursionError):
            pass
    elif getattr(kind, "twin", None) is not None:
        try:
            found = _twin_decoder(kind).decode(body)
            return kind(**{name: getattr(found, name) for name in kind.__struct_fields__})
        except (ValueError, RecursionError):
            pass
    return _decode_fully(kind, body)


def _decode_fully(kind: Any, body: bytes) -> Any:
    value, exact = parse(body)
    if value is None:
        return {} if kind == base.Json else "" if kind is str else kind()
    result = converter(kind)(value)
    if not exact:
        _check_range(result)
    return result


def parse(body: bytes) -> tuple[Any, bool]:
    """The first JSON value in the text (None if there is none), and whether every number in it is sure to be in range.
    A half surrogate pair or broken UTF-8 becomes U+FFFD. Raises Refused."""
    try:
        return _anything.decode(body), True
    except (ValueError, RecursionError):
        pass
    text = body.decode("utf-8", "replace").lstrip(" \t\r\n")
    if not text:
        return None, True
    try:
        return _lenient.raw_decode(_SURROGATES.sub(_whole_pairs, text))[0], False
    except (ValueError, RecursionError) as problem:
        raise Refused(f"the body is no JSON: {problem}") from None


class OutOfRange:
    """A number that no float can hold: refused where it is wanted, ignored with a key that is ignored."""


def _check_range(message: Any) -> None:
    try:
        msgspec.json.encode(message)
    except (TypeError, RecursionError):
        raise Refused("a number is out of range") from None


def _float(text: str) -> Any:
    value = float(text)
    return value if math.isfinite(value) else OutOfRange()


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _whole_pairs(found: re.Match[str]) -> str:
    return "\\ufffd" if len(found[0]) == 6 else found[0]


@cache
def _body_field(cls: type[Message], name: str) -> tuple[str, Any]:
    f = next(f for f in msgspec.structs.fields(cls) if f.encode_name == name)
    return f.name, bare(f.type)


@cache
def _twin_decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """A decoder for a body that spells every key as Python does, and has no other keys; its parts are the message's twins."""
    return msgspec.json.Decoder(kind.twin)


@cache
def _fast(kind: Any) -> msgspec.json.Decoder[Any] | None:
    """The typed decoder, but not where two members of a oneof could slip through."""
    return None if _has_oneofs(kind, set()) else msgspec.json.Decoder(kind)


def _has_oneofs(kind: Any, seen: set[Any]) -> bool:
    if get_origin(kind) in (list, dict):
        return any(_has_oneofs(part, seen) for part in get_args(kind))
    if not (isinstance(kind, type) and issubclass(kind, Message)) or kind in seen:
        return False
    seen.add(kind)
    return hasattr(kind, "oneofs") or any(_has_oneofs(bare(f.type), seen) for f in msgspec.structs.fields(kind))


_SURROGATES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}",
)
_lenient = json.JSONDecoder(parse_float=_float, parse_constant=_constant)
