"""The one message to everybody that an administrator may set: a new one takes the place of the former."""

import msgspec
from msgspec import UNSET, UnsetType

from undeterred.errors import InvalidArgument
from undeterred.services.tokens import duration_us
from undeterred.store import facts
from undeterred.store.db import Tx
from undeterred.wire.base import instant, instant_us
from undeterred.wire.cluster import ClusterMessage, SetClusterMessageRequest

FACT = "cluster_message"
TOPIC = "cluster-message"
LENGTH_MAX = 250
LATEST_US = instant_us("9999-12-31T23:59:59Z")


class Kept(msgspec.Struct, frozen=True):
    """The message as it is stored; instants in µs."""

    message: str
    start_at: int
    end_at: int | None
    created_at: int


_decode = msgspec.json.Decoder(Kept).decode


def get(tx: Tx, only_active: bool = False) -> ClusterMessage | UnsetType:
    """The message, UNSET if there is none or it has ended; only_active: it has begun, too."""
    found = kept(tx)
    return UNSET if found is None else shown(found, tx.now, only_active)


def kept(tx: Tx) -> Kept | None:
    """What is stored."""
    text = facts.get(tx, FACT)
    return None if text is None else _decode(text)


def shown(kept: Kept, now: int, only_active: bool = True) -> ClusterMessage | UnsetType:
    """A stored message at an instant (µs); UNSET when it does not hold."""
    if (kept.end_at is not None and kept.end_at <= now) or (only_active and kept.start_at >= now):
        return UNSET
    return ClusterMessage(
        message=kept.message,
        start_time=instant(kept.start_at),
        end_time=UNSET if kept.end_at is None else instant(kept.end_at),
        created_time=instant(kept.created_at),
    )


def put(tx: Tx, request: SetClusterMessageRequest) -> None:
    """Set the message. InvalidArgument for one that is too long, or has an end before its start or now."""
    start_at = 0 if request.start_time is None else instant_us(request.start_time)
    end_at = _end(request, start_at)
    if len(request.message) > LENGTH_MAX:
        raise InvalidArgument(f"invalid input: message must be at most {LENGTH_MAX} characters; got {len(request.message)}")
    if end_at is not None and end_at < start_at:
        raise InvalidArgument("invalid input, end time must be after start time")
    if end_at is not None and end_at < tx.now:
        raise InvalidArgument("invalid input, end time must be after current time")
    tx.ring(TOPIC)
    facts.put(tx, FACT, msgspec.json.encode(Kept(request.message, start_at, end_at, tx.now)).decode())


def remove(tx: Tx) -> None:
    """Take the message away; none is fine."""
    tx.ring(TOPIC)
    facts.remove(tx, FACT)


def _end(request: SetClusterMessageRequest, start_at: int) -> int | None:
    if isinstance(request.duration, str):
        if isinstance(request.end_time, str):
            raise InvalidArgument("EndTime and Duration are mutually exclusive")
        try:
            wanted = duration_us(request.duration)
        except ValueError:
            wanted = -1
        if wanted < 0:
            raise InvalidArgument("Duration must be a Go-formatted duration string with a positive value")
        if start_at + wanted > LATEST_US:
            raise InvalidArgument("invalid input, the message would end after the year 9999: leave its end out")
        return start_at + wanted
    return instant_us(request.end_time) if isinstance(request.end_time, str) else None
