"""The OpenAPI 3.1 document, made from the declarations alone; `tools/make_api.py` writes it to docs/api/openapi.json."""

import re
from types import NoneType
from typing import Any, get_args, get_origin

import msgspec
from msgspec import UnsetType

from undeterred import REFERENCE_VERSION
from undeterred.wire import base, openapi_texts
from undeterred.wire.base import Endpoint, Enum, Message
from undeterred.wire.failures import EchoError, ErrorBody, StreamErrorChunk
from undeterred.wire.normalise import bare
from undeterred.wire.registry import ENDPOINTS

Schema = dict[str, Any]
_PARAMETER = re.compile(r"\{([^}]+)\}")

ABOUT = f"""What an Undeterred master answers: the REST API of Determined {REFERENCE_VERSION}, on the same paths, with the same names.

1. **Log in**: `POST /api/v1/auth/login` with `{{"username": "determined", "password": ""}}` answers a `token` (the password is blank until
   it is changed, and works on this machine only).
2. **Authorize**: send it with every other call as `Authorization: Bearer <token>`; in the playground, the form at the top does both.
3. **Try it out**: open a call, press *Try it out*, fill in what it asks for, *Execute*.

64-bit integers are strings, times are RFC 3339 in UTC, a stream is a JSON object a line. An error is `{{"error": {{"code", "reason", "error"}}}}`,
and where a stream goes wrong `{{"error": {{"grpcCode", "httpCode", "message", "httpStatus", "details"}}}}`, its last line.
A call that is declared and not built yet answers 501."""


def openapi_document() -> dict[str, Any]:
    """The whole document: every endpoint of the contract, every message and enum that they name."""
    paths: dict[str, dict[str, Any]] = {}
    spelled: dict[str, str] = {}  # a path with two names for one parameter is one path: the first name is taken
    for e in ENDPOINTS:
        path = spelled.setdefault(_PARAMETER.sub("{}", e.path), e.path)
        paths.setdefault(path, {})[e.verb.lower()] = operation(e, path)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Undeterred REST API", "version": REFERENCE_VERSION, "description": ABOUT},
        "security": [{"Authorize": []}],
        "tags": [{"name": name, "description": openapi_texts.TAGS[name]} for name in sorted({tag for e in ENDPOINTS for tag in e.tags})],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components().items())),
            "securitySchemes": {"Authorize": {"type": "http", "scheme": "bearer", "description": "The token that Login answers."}},
        },
    }


def operation(e: Endpoint[Any, Any], path: str) -> dict[str, Any]:
    """One endpoint as the document has it, under that spelling of its path."""
    bound = _PARAMETER.findall(e.path)
    made: dict[str, Any] = {"operationId": e.name, "summary": e.summary, "tags": list(e.tags)}
    parameters = [_path_parameter(e, name, said) for name, said in zip(bound, _PARAMETER.findall(path), strict=True)]
    if e.query:
        parameters += [_told(p, openapi_texts.of_parameter(e, p["name"])) for p in query_parameters(e.request) if p["name"] not in bound]
    if parameters:
        made["parameters"] = parameters
    if e.body is not None:
        kind = e.request if e.body == "*" else bare(_field(e.request, e.body).type)
        made["requestBody"] = {"content": {"application/json": {"schema": schema_of(kind)}}}
    made["responses"] = _responses(e)
    if e.public:
        made["security"] = []
    if e.deprecated:
        made["deprecated"] = True
    return made


def _responses(e: Endpoint[Any, Any]) -> dict[str, Any]:
    answer = schema_of(e.response)
    kinds: list[type[Message]] = [ErrorBody if e.path.startswith("/api/") else EchoError]
    if e.streams:  # what is wrong with the request itself is told as everywhere, whatever is wrong later as a stream tells it
        kinds.append(StreamErrorChunk)
    error = schema_of(kinds[0]) if len(kinds) == 1 else {"oneOf": [schema_of(kind) for kind in kinds]}
    good: dict[str, Any] = {"description": "The answer.", "content": {"application/json": {"schema": answer}}}
    if e.streams:
        line = {"type": "object", "properties": {"result": answer, "error": _object(StreamErrorChunk, True)["properties"]["error"]}}
        good = {"description": "Any number of lines, each a JSON object.", "content": {"application/json": {"schema": line}}}
    found = {"200": good, "default": {"description": "An error.", "content": {"application/json": {"schema": error}}}}
    if e.path == "/health":
        found["503"] = {"description": "Something is down.", "content": {"application/json": {"schema": answer}}}
    return found


def _field(cls: type[Message], wire_name: str) -> msgspec.structs.FieldInfo:
    return next(f for f in msgspec.structs.fields(cls) if f.encode_name == wire_name)


def _path_parameter(e: Endpoint[Any, Any], name: str, said: str) -> dict[str, Any]:
    *outer, last = name.split(".")
    cls: type[Message] = e.request
    for part in outer:
        cls = bare(_field(cls, part).type)
    made = {"name": said, "in": "path", "required": True, "schema": schema_of(bare(_field(cls, last).type))}
    return _told(made, openapi_texts.of_path_parameter(e, name))


def _told(made: dict[str, Any], text: str) -> dict[str, Any]:
    """The same with its description, if there is any."""
    return made | {"description": text} if text else made


def query_parameters(cls: type[Message], prefix: str = "") -> list[dict[str, Any]]:
    """The parameters that a query may name; fields of a field with a dot between."""
    found: list[dict[str, Any]] = []
    for f in msgspec.structs.fields(cls):
        kind, name = bare(f.type), prefix + f.encode_name
        if isinstance(kind, type) and issubclass(kind, Message):
            found += query_parameters(kind, name + ".")
        elif get_origin(kind) is not dict:
            found.append({"name": name, "in": "query", "schema": schema_of(kind)})
    return found


def components() -> dict[str, Schema]:
    """Schemas by class name. A message that only answers contain lists what is always there."""
    asked: set[type] = set()
    answered: set[type] = set()
    for e in ENDPOINTS:
        _collect(e.request, asked)
        _collect(e.response, answered)
    for error in (ErrorBody, StreamErrorChunk, EchoError):
        _collect(error, answered)
    queried = {e.request for e in ENDPOINTS if e.query}
    named: dict[str, Schema] = {}
    for cls in asked | answered:
        if issubclass(cls, Enum):
            named[cls.__name__] = {"type": "string", "enum": [m.value for m in cls]}
        else:
            named[cls.__name__] = _object(cls, cls not in asked, cls in queried)
    return named


def _collect(kind: Any, seen: set[type]) -> None:
    if get_origin(kind) in (list, dict):
        _collect(get_args(kind)[-1], seen)
    elif isinstance(kind, type) and issubclass(kind, Enum | Message) and kind not in seen:
        seen.add(kind)
        for f in msgspec.structs.fields(kind) if issubclass(kind, Message) else ():
            _collect(bare(f.type), seen)


def _object(cls: type[Any], states_all: bool, queried: bool = False) -> Schema:
    fields = msgspec.structs.fields(cls)
    made = _told({"type": "object", "properties": {}}, cls.__doc__ or "")
    for f in fields:
        schema = schema_of(bare(f.type))
        either = {"anyOf": [schema, {"type": "null"}]} if NoneType in get_args(f.type) else schema
        made["properties"][f.encode_name] = _told(either, openapi_texts.of_field(cls.__name__, f.encode_name, queried))
    always = [f.encode_name for f in fields if UnsetType not in get_args(f.type)]
    if states_all and always:
        made["required"] = always
    return made


def schema_of(kind: Any) -> Schema:
    """The schema of a field's type; messages and enums by reference."""
    if kind in _SCHEMAS:
        return dict(_SCHEMAS[kind])
    if get_origin(kind) is list:
        return {"type": "array", "items": schema_of(get_args(kind)[0])}
    if get_origin(kind) is dict:
        return {"type": "object", "additionalProperties": schema_of(get_args(kind)[1])}
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


_NUMBER: Schema = {"anyOf": [{"type": "number"}, {"type": "string", "enum": ["NaN", "Infinity", "-Infinity"]}]}
_SCHEMAS: dict[Any, Schema] = {
    bool: {"type": "boolean"},
    str: {"type": "string"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    base.Int32: {"type": "integer", "format": "int32"},
    base.UInt32: {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    base.Int64: {"type": "string", "format": "int64"},
    base.UInt64: {"type": "string", "format": "uint64"},
    base.Instant: {"type": "string", "format": "date-time"},
    base.Double: _NUMBER,
    base.Float: _NUMBER,
    base.Json: {"type": "object", "additionalProperties": True},
    base.JsonList: {"type": "array", "items": {}},
}
