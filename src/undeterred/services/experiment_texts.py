"""Texts that a filter looks into, in any case and alphabet: many at once, or one."""

import re
from collections.abc import Callable
from itertools import repeat
from operator import contains

from undeterred.store.like import matcher

_TOGETHER = 128  # so many are looked through as one text before each is looked at
_BETWEEN = "\0"


class Texts:
    """Texts by number, as they are and in lower case (the same object where that is the same); `None` is like nothing."""

    def __init__(self) -> None:
        self.values: list[str | None] = []
        self._folded: list[str] = []
        self._joined: list[str | None] = []
        self._nulls: set[int] = set()

    def append(self, text: str | None) -> None:
        """One more."""
        self.values.append(None)
        self._folded.append("")
        if len(self.values) > len(self._joined) * _TOGETHER:
            self._joined.append(None)
        self.put(len(self.values) - 1, text)

    def put(self, number: int, text: str | None) -> None:
        """Another text in the place of one."""
        folded = "" if text is None else text.lower()
        (self._nulls.add if text is None else self._nulls.discard)(number)
        self.values[number] = text
        self._folded[number] = text if folded == text else folded
        self._joined[number // _TOGETHER] = None

    def like(self, pattern: str) -> bytes:
        """A byte a text: 1 where it is like `%pattern%`. Stretches in which the pattern's longest plain part is nowhere are passed over."""
        needle, plain, is_like = _longest(pattern.lower()), _is_plain(pattern), finder(pattern)
        found = bytearray()
        for stretch in range(len(self._joined)):
            texts = self._stretch(stretch)
            if needle not in self._together(stretch):
                found += bytes(len(texts))
            else:
                found += bytes(map(contains, texts, repeat(needle)) if plain else map(is_like, texts))
        for number in self._nulls:
            found[number] = 0
        return bytes(found)

    def _stretch(self, stretch: int) -> list[str]:
        return self._folded[stretch * _TOGETHER : (stretch + 1) * _TOGETHER]

    def _together(self, stretch: int) -> str:
        joined = self._joined[stretch]
        if joined is None:
            joined = self._joined[stretch] = _BETWEEN.join(self._stretch(stretch))
        return joined


def finder(pattern: str) -> Callable[[str], bool]:
    """Whether a text is like `%pattern%`."""
    if _is_plain(pattern):
        needle = pattern.lower()
        return lambda text: needle in text.lower()
    if "%" in pattern or "\\" in pattern:
        return matcher(f"%{pattern}%")
    search = re.compile(".".join(map(re.escape, pattern.lower().split("_"))), re.DOTALL).search
    return lambda text: search(text.lower()) is not None


def _is_plain(pattern: str) -> bool:
    return not any(mark in pattern for mark in "%_\\")


def _longest(pattern: str) -> str:
    """The longest part of a pattern that stands in everything that is like it; empty where that is not easily said."""
    return "" if "\\" in pattern else max(pattern.replace("_", "%").split("%"), key=len)
