"""The few errors any room may raise. They are the wire's own codes; api/render.py alone knows HTTP.

Each carries a sentence for people (names the thing and the next step) and private detail for the log.
"""

from typing import ClassVar


class WireError(Exception):
    """An answer that is an error: `text` is shown to the client, `detail` only to the log."""

    code: ClassVar[int] = 13
    reason: ClassVar[str] = "Internal"
    http: ClassVar[int] = 500

    def __init__(self, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.detail = detail


class InvalidArgument(WireError):
    code, reason, http = 3, "InvalidArgument", 400


class DeadlineExceeded(WireError):
    code, reason, http = 4, "DeadlineExceeded", 504


class NotFound(WireError):
    code, reason, http = 5, "NotFound", 404


class AlreadyExists(WireError):
    code, reason, http = 6, "AlreadyExists", 409


class PermissionDenied(WireError):
    code, reason, http = 7, "PermissionDenied", 403


class ResourceExhausted(WireError):
    code, reason, http = 8, "ResourceExhausted", 429


class FailedPrecondition(WireError):
    code, reason, http = 9, "FailedPrecondition", 400


class Conflict(WireError):
    """Somebody moved first: look again."""

    code, reason, http = 10, "Aborted", 409


class Unimplemented(WireError):
    code, reason, http = 12, "Unimplemented", 501


class Internal(WireError):
    code, reason, http = 13, "Internal", 500


class Unavailable(WireError):
    code, reason, http = 14, "Unavailable", 503


class Unauthenticated(WireError):
    code, reason, http = 16, "Unauthenticated", 401


BY_CODE: dict[int, type[WireError]] = {c.code: c for c in WireError.__subclasses__()}
