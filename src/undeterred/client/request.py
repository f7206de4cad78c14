"""How a request message becomes HTTP: the path's values, the query and the body, as its endpoint binds them."""

import base64
import re
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from undeterred.wire.base import Endpoint, Message
from undeterred.wire.encode import encode

_PARAMETER = re.compile(r"\{([^}]+)\}")


class Prepared(NamedTuple):
    """What is sent; `target` is path and query, `body` None where the call has none."""

    verb: str
    target: str
    body: bytes | None


def prepare(endpoint: Endpoint[Any, Any], message: Message) -> Prepared:
    """The HTTP request of a call. Raises ValueError when a value of its path is missing."""
    bound = _PARAMETER.findall(endpoint.path)
    target = _PARAMETER.sub(lambda found: _path_value(endpoint, message, found[1]), endpoint.path)
    body = None
    if endpoint.body == "*":
        body = encode(message)
    elif endpoint.body is not None:
        body = msgspec.json.encode(_value(message, endpoint.body))
    if endpoint.query:
        pairs = [
            (name, text) for name, text in _pairs(message, "") if not _covered(name, [*bound, *([endpoint.body] if endpoint.body else [])])
        ]
        target += f"?{urlencode(pairs)}" if pairs else ""
    return Prepared(endpoint.verb, target, body)


def _path_value(endpoint: Endpoint[Any, Any], message: Message, name: str) -> str:
    value: Any = message
    for part in name.split("."):
        value = _value(value, part) if isinstance(value, Message) else None
    if value is None or value is msgspec.UNSET or value == "":
        raise ValueError(f"{endpoint.name} needs {name}")
    return quote(_text(value), safe="")


def _value(message: Message, wire_name: str) -> Any:
    field = next(f for f in msgspec.structs.fields(type(message)) if f.encode_name == wire_name)
    return getattr(message, field.name)


def _pairs(message: Message, prefix: str) -> list[tuple[str, str]]:
    """What a query says of a message: everything that differs from what an absent field means."""
    found: list[tuple[str, str]] = []
    for field in msgspec.structs.fields(type(message)):
        value, name = getattr(message, field.name), prefix + field.encode_name
        if (
            value is None
            or value is msgspec.UNSET
            or isinstance(value, dict)
            or (field.default is not msgspec.NODEFAULT and value == field.default)
        ):
            continue
        if isinstance(value, Message):
            found += _pairs(value, name + ".")
        else:
            found += [(name, _text(one)) for one in (value if isinstance(value, list) else [value])]
    return found


def _covered(name: str, bound: list[str]) -> bool:
    return any(name == one or name.startswith(one + ".") for one in bound)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
