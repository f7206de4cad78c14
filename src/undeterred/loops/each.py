"""One item's error stays with that item."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from undeterred.errors import Conflict, Unavailable

T = TypeVar("T")
log = logging.getLogger("undeterred.loops")


async def each(items: Iterable[T], do: Callable[[T], Awaitable[object]], name: Callable[[T], str] = str) -> None:
    """Do something for every item; what breaks over one is logged under its name, and raised once all others had their turn.

    Conflict (a newer master is at work) and Unavailable (the database is away) are everybody's, and end it at once."""
    first: Exception | None = None
    for item in items:
        try:
            await do(item)
        except (Conflict, Unavailable):
            raise
        except Exception as error:
            log.exception("%s broke; the others go on", name(item))
            first = first or error
    if first is not None:
        raise first
