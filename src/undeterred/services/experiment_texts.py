"""Texts that a filter looks into, in any case and alphabet: many at once, or one.

What is rare, and what all texts of a group begin with, is found without a look at every text: for each pair of characters there is a note in which groups
it stands, and for each group what its texts have in common.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise, repeat
from operator import contains

from undeterred.store.like import matcher

_GROUP = 32  # so many texts share a note
_OTHERS = 2048  # so many notes are shared by all that other alphabets than ASCII's write: their pairs are without number
_RUN = re.compile("1+")
_SAME = re.compile(rb"\x00+|\x01+")


class Texts:
    """Texts by number, as they are and in lower case (the same object where that is the same); `None` is like nothing."""

    def __init__(self) -> None:
        self.values: list[str | None] = []
        self._folded: list[str] = []
        self._nulls: set[int] = set()
        self._groups: dict[
            str | int, int
        ] = {}  # by character and pair, or what `_parts` makes of it: a bit a group, also where it once was
        self._shared: list[str] = []  # by group: what its texts begin with
        self._unread: set[int] = set()  # groups with texts that are not noted yet

    def append(self, text: str | None) -> None:
        """One more."""
        self.values.append(None)
        self._folded.append("")
        self.put(len(self.values) - 1, text)

    def put(self, number: int, text: str | None) -> None:
        """Another text in the place of one."""
        folded = "" if text is None else text.lower()
        (self._nulls.add if text is None else self._nulls.discard)(number)
        self.values[number] = text
        self._folded[number] = text if folded == text else folded
        self._unread.add(number // _GROUP)

    def read(self) -> None:
        """Note what is not noted yet; `like` does it, too."""
        while self._unread:
            group = self._unread.pop()
            texts = self._folded[group * _GROUP : (group + 1) * _GROUP]
            self._shared += [""] * (group + 1 - len(self._shared))
            self._shared[group] = _beginning(min(texts), max(texts))
            for part in {part for text in texts for part in _parts(text)}:
                self._groups[part] = self._groups.get(part, 0) | 1 << group

    def like(self, pattern: str) -> bytes:
        """A byte a text: 1 where it is like `%pattern%`."""
        self.read()
        found, are_like = bytearray(len(self.values)), _each(pattern)
        for first, end, sure in self._where(pattern, are_like):
            texts = self._folded[first:end]
            found[first:end] = b"\1" * len(texts) if sure else are_like(texts)
        for number in self._nulls:
            found[number] = 0
        return bytes(found)

    def _where(self, pattern: str, are_like: Callable[[list[str]], bytes]) -> Iterator[tuple[int, int, bool]]:
        """Stretches of texts outside of which none is like the pattern, and whether all of them are for sure."""
        groups = (1 << len(self._shared)) - 1
        for part in _parts(_longest(pattern.lower())):
            groups &= self._groups.get(part, 0)
        if not groups:
            return
        sure = bytes(len(self._shared)) if "\\" in pattern else are_like(self._shared)  # a backslash may make the end of a text matter
        for run in _RUN.finditer(f"{groups:b}"[::-1]):
            for same in _SAME.finditer(sure, *run.span()):
                yield same.start() * _GROUP, min(same.end() * _GROUP, len(self.values)), bool(sure[same.start()])


def _parts(text: str) -> Iterable[str | int]:
    """The characters and pairs of characters of a text; a number, which others may have too, instead of those beyond ASCII."""
    parts = {*text, *map("".join, pairwise(text))}
    return parts if text.isascii() else {part if part.isascii() else hash(part) % _OTHERS for part in parts}


def _beginning(one: str, other: str) -> str:
    """What two texts both begin with: all texts between them do, too."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return one[:same]


def finder(pattern: str) -> Callable[[str], bool]:
    """Whether a text is like `%pattern%`."""
    if _is_plain(pattern):
        needle = pattern.lower()
        return lambda text: needle in text.lower()
    if "%" in pattern or "\\" in pattern:
        return matcher(f"%{pattern}%")
    search = re.compile(".".join(map(re.escape, pattern.lower().split("_"))), re.DOTALL).search
    return lambda text: search(text.lower()) is not None


def _each(pattern: str) -> Callable[[list[str]], bytes]:
    """The same of many texts in lower case: a byte a text."""
    if _is_plain(pattern):
        needle = pattern.lower()
        return lambda texts: bytes(map(contains, texts, repeat(needle)))
    is_like = finder(pattern)
    return lambda texts: bytes(map(is_like, texts))


def _is_plain(pattern: str) -> bool:
    return not any(mark in pattern for mark in "%_\\")


def _longest(pattern: str) -> str:
    """The longest part of a pattern that stands in everything that is like it; empty where that is not easily said."""
    return "" if "\\" in pattern else max(pattern.replace("_", "%").split("%"), key=len)
