"""Patterns of checkpoints' files mean what Python's own glob, which the unmodified storage code uses, finds on a disk."""

import glob
from pathlib import Path

import pytest

from undeterred.domain.lifecycle.globs import matches

FILES = ["a.txt", "b.bin", ".hidden", "d/c.txt", "d/e/x", "d/e/y.txt", "d/.git/z", "[odd]", "é ü"]
PATTERNS = [
    "*", "*.txt", "d", "d/", "d/*", "d/**", "**", "**/*.txt", "**/x", "d/e/?", "[ab].*", "[!a].bin", "nothing", ".*", "**/.*", "d/**/x",
    "**/e/**", "**/**/x", "./a.txt", "d//e", "a**t", "[[]odd]", "é*", "**/", "*/", "a.txt/", "d/.git/*", "**/e/*.txt",
]  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    return root


@pytest.mark.parametrize("pattern", PATTERNS)
def test_as_glob_finds_them(tree: Path, pattern: str) -> None:
    paths = {"": True} | {str(path.relative_to(tree)): path.is_dir() for path in tree.rglob("*")}
    wanted = {str(Path(found).relative_to(tree)).removeprefix(".") if Path(found) == tree else str(Path(found).relative_to(tree))
              for found in glob.glob(f"{tree}/{pattern}", recursive=True)}  # fmt: skip
    assert {path for path, is_folder in paths.items() if matches(path, is_folder, pattern)} == wanted


@pytest.mark.parametrize("pattern", ["", "/", ".", " ", "//"])
def test_a_pattern_that_names_nothing_means_nothing(pattern: str) -> None:
    assert not matches("", True, pattern)
    assert not matches("a", False, pattern)


def test_a_long_pattern_takes_no_time() -> None:
    assert not matches("/".join("a" * 200), False, "/".join(["**", "a"] * 100) + "/b")
    assert not matches("a" * 200, False, "*a" * 60 + "b")
