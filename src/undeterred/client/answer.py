"""How an answer is read: messages, lines of a stream, and the errors that the server raised, raised again."""

import json
from typing import Any, TypeVar

from undeterred.errors import BY_CODE, Internal, WireError
from undeterred.wire.base import Message
from undeterred.wire.decode import decode_body
from undeterred.wire.normalise import Refused

M = TypeVar("M", bound=Message)
BY_HTTP = {cls.http: cls for cls in reversed(BY_CODE.values())}  # the first class of a status


def message_of(cls: type[M], raw: bytes) -> M:
    """The message of a good answer. Raises Internal when it is none."""
    try:
        return decode_body(cls, raw)
    except Refused as problem:
        raise Internal(f"the server's answer is no {cls.__name__}: {problem.text()}", raw[:500].decode(errors="replace")) from problem


def line_of(cls: type[M], line: bytes) -> M:
    """The message of a stream's line. Raises the error that a line may be."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict) or "result" not in found:
        raise error_of(500, line)
    return message_of(cls, json.dumps(found["result"]).encode())


def error_of(status: int, raw: bytes) -> WireError:
    """The error that an answer holds, in any of the wire's three shapes."""
    try:
        told: Any = json.loads(raw)
    except ValueError:
        told = None
    inner = told.get("error") if isinstance(told, dict) else None
    if isinstance(inner, dict):
        code = int(inner.get("code") or inner.get("grpcCode") or 0)
        text = inner.get("error", inner.get("message", ""))
        return BY_CODE.get(code, BY_HTTP.get(status, Internal))(str(text))
    text = str(told["message"]) if isinstance(told, dict) and "message" in told else raw[:500].decode(errors="replace")
    return BY_HTTP.get(status, Internal)(text or f"the server answered {status}")
