"""The running summary, by the examples that were observed on the reference."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undeterred.domain.metrics.summary import Summary, fold
from undeterred.domain.metrics.values import kind_of, normal


def test_numbers_are_counted() -> None:
    summary: Summary = {}
    for loss in (5, 4, 3.9):
        fold(summary, "training", {"loss": loss})
    entry = summary["avg_metrics"]["loss"]
    assert abs(entry["sum"] - 12.9) < 1e-9
    assert abs(entry["mean"] - 4.3) < 1e-9
    assert (entry["min"], entry["max"], entry["last"], entry["count"], entry["type"]) == (3.9, 5, 3.9, 3, "number")


def test_last_is_null_where_the_newest_report_lacks_a_metric() -> None:
    summary: Summary = {}
    fold(summary, "validation", {"loss": 1, "f1": {"macro": 0.3}})
    fold(summary, "extra", {"loss": 7})
    fold(summary, "validation", {"loss": 2})
    assert summary["validation_metrics"]["f1"] == {"last": None, "type": "object"}
    assert summary["extra"]["loss"]["last"] == 7


def test_non_finite_numbers_spoil_what_they_must() -> None:
    summary: Summary = {}
    for value in (0.5, "Infinity", 0.7):
        fold(summary, "training", {"acc": value})
    assert summary["avg_metrics"]["acc"] == {
        "count": 3, "last": 0.7, "max": "Infinity", "mean": "Infinity", "min": 0.5, "sum": "Infinity", "type": "number",
    }  # fmt: skip
    fold(summary, "training", {"acc": "NaN"})
    fold(summary, "training", {"acc": 1})
    assert (summary["avg_metrics"]["acc"]["min"], summary["avg_metrics"]["acc"]["sum"]) == ("NaN", "NaN")


def test_a_changed_type_is_a_string_for_good() -> None:
    summary: Summary = {}
    for value in (0.5, "high", 0.9):
        fold(summary, "training", {"acc": value})
    assert summary["avg_metrics"]["acc"] == {"last": 0.9, "type": "string"}
    fold(summary, "training", {"first": None})
    fold(summary, "training", {"first": 1})
    assert summary["avg_metrics"]["first"] == {"last": 1, "type": "string"}


def test_kinds() -> None:
    kinds = {"2026-01-02": "string", "2026-01-02T03:04:05Z": "date", "2026-01-02T03:04:05.Z": "string", "NaN": "number", "text": "string"}
    assert {text: kind_of(text) for text in kinds} == kinds
    values: list[Any] = [None, True, 1, 1.5, [1], {}]
    assert [kind_of(value) for value in values] == ["null", "boolean", "number", "number", "array", "object"]


def test_the_normal_form_of_numbers() -> None:
    assert repr(normal({"a": 2.0, "b": -0.0, "c": [9007199254740993, 1e300, True]})) == (
        "{'a': 2, 'b': 0, 'c': [9007199254740992, 1e+300, True]}"
    )


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_the_summary_says_what_the_list_says(values: list[float]) -> None:
    summary: Summary = {}
    for value in values:
        fold(summary, "g", {"m": value})
    entry = summary["g"]["m"]
    assert (entry["count"], entry["min"], entry["max"]) == (len(values), min(values), max(values))
    assert abs(entry["sum"] - sum(values)) <= 1e-6


@pytest.mark.parametrize(
    ("values", "least", "most"),
    [
        (["NaN", 1], "NaN", "NaN"),
        ([1, "NaN", "Infinity"], "NaN", "Infinity"),
        (["Infinity", "NaN"], "NaN", "Infinity"),
        (["-Infinity", "NaN", 2], "-Infinity", "NaN"),
        (["-Infinity", 5, "Infinity"], "-Infinity", "Infinity"),
        ([2, 1, 3], 1, 3),
    ],
)
def test_extremes_beside_what_is_no_number(values: list[Any], least: Any, most: Any) -> None:
    summary: Summary = {}
    for value in values:
        fold(summary, "training", {"loss": value})
    assert (summary["avg_metrics"]["loss"]["min"], summary["avg_metrics"]["loss"]["max"]) == (least, most)
