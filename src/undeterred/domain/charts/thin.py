"""Thinning: a fixed draw of n points, so that the same rows give the same picture and a smaller n is part of a larger one.

The reference draws with a seeded random order of the database; which points those are is no contract, that they repeat is. Ours orders
steps by a multiple of the golden ratio (mod 2^32): whatever n is, the drawn points lie evenly. `store.series` says the same in SQL.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

GOLDEN = 2654435761
MODULUS = 1 << 32


def rank(step: int) -> int:
    """Where a step stands in the draw."""
    return step % MODULUS * GOLDEN % MODULUS


def thin(points: Sequence[T], target: int, step: Callable[[T], int]) -> Sequence[T]:
    """At most `target` of the points, in their order; all of them where target is negative.
    step: a point's own number, different for each; it alone decides who stays before whom."""
    if target < 0 or len(points) <= target:
        return points
    drawn = sorted(range(len(points)), key=lambda i: rank(step(points[i])))[:target]
    return [points[i] for i in sorted(drawn)]
