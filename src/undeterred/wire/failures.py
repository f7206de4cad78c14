"""What an error looks like on the wire: one shape for calls, one for streams, one for the old routes."""

from msgspec import field

from undeterred.wire.base import Int32, Json, Message


class ErrorMessage(Message):
    """What is wrong: the code by number and by name, and a text for people."""

    code: Int32 = 0
    reason: str = ""
    error: str = ""


class ErrorBody(Message):
    """An error of a call."""

    error: ErrorMessage


class StreamError(Message):
    """What ended a stream: the code, the HTTP status that it stands for, and a text for people."""

    grpc_code: Int32 = 0
    http_code: Int32 = 0
    message: str = ""
    http_status: str = ""
    details: list[Json] = field(default_factory=list)


class StreamErrorChunk(Message):
    """An error inside a stream, as its last line."""

    error: StreamError


class EchoError(Message):
    """An error of a route outside the gateway."""

    message: str = ""
