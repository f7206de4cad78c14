"""YAML 1.1 into JSON values, within bounds."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undeterred.config import yaml11
from undeterred.errors import InvalidArgument


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# only a comment\n", None),
        ("a: y", {"a": True}),
        ("a: OFF", {"a": False}),
        ("a: 'off'", {"a": "off"}),
        ("n: 1\nON: 2", {"false": 1, "true": 2}),
        ("a: 010\nb: 0o10\nc: 0x1F\nd: 0b11\ne: -0x10", {"a": 8, "b": 8, "c": 31, "d": 3, "e": -16}),
        ("a: 1_000\nb: 08\nc: +3", {"a": 1000, "b": 8, "c": 3}),
        ("a: 1e3\nb: .5\nc: 1.0\nd: 2.50\ne: 6.02e23", {"a": 1000, "b": 0.5, "c": 1, "d": 2.5, "e": 6.02e23}),
        ("a: 2026-01-02\nb: 12:30\nc: 1.2.3\nd: '1'", {"a": "2026-01-02", "b": "12:30", "c": "1.2.3", "d": "1"}),
        ("a: ~\nb:\nc: null\nd: ''", {"a": None, "b": None, "c": None, "d": ""}),
        ("5: a\n1.5: b", {"5": "a", "1.5": "b"}),
        ("a: 1\na: 2", {"a": 2}),
        ("a: 1\n---\nb: [", {"a": 1}),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}),
        ("a: {<<: [{p: 1}, {p: 2, q: 2}]}", {"a": {"p": 1, "q": 2}}),
        ("a: !!str 5\nb: !!binary aGk=\nc: !thing x", {"a": "5", "b": "hi", "c": "x"}),
        ("a: !!python/object/apply:os.getcwd []", {"a": []}),
        ("a: |\n  x\n  y\nb: >\n  x\n  y\n", {"a": "x\ny\n", "b": "x y\n"}),
        ('{"a": 1.0, "b": [1e400]}'.replace("1e400", "1e4"), {"a": 1, "b": [10000]}),
        ('{"a": "\\ud83d\\ude80"}', {"a": "\U0001f680"}),
    ],
)
def test_values(text: str, value: object) -> None:
    got = yaml11.read(text)
    assert got == value
    assert repr(got) == repr(value)  # 1 is not 1.0 here, nor True


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name: [a\n", "line 2, column 1"),
        ("name: a\n\tb: c\n", "line 2"),
        ("{: ][", "line 1, column 2"),
        ("a: 1\nb: .inf", "line 2, column 4"),
        ("a: .NaN", "line 1, column 4"),
        ("a: 1e999", "line 1, column 4"),
        ('{"a": 1e999}', "line 1, column 7"),
        ("a: " + "9" * 400, "line 1, column 4"),
        ("a: &x [*x]", "unknown anchor 'x'"),
        ("? [1]\n: 2", "a key must be"),
        ("~: 2", "a key must be"),
        ('a: "\\0"', "NUL"),
        ('{"a": "\\u0000"}', "NUL"),
        ("a: \x01", "control characters"),
        ("a: '\ud800'", "surrogates"),
        ("a: {<<: 5}", "<< takes a map"),
        ("a: !!binary '?'", "base64"),
        ("[" * 200 + "]" * 200, "levels deep"),
        ('{"a":' * 200 + "1" + "}" * 200, "levels deep"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "levels deep"),
        ("[" + "0," * yaml11.NODES_MAX + "0]", "too large"),
        ("x" * (yaml11.TEXT_MAX + 1), "at most"),
    ],
)
def test_refused(text: str, place: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        yaml11.read(text)
    assert place in caught.value.text
    assert len(caught.value.text) < 300


def test_bombs_are_bounded() -> None:
    names = [f"a{i}" for i in range(30)]
    wide = "\n".join(f"{name}: &{name} [{', '.join(['*' + names[i - 1]] * 9) if i else 'x'}]" for i, name in enumerate(names))
    heavy = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 1000)}]"
    deep = "\n".join(f"{name}: &{name} {'[' * 50}{'*' + names[i - 1] if i else 'x'}{']' * 50}" for i, name in enumerate(names))
    start = time.process_time()
    for text in (wide, heavy, deep):
        with pytest.raises(InvalidArgument, match=r"too large|levels deep"):
            yaml11.read(text)
    assert time.process_time() - start < 5


@given(st.text() | st.text("{}[]:,-&*!|>'\"%@`#?~ \n\tab01.ey"))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidArgument):
        yaml11.read(text)
