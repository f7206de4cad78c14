"""Texts are found as LIKE finds them, many at once as one by one, and their notes take bounded room."""

import random

import pytest

from tests.services.test_experiment_index import WORDS, somewhat
from undeterred.services import experiment_texts
from undeterred.services.experiment_texts import Texts, finder


def test_alphabets_without_number_take_bounded_room() -> None:
    rng = random.Random(17)
    texts = Texts()
    kept = ["".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(8)) for _ in range(1500)]
    for text in kept:
        texts.append(text)
    for text in rng.sample(kept, 20):
        for part in (text[2], text[3:5], text):
            assert texts.like(part) == bytes(part in each for each in kept)
    assert len(texts._groups) <= experiment_texts._OTHERS


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("THING", "some thing", True),
        ("g_m", "gamma", True),
        ("g_m", "gm", False),
        ("0%s", "100% sure", True),
        ("\\%", "100% sure", True),
        ("\\%", "100", False),
        ("äö", "ÄÖ", True),
        ("a.c", "abc", False),
        ("%", "", True),
        ("a%c", "a\nc", True),
        ("a\\", "xa%", True),
        ("a_c", "A\nC", True),
        ("._", "a.", False),
        ("_", "", False),
        ("_Ö", "xö", True),
    ],
)
def test_patterns_are_those_of_like(pattern: str, text: str, found: bool) -> None:
    assert finder(pattern)(text) is found
    texts = Texts()
    for each in ("other", text, None, "0"):
        texts.append(each)
    texts.put(0, text)
    assert texts.like(pattern)[:3] == bytes([found, found, 0])


@pytest.mark.parametrize("seed", range(3))
def test_many_texts_are_found_as_each_is(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(experiment_texts, "_GROUP", rng.choice([1, 3, 32]))
    texts, kept = Texts(), list[str | None]()
    for _ in range(60):
        if kept and rng.random() < 0.3:
            number, text = rng.randrange(len(kept)), somewhat(rng, WORDS)
            texts.put(number, text)
            kept[number] = text
        for _ in range(rng.choice([0, 1, 5])):
            text = somewhat(rng, ["abc abc 12", "abc abd 1", "ABC", *WORDS], none=0.05)
            texts.append(text)
            kept.append(text)
        pattern = rng.choice(["a", "bc", "abc", "BC 1", "abd", "c_1", "a%1", "\\", "zz", "%", "_", "Ä"])
        assert texts.like(pattern) == bytes(each is not None and finder(pattern)(each) for each in kept), pattern
