"""What every message, enum and endpoint is made of, and the types that JSON has no name for.

A message is snake_case in Python and camelCase on the wire. A field's default says what is written when nothing was set:
`0`, `""`, `False` and `[]` as they are, `None` as null, `UNSET` not at all.
"""

import enum
import math
import re
import struct
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, Self, TypeVar

from msgspec import Meta, Struct

_MONTHS = r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
_INSTANT = rf"^(?!0000)[0-9]{{4}}-{_MONTHS}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z\Z"
SHIPPED_INSTANT = _INSTANT.removesuffix(r"Z\Z") + r"(?:Z|[+-][0-9]{2}:[0-9]{2})\Z"
"""The pattern of a time that may have an offset."""
_FLOAT32_MAX = 3.4028235677973366e38
_EXACT_SINGLE = 2**24
_single = struct.Struct("<f")

if TYPE_CHECKING:
    Int32 = int
    UInt32 = int
    Int64 = str
    UInt64 = str
    Instant = str
    Double = float | str
    Float = float | str
    Json = Any
    JsonList = Any
else:  # what the typed decoder takes at once; anything else that the wire allows goes through wire/normalise.py
    Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
    UInt32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
    Int64 = Annotated[str, Meta(pattern=r"^(?:0|-?[1-9][0-9]{0,17})\Z", title="int64")]
    UInt64 = Annotated[str, Meta(pattern=r"^(?:0|[1-9][0-9]{0,18})\Z", title="uint64")]
    Instant = Annotated[str, Meta(pattern=_INSTANT, title="instant")]
    Double = float
    Float = Annotated[float, Meta(gt=-_FLOAT32_MAX, lt=_FLOAT32_MAX)]
    Json = dict[str, Any]
    JsonList = list[Any]


class Message(Struct, rename="camel", kw_only=True):
    """Anything that crosses a process boundary as a JSON object."""


class Enum(enum.StrEnum):
    """A named value; `number` is its older spelling, counted from 0 where the declaration names none."""

    number: int

    def __new__(cls, value: str, number: int | None = None) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.number = len(cls.__members__) if number is None else number
        return member


Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)
Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Endpoint(Struct, Generic[Request, Response], frozen=True):
    """A call that the master answers.

    path: parameters are named as fields are on the wire, `{experiment.id}` is a field of a field. body: None, "*" (the whole request) or
    the wire name of the field that the body is. query: what neither path nor body binds is read from the query. streams: the answer is
    any number of responses. public: asks for no token."""

    name: str
    verb: Verb
    path: str
    request: type[Request]
    response: type[Response]
    summary: str = ""
    tags: tuple[str, ...] = ()
    body: str | None = None
    query: bool = False
    streams: bool = False
    public: bool = False
    deprecated: bool = False


def int64(n: int) -> str:
    """A 64-bit integer as the wire writes it."""
    return str(n)


def double(x: float) -> float | str:
    """A number as the wire writes it: what JSON has no number for travels as "NaN", "Infinity" or "-Infinity"."""
    if math.isfinite(x):
        return x
    return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def single(x: float) -> float | str:
    """A number of a field that the wire keeps in 32 bits: with the fewest digits that name it there; beyond them it is infinite."""
    if -_EXACT_SINGLE < x < _EXACT_SINGLE and x == int(x):
        return x
    if not math.isfinite(x):
        return double(x)
    try:
        kept = _single.pack(x)
    except OverflowError:
        return double(math.copysign(math.inf, x))
    value: float = _single.unpack(kept)[0]
    shorts = (float(f"{value:.{digits}g}") for digits in range(1, 10))
    return next(short for short in shorts if -_FLOAT32_MAX < short < _FLOAT32_MAX and _single.pack(short) == kept)


def number(x: float | str) -> float:
    """The number that a Double of a request means; the inverse of `double`."""
    return float(x)


@lru_cache(maxsize=4096)
def _second(s: int) -> str:
    return (_EPOCH + timedelta(seconds=s)).isoformat()[:19]


def instant(us: int) -> str:
    """Microseconds since the epoch as RFC 3339 in UTC, with the fewest of 0, 3 or 6 fraction digits that lose nothing."""
    s, rest = divmod(us, 1_000_000)
    if not rest:
        return _second(s) + "Z"
    if rest % 1000:
        return f"{_second(s)}.{rest:06d}Z"
    return f"{_second(s)}.{rest // 1000:03d}Z"


def instant_us(text: str) -> int:
    """Microseconds since the epoch of an RFC 3339 text with any offset; digits beyond the sixth are cut. Raises ValueError."""
    found = _RFC3339.match(text)
    if not found:
        raise ValueError(f"{text!r} is no RFC 3339 time such as 2024-05-01T12:00:00Z")
    seconds = _epoch_seconds(found[1])
    fraction = int((found[2] or "")[1:7].ljust(6, "0"))
    if found[3] != "Z":
        hours, minutes = int(found[3][1:3]), int(found[3][4:6])
        if hours > 23 or minutes > 59:
            raise ValueError(f"{text!r} has an offset that is none")
        seconds -= (hours * 3600 + minutes * 60) * (-1 if found[3][0] == "-" else 1)
    return seconds * 1_000_000 + fraction


@lru_cache(maxsize=4096)
def _epoch_seconds(text: str) -> int:
    since = datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH
    return since.days * 86400 + since.seconds


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})\Z")
