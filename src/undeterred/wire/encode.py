"""Messages to bytes."""

import msgspec

from undeterred.wire.base import Message

_encoder = msgspec.json.Encoder()
encode = _encoder.encode
encode_all = _encoder.encode  # a list of messages


def encode_pretty(message: Message) -> bytes:
    """The same JSON with four blanks per level, for people (`?pretty`)."""
    return msgspec.json.format(encode(message), indent=4)


def ndjson(message: Message) -> bytes:
    """One message of a stream: `{"result":...}` and a newline."""
    return b'{"result":' + encode(message) + b"}\n"


def prettier(lines: bytes) -> bytes:
    """Lines of a stream with four blanks per level: each then takes several lines, as on the reference."""
    return b"".join(msgspec.json.format(line, indent=4) + b"\n" for line in lines.splitlines())
