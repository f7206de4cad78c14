"""Curves that were drawn before, as ready JSON: people look at the same charts again and again, and most trials do not move meanwhile.

A curve is kept under all that it follows from; the trial's summary and the time of its last report are part of that, and every report
changes one of them, so that a curve which is found is right. It may be dropped at any moment.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

CURVES_MAX: Final = 64
BYTES_MAX: Final = 256 * 1024  # a longer curve is drawn anew each time


class Drawn:
    """The curves that were looked at last; used by several readers at once."""

    def __init__(self, most: int = CURVES_MAX) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> bytes | None:
        """The curve of this key, if it is still there."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        return None

    def keep(self, key: Hashable, curve: bytes) -> None:
        """Remember a curve, and forget the one that was not looked at for longest."""
        if len(curve) > BYTES_MAX:
            return
        with self._lock:
            self._kept[key] = curve
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
