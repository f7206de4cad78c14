"""Windows on lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undeterred.errors import InvalidArgument
from undeterred.services.paging import paged, sliced


@given(st.integers(0, 50), st.integers(0, 9))
def test_pages_follow_each_other_and_end(total: int, limit: int) -> None:
    seen: list[int] = []
    offset = 0
    while True:
        window = sliced(offset, limit, total)
        seen += range(window.start_index, window.end_index)
        if window.end_index >= total:
            break
        offset = window.end_index
    assert seen == list(range(total))


@pytest.mark.parametrize(("offset", "limit"), [(6, 0), (-6, 0), (0, -1)])
def test_a_slice_lies_inside(offset: int, limit: int) -> None:
    with pytest.raises(InvalidArgument):
        sliced(offset, limit, 5)


@pytest.mark.parametrize(
    ("offset", "limit", "window"),
    [(0, 0, (0, 100)), (0, -1, (0, 250)), (0, -2, (0, 0)), (-3, 0, (247, 250)), (999, 5, (250, 250)), (-999, 5, (250, 250))],
)
def test_a_page_is_never_refused(offset: int, limit: int, window: tuple[int, int]) -> None:
    found = paged(offset, limit, 250)
    assert (found.start_index, found.end_index) == window
    assert (found.offset, found.limit, found.total) == (offset, limit, 250)
