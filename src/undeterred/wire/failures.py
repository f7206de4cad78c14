"""What an error looks like on the wire: one shape for calls, one for streams, one for the old routes."""

from msgspec import field

from undeterred.wire.base import Int32, Json, Message


class ErrorMessage(Message):
    code: Int32 = 0
    reason: str = ""
    error: str = ""


class ErrorBody(Message):
    error: ErrorMessage


class StreamError(Message):
    grpc_code: Int32 = 0
    http_code: Int32 = 0
    message: str = ""
    http_status: str = ""
    details: list[Json] = field(default_factory=list)


class StreamErrorChunk(Message):
    error: StreamError


class EchoError(Message):
    message: str = ""
