"""Where a token may stand in a request; the first place that is present counts."""

from http.cookies import CookieError, SimpleCookie

from undeterred.errors import Unauthenticated
from undeterred.services.identity import INVALID

GATEWAY_PLACES = (b"grpc-metadata-x-user-token", b"authorization", b"grpc-metadata-x-allocation-token")
OLD_PLACES = (b"authorization",)
BEARER = "Bearer "


def token_of(headers: dict[bytes, bytes], gateway: bool) -> str:
    """The token of a request. Unauthenticated when there is none, or the place that counts holds no bearer token."""
    cookie = _cookie(headers)
    for place in GATEWAY_PLACES if gateway else OLD_PLACES:
        value = headers.get(place)
        if value is None or (place == b"authorization" and not value and cookie):
            continue
        text = value.decode("latin-1")
        if not text.startswith(BEARER) or not text[len(BEARER) :].isprintable() or not text[len(BEARER) :]:
            raise Unauthenticated(INVALID)
        return text[len(BEARER) :]
    if cookie:
        return cookie
    raise Unauthenticated("token missing")


def _cookie(headers: dict[bytes, bytes]) -> str:
    raw = headers.get(b"cookie")
    if raw is None:
        return ""
    try:
        found = SimpleCookie(raw.decode("latin-1")).get("auth")
    except CookieError:
        return ""
    return found.value if found is not None else ""
