"""How errors look. The wire has three shapes: a unary call's, a stream's, and the old routes' `{"message": ...}`."""

import logging
from http import HTTPStatus
from typing import Any

import msgspec

from undeterred.errors import Internal, InvalidArgument, WireError

log = logging.getLogger("undeterred.api")
UNEXPECTED = "internal error: the master's log has the details under this moment's time; please report them"


def known(error: BaseException, what: str) -> WireError:
    """The error a client may see: ours as it is, anything else is our mistake, logged and shown without its insides."""
    if isinstance(error, WireError):
        if error.detail:
            log.info("%s: %s (%s)", what, error.text, error.detail, extra={"public": f"{what}: {error.text}"})
        return error
    if isinstance(error, RecursionError):  # we recurse over nothing but what a client nested
        log.info("%s: nested too deeply", what)
        return InvalidArgument("the request holds lists and objects nested too deeply to be worked with")
    log.error("%s failed", what, exc_info=error)
    return Internal(UNEXPECTED, repr(error))


def unary(error: WireError) -> bytes:
    """The body of a unary call's error."""
    return _json({"error": {"code": error.code, "reason": error.reason, "error": error.text}}) + b"\n"


def stream(error: WireError) -> bytes:
    """The body, or last line, of a streaming call's error."""
    status = HTTPStatus(error.http)
    shown = {"grpcCode": error.code, "httpCode": error.http, "message": error.text, "httpStatus": status.phrase, "details": []}
    return _json({"error": shown})


def message(text: str) -> bytes:
    """The body of an old route's error."""
    return _json({"message": text}) + b"\n"


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value)
