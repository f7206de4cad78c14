"""Patterns that name some of a checkpoint's files, as a shell reads them: `*`, `?`, `[...]` within a name, `**` for any number of folders.

A name that begins with a dot is matched only by a pattern that does too. A pattern is matched against a path, never against a disk, so that
links can neither lead it away nor around in circles.
"""

import fnmatch
import re
from functools import lru_cache


def matches(path: str, is_folder: bool, pattern: str) -> bool:
    """Whether a pattern means this path, relative to the checkpoint ("": its own folder). One that ends in / means folders only."""
    wanted = _parts(pattern)
    if not wanted or (pattern.endswith("/") and not is_folder):
        return False
    at = _skipped({0}, wanted)
    for name in path.split("/") if path else ():
        at = _skipped({following for place in at if place < len(wanted) for following in _after(name, place, wanted[place])}, wanted)
    return len(wanted) in at


def _after(name: str, place: int, wanted: str) -> tuple[int, ...]:
    """Where a pattern goes on once this name was read at one of its places."""
    if wanted == "**":
        return () if name.startswith(".") else (place,)
    return (place + 1,) if _fits(name, wanted) else ()


def _skipped(places: set[int], wanted: tuple[str, ...]) -> set[int]:
    """These places, and those after a `**` that stands for no folder at all."""
    found = set(places)
    for first in places:
        place = first
        while place < len(wanted) and wanted[place] == "**":
            place += 1
            found.add(place)
    return found


def _fits(name: str, wanted: str) -> bool:
    if name.startswith(".") and not wanted.startswith("."):
        return False
    return _expression(wanted).match(name) is not None


@lru_cache(maxsize=256)
def _parts(pattern: str) -> tuple[str, ...]:
    return tuple(part for part in pattern.strip().split("/") if part not in ("", "."))


@lru_cache(maxsize=256)
def _expression(wanted: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(wanted))
