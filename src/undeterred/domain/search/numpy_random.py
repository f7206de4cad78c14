"""numpy's `RandomState(seed)` in miniature: the same MT19937 words, turned into numbers the same way.

Where a stream stands is (seed, words drawn), so it is stored in a few bytes and found again by skipping.
"""

import random
from functools import lru_cache

_WORDS = 624
_SKIP_BITS = 32 * 65536


@lru_cache(maxsize=256)
def _seeded(seed: int) -> tuple[int, ...]:
    """The generator's first 624 words (init_genrand of Matsumoto and Nishimura 2002), then the index that stands for "none used"."""
    words = [seed & 0xFFFFFFFF]
    for i in range(1, _WORDS):
        last = words[-1]
        words.append((1812433253 * (last ^ (last >> 30)) + i) & 0xFFFFFFFF)
    return (*words, _WORDS)


class NumpyRandom:
    """A stream of draws; `drawn` counts the 32-bit words used so far."""

    def __init__(self, seed: int, drawn: int = 0) -> None:
        """seed: 0 .. 2^32-1. drawn: words already used by earlier steps, skipped at about 10 million a second."""
        self.drawn = drawn
        self._words = random.Random()
        self._words.setstate((3, _seeded(seed), None))
        while drawn:
            bits = min(32 * drawn, _SKIP_BITS)
            self._words.getrandbits(bits)
            drawn -= bits // 32

    def word(self) -> int:
        """The next 32 bits."""
        self.drawn += 1
        return self._words.getrandbits(32)

    def uniform(self, low: float, high: float) -> float:
        """A double in [low, high), from 53 bits."""
        self.drawn += 2
        return low + (high - low) * self._words.random()

    def integers(self, low: int, high: int) -> int:
        """An integer in [low, high): masked rejection, one word a try where the range fits 32 bits, else two (the high one first)."""
        span = high - 1 - low
        assert span >= 0, "empty range"
        if span == 0:
            return low
        mask = (1 << span.bit_length()) - 1
        while True:
            value = self.word() if span <= 0xFFFFFFFF else (self.word() << 32) | self.word()
            if (value & mask) <= span:
                return low + (value & mask)

    def octets(self, count: int) -> bytes:
        """Bytes from whole words, each with its low byte first; count: a multiple of 4."""
        return b"".join(self.word().to_bytes(4, "little") for _ in range(count // 4))
