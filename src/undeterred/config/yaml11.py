"""Reads YAML 1.1 text into JSON values, within bounds, naming line and column when it cannot.

Words and numbers are understood as the reference understands them: y, n, on and off are truth values (as keys too), 010 is 8, 1_000 is a
number, dates and 12:30 are texts, the last of two equal keys counts, and only the first document of a text is read.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable
from typing import Any

import msgspec
import yaml

from undeterred.errors import InvalidArgument

TEXT_MAX = 1 << 20  # characters of one text
NODES_MAX = 100_000  # scalars, lists and maps, aliases counted as often as they are used
EXPANDED_MAX = 4 << 20  # characters of all scalars, aliases counted as often as they are used
DEPTH_MAX = 100

Json = Any
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TRUE = {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"}
_FALSE = {"n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"}
_WORDS: dict[str, Json] = dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False) | dict.fromkeys(("", "~", "null", "Null", "NULL"), None)
_INTEGER = re.compile(r"[-+]?(?:0b[01]+|0o?[0-7]+|0x[0-9a-fA-F]+|0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_STARTS_NUMBER = frozenset("+-.0123456789")


def read(text: str) -> Json:
    """The JSON value of a YAML text; None for an empty one.
    Whole numbers come back as int (1.0 too) while 64 bits hold them. Raises InvalidArgument (line and column) for broken YAML, numbers
    that JSON does not have, NUL characters, and texts over the bounds of this module."""
    if len(text) > TEXT_MAX:
        raise InvalidArgument(f"the text has {len(text)} characters; at most {TEXT_MAX} are read")
    if text[:1] == "{" and "\\u0000" not in text:
        document = _json(text)
        if document is not None:
            return document
    try:
        return _Reader(text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InvalidArgument(f"not valid YAML: {where}{error.problem or error.context}") from error
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise InvalidArgument(f"not valid YAML: {_one_line(error)}") from error


def whole(number: float) -> int | float:
    """A number in the form that JSON shows: without a fraction it is an int."""
    return int(number) if number.is_integer() and abs(number) <= 2**53 else number


def _one_line(error: Exception) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return f"position {error.position}: {error.reason}"
    return str(error).replace("\n", " ")


def _json_float(text: str) -> int | float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return whole(number)


_decode: Callable[[str], Json] = msgspec.json.Decoder(float_hook=_json_float).decode


def _json(text: str) -> Json:
    """Text that is JSON already is YAML too, and read faster: None if it is not, or is too deep or too odd to be read this way."""
    try:
        document = _decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if text.count("{") + text.count("[") > DEPTH_MAX and _depth(document) > DEPTH_MAX:
        return None
    return _small_numbers(document)


def _depth(document: Json) -> int:
    deepest, stack = 0, [(document, 1)]
    while stack:
        value, depth = stack.pop()
        if isinstance(value, dict | list):
            deepest = max(deepest, depth)
            stack += [(item, depth + 1) for item in (value.values() if isinstance(value, dict) else value)]
    return deepest


def _small_numbers(value: Json) -> Json:
    if type(value) is dict:
        return {key: _small_numbers(item) if type(item) in (dict, list, int) else item for key, item in value.items()}
    if type(value) is list:
        return [_small_numbers(item) for item in value]
    return _bounded(value) if type(value) is int else value


def _bounded(number: int) -> int | float:
    return number if -(2**63) <= number < 2**63 else float(number)


class _Reader:
    """One pass over the parser's events; `nodes` and `characters` count what has been made so far."""

    def __init__(self, text: str) -> None:
        self.parser = _Loader(text)
        self.anchors: dict[str, tuple[Json, int, int]] = {}
        self.nodes = self.characters = self.depth = 0

    def document(self) -> Json:
        take = self.parser.get_event
        take()  # the start of the stream
        if isinstance(take(), yaml.StreamEndEvent):
            return None
        document = self.value(take())
        if self.anchors and _depth(document) > DEPTH_MAX:
            raise InvalidArgument(f"not valid YAML: more than {DEPTH_MAX} levels deep once aliases are followed")
        return document

    def value(self, event: Any) -> Json:
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self.alias(event)
        nodes, characters = self.nodes, self.characters
        if kind is yaml.ScalarEvent:
            made = self.scalar(event)
        else:
            self.depth += 1
            if self.depth > DEPTH_MAX:
                raise _at(event, f"more than {DEPTH_MAX} levels deep")
            self.count(event, 1, 0)
            made = self.mapping() if kind is yaml.MappingStartEvent else self.sequence()
            self.depth -= 1
        if event.anchor is not None:
            self.anchors[event.anchor] = (made, self.nodes - nodes, self.characters - characters)
        return made

    def alias(self, event: Any) -> Json:
        if event.anchor not in self.anchors:
            raise _at(event, f"unknown anchor '{event.anchor}'")
        made, nodes, characters = self.anchors[event.anchor]
        self.count(event, nodes, characters)
        return made

    def count(self, event: Any, nodes: int, characters: int) -> None:
        self.nodes += nodes
        self.characters += characters
        if self.nodes > NODES_MAX or self.characters > EXPANDED_MAX:
            raise _at(event, f"too large: more than {NODES_MAX} values or {EXPANDED_MAX} characters once aliases are followed")

    def scalar(self, event: Any) -> Json:
        text = event.value
        self.count(event, 1, len(text))
        if "\x00" in text:
            raise _at(event, "a text holds a NUL character")
        tag = event.tag
        if tag is None or tag == "!":
            return _plain(event, text) if event.implicit[0] else text
        if tag == "tag:yaml.org,2002:str":
            return text
        if tag == "tag:yaml.org,2002:binary":
            return _binary(event, text)
        return _plain(event, text)

    def sequence(self) -> list[Json]:
        made: list[Json] = []
        take = self.parser.get_event
        while type(event := take()) is not yaml.SequenceEndEvent:
            made.append(self.value(event))
        return made

    def mapping(self) -> dict[str, Json]:
        made: dict[str, Json] = {}
        inherited: dict[str, Json] = {}
        take = self.parser.get_event
        while type(event := take()) is not yaml.MappingEndEvent:
            merge = type(event) is yaml.ScalarEvent and event.value == "<<" and event.implicit[0]
            key = "<<" if merge else self.key(event)
            value_event = take()
            value = self.value(value_event)
            if merge:
                inherited = _inherit(value_event, value) | inherited
            else:
                made[key] = value
        return inherited | made if inherited else made

    def key(self, event: Any) -> str:
        key = self.value(event)
        if isinstance(key, str):
            return key
        if key is None or isinstance(key, dict | list):
            raise _at(event, "a key must be a word or a number")
        return {True: "true", False: "false"}[key] if isinstance(key, bool) else msgspec.json.encode(key).decode()


def _plain(event: Any, text: str) -> Json:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _STARTS_NUMBER:
        return text
    bare = text.replace("_", "")
    if _INTEGER.match(bare):
        return _bounded(_integer(bare)) if len(bare) <= 320 else _too_big(event)
    if _FLOAT.match(bare):
        number = float(bare)
        return whole(number) if math.isfinite(number) else _too_big(event)
    if _NOT_FINITE.match(text):
        _too_big(event)
    return text


def _integer(text: str) -> int:
    digits = text.lstrip("+-")
    base = {"0b": 2, "0o": 8, "0x": 16}.get(digits[:2], 8 if digits[0] == "0" and len(digits) > 1 else 10)
    number = int(digits, base)
    return -number if text[0] == "-" else number


def _too_big(event: Any) -> int:
    raise _at(event, f"{event.value[:40]} is not a number that JSON has")


def _binary(event: Any, text: str) -> str:
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise _at(event, "!!binary text is not base64 of UTF-8 text") from error
    if "\x00" in decoded:
        raise _at(event, "a text holds a NUL character")
    return decoded


def _inherit(event: Any, value: Json) -> dict[str, Json]:
    """What `<<` brings in: a map, or maps of which the first to name a key counts."""
    maps = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in maps):
        raise _at(event, "<< takes a map or a list of maps")
    made: dict[str, Json] = {}
    for item in reversed(maps):
        made |= item
    return made


def _at(event: Any, problem: str) -> InvalidArgument:
    mark = event.start_mark
    return InvalidArgument(f"not valid YAML: line {mark.line + 1}, column {mark.column + 1}: {problem}")
