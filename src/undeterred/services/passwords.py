"""Passwords: what clients send, what is stored (argon2id of it), and a check that takes the same time whoever asks for whom.

The hash costs about 20 ms and 19 MiB, so it is made in one of two threads of its own, outside of any transaction.
"""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from undeterred.errors import ResourceExhausted

P = ParamSpec("P")
R = TypeVar("R")
SALT = "GubPEmmotfiK9TMD6Zdw"  # the contract's: every client uses it
WAITING_MAX = 200

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_threads = ThreadPoolExecutor(2, "password")
_nobody = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$bm9ib2R5J3MgaGFzaCBpcyAzMiBieXRlcyBsb25nISE"
_waiting: set[object] = set()


def as_sent(password: str, is_hashed: bool) -> str:
    """The salted SHA-512 of a password in hex, as clients send it with `isHashed`; the empty password stays empty."""
    if is_hashed or not password:
        return password
    return hashlib.sha512((SALT + password).encode("utf-8", "surrogatepass")).hexdigest()


def hash_now(sent: str) -> str | None:
    """What is stored of a password in the form of `as_sent`; None for the empty one. Blocks for about 20 ms."""
    return _hasher.hash(sent.encode("utf-8", "surrogatepass")) if sent else None


def matches_now(sent: str, stored: str | None, known: bool) -> bool:
    """Whether a password opens an account. The same work is done for an unknown one (`known` false) and one without password."""
    hashed = stored if known and stored is not None else _nobody
    try:
        right: bool = _hasher.verify(hashed, sent.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        right = False
    if not known:
        return False
    return not sent if stored is None else right and bool(sent)


async def hashed(sent: str) -> str | None:
    """`hash_now` without blocking the event loop."""
    return await _in_thread(hash_now, sent)


async def matches(sent: str, stored: str | None, known: bool) -> bool:
    """`matches_now` without blocking the event loop."""
    return await _in_thread(matches_now, sent, stored, known)


async def _in_thread(fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    if len(_waiting) >= WAITING_MAX:
        raise ResourceExhausted("too many passwords are being checked at once: try again in a few seconds")
    place = object()
    _waiting.add(place)
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, lambda: fn(*args, **kwargs))
    finally:
        _waiting.remove(place)
