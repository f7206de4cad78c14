"""LIKE: the same on both databases and in memory, and quick with every pattern."""

import sqlite3
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from undeterred.store.like import matcher

TEXTS = st.text("abAB%_\\xé", max_size=12)
PATTERNS = st.text("abA%%__x", max_size=8)
plain = sqlite3.connect(":memory:")


@given(TEXTS, PATTERNS)
@example("ab", "a%b%")
@example("aXXb", "a__b")
@example("aab", "a%ab")
def test_it_is_sqlites_like(text: str, pattern: str) -> None:
    [(wanted,)] = plain.execute("SELECT ? LIKE ?", (text, pattern)).fetchall()
    assert matcher(pattern)(text) == bool(wanted)


@given(TEXTS)
def test_an_escaped_text_is_like_itself_only(text: str) -> None:
    escaped = "".join("\\" + character for character in text)
    assert matcher(escaped)(text)
    assert not matcher(escaped)(text + "a")
    assert matcher(f"%{escaped}%")(f"xx{text}yy")


@pytest.mark.parametrize(
    ("pattern", "text", "like"),
    [("ÄÖ", "äö", True), ("%é", "CAFÉ", True), ("a\\", "a\\", True), ("%a\\%", "xa%", True), ("%a\\%", "xab", False)],
)
def test_case_and_backslash(pattern: str, text: str, like: bool) -> None:
    assert matcher(pattern)(text) is like


def test_no_pattern_takes_long() -> None:
    started = time.monotonic()
    assert not matcher("%a" * 200 + "b%")("a" * 5000)
    assert not matcher("%_a" * 200 + "b%")("a" * 5000)
    assert time.monotonic() - started < 10
