"""Where a token may stand in a request; the first place that is present counts."""

from typing import NamedTuple

from undeterred.errors import Unauthenticated
from undeterred.services.identity import INVALID

ALLOCATION = b"grpc-metadata-x-allocation-token"
GATEWAY_PLACES = (b"grpc-metadata-x-user-token", b"authorization", ALLOCATION)
OLD_PLACES = (b"authorization",)
BEARER = "Bearer "
TOKEN_MAX = 4096


class Token(NamedTuple):
    """A token as it was sent; `of_task`: it stood where only an allocation's token may."""

    text: str
    of_task: bool = False


def token_of(headers: dict[bytes, bytes], gateway: bool) -> Token:
    """The token of a request. Unauthenticated when there is none, or the place that counts holds no bearer token.

    A cookie stands where an Authorization header that is not there, or empty, would: before the place of a task's token."""
    for place in GATEWAY_PLACES if gateway else OLD_PLACES:
        value = headers.get(place)
        if place == b"authorization" and not value and (cookie := _cookie(headers)) is not None:
            return Token(_checked(cookie))
        if value is None:
            continue
        text = value.decode("latin-1")
        if not text.startswith(BEARER):
            raise Unauthenticated(INVALID)
        return Token(_checked(text[len(BEARER) :]), place == ALLOCATION)
    raise Unauthenticated("token missing")


def _checked(text: str) -> str:
    if not text.isprintable() or not 0 < len(text) <= TOKEN_MAX:
        raise Unauthenticated(INVALID)
    return text


def _cookie(headers: dict[bytes, bytes]) -> str | None:
    """The value of the first cookie called `auth`, None if there is none."""
    for part in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        name, equals, value = part.strip().partition("=")
        if name == "auth" and equals:
            return value.strip().strip('"')
    return None
