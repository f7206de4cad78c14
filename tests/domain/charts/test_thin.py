"""Thinning: exactly n, always the same, a smaller n within a larger one, in order."""

from hypothesis import given
from hypothesis import strategies as st

from undeterred.domain.charts.thin import thin


@given(st.lists(st.integers(0, 2**31 - 1), unique=True, max_size=300), st.integers(0, 50), st.integers(0, 50))
def test_thin(steps: list[int], small: int, more: int) -> None:
    steps.sort()
    few, many = thin(steps, small, int), thin(steps, small + more, int)
    assert len(few) == min(small, len(steps))
    assert set(few) <= set(many)
    assert list(few) == sorted(few)
    assert list(few) == list(thin(steps, small, int))


def test_a_negative_target_keeps_all() -> None:
    assert thin([1, 2, 3], -1, int) == [1, 2, 3]
