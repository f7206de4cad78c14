"""Uploads: what is packed comes back, the same files give the same bytes, and what could hurt is refused."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undeterred.errors import InvalidArgument
from undeterred.services import uploads
from undeterred.services.uploads import Entry
from undeterred.wire.common import File

FILE, FOLDER, LINK, DEVICE, PIPE = 48, 53, 50, 51, 54


def test_files_come_back_in_their_order() -> None:
    files = [
        File(path="train.py", type=FILE, content=b"print(1)\n", mtime="1700000000", mode=0o644, uid=1000, gid=1000),
        File(path="lib", type=FOLDER, mtime="1700000001", mode=0o755),
        File(path="lib/ünï code.txt", type=FILE, content=bytes(range(256)), mode=0o600),
    ]
    packed = uploads.pack(files)
    assert packed is not None
    assert uploads.unpack(packed.archive) == [
        Entry("train.py", False, b"print(1)\n", 1700000000, 0o644, 1000, 1000),
        Entry("lib", True, b"", 1700000001, 0o755),
        Entry("lib/ünï code.txt", False, bytes(range(256)), 0, 0o600),
    ]


def test_the_same_files_give_the_same_bytes() -> None:
    files = [File(path="a", type=FILE, content=b"x" * 5000, mtime="7", mode=0o644)]
    assert uploads.pack(files) == uploads.pack(list(files))


@pytest.mark.parametrize("path", ["../x", "a/../../x", "a/../b", "/etc/passwd", "a\0b", "x" * 300, "d/" * 2500 + "f", "\ud800"])
def test_a_path_that_leads_astray_is_refused(path: str) -> None:
    with pytest.raises(InvalidArgument):
        uploads.pack([File(path=path, type=FILE)])


@pytest.mark.parametrize("kind", [49, LINK, DEVICE, 52, PIPE])
def test_links_and_devices_are_refused(kind: int) -> None:
    with pytest.raises(InvalidArgument, match="only files and folders"):
        uploads.pack([File(path="x", type=kind)])


def test_a_file_cannot_be_a_folder_too() -> None:
    with pytest.raises(InvalidArgument, match="is a file"):
        uploads.pack([File(path="a/b/c", type=FILE), File(path="a/b", type=FILE)])


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 10)
    monkeypatch.setattr(uploads, "MAX_ENTRIES", 3)
    assert uploads.pack([File(path="a", content=b"12345"), File(path="b", content=b"12345")]) is not None
    with pytest.raises(InvalidArgument, match="11 bytes"):
        uploads.pack([File(path="a", content=b"12345"), File(path="b", content=b"123456")])
    with pytest.raises(InvalidArgument, match="4 files"):
        uploads.pack([File(path=str(n)) for n in range(4)])


def test_harmless_oddities_are_taken_as_meant() -> None:
    assert uploads.pack([]) is None
    nameless = uploads.pack([File(), File(path="./")])
    assert nameless is not None
    assert uploads.unpack(nameless.archive) == []
    again = uploads.pack([File(path="./a//b", content=b"old"), File(path="a/b", content=b"new", type=-1)])
    assert again is not None
    assert [(entry.path, entry.content) for entry in uploads.unpack(again.archive)] == [("a/b", b"new")]


def test_nobody_gets_rights_by_unpacking() -> None:
    packed = uploads.pack([File(path="a", type=FILE, mode=0o7777), File(path="d", type=FOLDER, mode=0)])
    assert packed is not None
    assert [entry.mode for entry in uploads.unpack(packed.archive)] == [0o777, 0o700]


@given(st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=40), st.binary(max_size=200)))
def test_whatever_is_accepted_unpacks_inside_its_folder(files: dict[str, bytes]) -> None:
    names = {name: content for name, content in files.items() if name not in (".", "..")}
    packed = uploads.pack([File(path=f"d/{name}", type=FILE, content=content) for name, content in names.items()])
    if not names:
        assert packed is None
        return
    assert packed is not None
    with tarfile.open(fileobj=io.BytesIO(packed.archive)) as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == [f"d/{name}" for name in names]
    assert {entry.path: entry.content for entry in uploads.unpack(packed.archive)} == {
        f"d/{name}": content for name, content in names.items()
    }


@pytest.mark.parametrize(
    ("files", "size"),
    [
        ([File(path="train.py", type=FILE, content=b"print(1)\n", mtime="1700000000", mode=420)], 113),
        ([File(path="t.py", type=FILE, content=b"print(1)\n", mtime="1700000000", mode=420)] * 2, 117),
        ([File(path="t.py", type=-1, content=b"print(1)\n", mtime="1700000000", mode=420)], 110),
        ([File(path="", type=FILE, content=b"print(1)\n", mtime="1700000000", mode=420)], 102),
        ([File()], 64),
    ],
)
def test_small_uploads_have_the_size_that_the_reference_shows(files: list[File], size: int) -> None:
    packed = uploads.pack(files)
    assert packed is not None
    assert packed.size == size
