"""gzip and tar of small archives: anybody can read them back."""

import gzip
import io
import tarfile

from hypothesis import given, settings
from hypothesis import strategies as st

from undeterred.services import small_gzip, small_tar
from undeterred.services.small_tar import Member

LUMPY = st.lists(st.tuples(st.binary(min_size=1, max_size=8), st.integers(1, 400)), max_size=12).map(
    lambda parts: b"".join(b * n for b, n in parts)
)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=3000), LUMPY, st.text("ab\n", max_size=2000).map(str.encode)))
def test_what_is_packed_unpacks(data: bytes) -> None:
    assert gzip.decompress(small_gzip.compress(data)) == data


def test_more_tokens_than_one_block_holds() -> None:
    data = bytes((n * n * 31 + n // 7) % 251 for n in range(40_000))
    assert gzip.decompress(small_gzip.compress(data)) == data


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=150), st.binary(max_size=600))
def test_tar_reads_back(path: str, content: bytes) -> None:
    raw = small_tar.tar([Member("first", 48, b"1"), Member(f"d/{path}x", 48, content, 1700000000, 0o640, 7, 8)])
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        first, second = tar.getmembers()
        body = tar.extractfile(second)
        assert body is not None
        assert (first.name, second.name, body.read()) == ("first", f"d/{path}x", content)
    assert (second.mtime, second.mode, second.uid, second.gid) == (1700000000, 0o640, 7, 8)
