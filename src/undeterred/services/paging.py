"""Windows on lists. The wire has two kinds: a slice refuses an offset outside the list, a page never does."""

from undeterred.errors import InvalidArgument
from undeterred.wire.common import Pagination


def sliced(offset: int, limit: int, total: int) -> Pagination:
    """The window [start_index, end_index) of a list of `total`; limit 0 is all, a negative offset counts from the end.
    InvalidArgument for an offset outside the list or a negative limit."""
    start = offset if offset >= 0 else total + offset
    if not 0 <= start <= total:
        raise InvalidArgument("offset out of bounds")
    if limit < 0:
        raise InvalidArgument(f"limit must be 0 (all) or more, not {limit}")
    end = total if limit == 0 else min(start + limit, total)
    return Pagination(offset=offset, limit=limit, start_index=start, end_index=end, total=total)


def paged(offset: int, limit: int, total: int, default: int = 100) -> Pagination:
    """The window of a page: limit 0 is `default`, -1 all, -2 none (the numbers only); an offset outside the list is its end."""
    start = offset if offset >= 0 else total + offset
    if not 0 <= start <= total:
        start = total
    size = default if limit == 0 else total if limit == -1 else max(limit, 0)
    return Pagination(offset=offset, limit=limit, start_index=start, end_index=min(start + size, total), total=total)
