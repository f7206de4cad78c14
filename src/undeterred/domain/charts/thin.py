"""Thinning: a fixed draw of n points, so that the same rows give the same picture and a smaller n is part of a larger one.

The reference draws with a seeded random order of the database; which points those are is no contract, that they repeat is.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1


def rank(n: int) -> int:
    """A fixed shuffle of the integers (SplitMix64's finalizer): where `n` stands in the draw."""
    z = (n + 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def thin(points: Sequence[T], target: int, step: Callable[[T], int]) -> Sequence[T]:
    """At most `target` of the points, in their order; all of them where target is negative.
    step: a point's own number, different for each; it alone decides who stays before whom."""
    if target < 0 or len(points) <= target:
        return points
    drawn = sorted(range(len(points)), key=lambda i: rank(step(points[i])))[:target]
    return [points[i] for i in sorted(drawn)]
