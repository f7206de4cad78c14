"""LIKE in any case and alphabet, as PostgreSQL's ILIKE: `%` is any text, `_` any one character, backslash takes what follows as it is.

Each piece between two `%` is looked for once, from left to right, so that no pattern takes long.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple


class Piece(NamedTuple):
    """What stands between two `%`: as text where it has no `_`, as an expression of fixed length where it has."""

    size: int
    text: str | None
    expression: re.Pattern[str] | None

    def find(self, where: str, start: int, end: int) -> int:
        """Where it begins at or after `start` and ends at or before `end`; -1 where it does not."""
        if self.expression is None:
            return where.find(self.text or "", start, end)
        found = self.expression.search(where, start, end)
        return -1 if found is None else found.start()


@lru_cache(maxsize=256)
def matcher(pattern: str, exact: bool = False) -> Callable[[str], bool]:
    """Whether a text is like the pattern; exact: in this very case."""
    fold = str if exact else str.lower
    first, *rest = _pieces(fold(pattern))
    if not rest:
        return lambda text: _whole(first, fold(text))
    *middle, last = rest

    def like(text: str) -> bool:
        where = fold(text)
        at, end = first.size, len(where) - last.size
        if at > end or first.find(where, 0, at) != 0 or last.find(where, end, len(where)) != end:
            return False
        for piece in middle:
            found = piece.find(where, at, end)
            if found < 0:
                return False
            at = found + piece.size
        return True

    return like


def _whole(piece: Piece, where: str) -> bool:
    return len(where) == piece.size and piece.find(where, 0, piece.size) == 0


def _pieces(pattern: str) -> list[Piece]:
    pieces: list[list[str | None]] = [[]]  # None: any character
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            pieces[-1].append(next(characters, character))
        elif character == "%":
            pieces.append([])
        else:
            pieces[-1].append(None if character == "_" else character)
    return [_piece(each) for each in pieces]


def _piece(characters: list[str | None]) -> Piece:
    plain = [each for each in characters if each is not None]
    if len(plain) == len(characters):
        return Piece(len(characters), "".join(plain), None)
    expression = "".join("." if each is None else re.escape(each) for each in characters)
    return Piece(len(characters), None, re.compile(expression, re.DOTALL))
