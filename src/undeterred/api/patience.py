"""When to ask again after a 503: with `Retry-After` the unmodified harness repeats its reports instead of failing its trial.

Its client asks again at most 20 times, so the wait grows with the trouble: a short one costs little, and some seven minutes are bridged. Whoever reads
(`det`, a browser) is a person who waits: five times three seconds, as without the header.
"""

import time
from collections.abc import Callable
from typing import Final

from undeterred.api.http import Headers
from undeterred.errors import Unavailable, WireError

READER_S: Final = 3
MOST_S: Final = 30.0
OVER_S: Final = 60.0  # nobody was told of trouble for this long: the next is another one


class Patience:
    """Knows since when requests are being refused for what passes. clock: seconds, steady."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = self._last = -OVER_S

    def headers(self, error: WireError, *, reads: bool) -> Headers:
        """What goes with the answer: nothing where asking again would not help. reads: a person's request that changes nothing."""
        if not isinstance(error, Unavailable):
            return []
        now = self._clock()
        if now - self._last >= OVER_S:
            self._since = now
        self._last = now
        wait_s = READER_S if reads else round(min(max(now - self._since, 1.0), MOST_S))
        return [(b"retry-after", b"%d" % wait_s)]
