"""Instants, 64-bit integers and numbers as the wire writes them."""

import json
import struct
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from undeterred.wire import base
from undeterred.wire.common import Pagination
from undeterred.wire.encode import encode, encode_pretty, ndjson
from undeterred.wire.templates import GetTemplateResponse, Template


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1_714_564_805_120_000, "2024-05-01T12:00:05.120Z"),
        (1_714_564_805_123_456, "2024-05-01T12:00:05.123456Z"),
        (1_714_564_805_000_000, "2024-05-01T12:00:05Z"),
        (-62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_instants_are_as_short_as_they_may_be(us: int, text: str) -> None:
    assert base.instant(us) == text
    assert base.instant_us(text) == us


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_an_instant_comes_back(us: int) -> None:
    assert base.instant_us(base.instant(us)) == us
    assert datetime.fromisoformat(base.instant(us)) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2024-05-01T14:30:05.12+02:30", "2024-05-01T12:00:05.120Z"),
        ("2024-05-01T04:00:05-08:00", "2024-05-01T12:00:05Z"),
        ("2024-05-01T12:00:05.123456789Z", "2024-05-01T12:00:05.123456Z"),
        ("2024-02-29T00:00:00.000Z", "2024-02-29T00:00:00Z"),
    ],
)
def test_any_offset_is_read(text: str, same: str) -> None:
    assert base.instant(base.instant_us(text)) == same


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "2024-05-01", "2024-05-01 12:00:00Z", "2024-05-01T12:00:00", "2024-05-01T12:00:00z", "2024-05-01T25:00:00Z", "2023-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z", "2024-05-01T12:00:00+2:00", "2024-05-01T12:00:00+24:00", "2024-05-01T12:00:00.Z", "2024-05-01T12:00:00Z\n",
        "٢٠٢٤-05-01T12:00:00Z",
    ],
)  # fmt: skip
def test_other_texts_are_no_instants(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        base.instant_us(text)


def test_numbers() -> None:
    assert base.int64(2**60) == "1152921504606846976"
    assert [base.double(x) for x in (1.5, float("inf"), float("-inf"), float("nan"))] == [1.5, "Infinity", "-Infinity", "NaN"]
    assert base.number("-Infinity") == float("-inf")
    assert base.number("NaN") != base.number("NaN")


@example(3.4025001647762064e38)  # with fewer digits it would be beyond 32 bits
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_32_bit_number_is_told_in_few_digits(x: float) -> None:
    short = base.single(x)
    assert isinstance(short, float)
    assert struct.pack("<f", short) == struct.pack("<f", x)
    assert float(f"{short:.9g}") == short


def test_a_number_of_32_bits() -> None:
    assert [base.single(x) for x in (0, 5, 0.1, 1 / 15, -1 / 3)] == [0, 5, 0.1, 0.06666667, -0.33333334]
    assert [base.single(x) for x in (1e300, -1e300, float("nan"))] == ["Infinity", "-Infinity", "NaN"]


def test_three_ways_to_write_a_message() -> None:
    page = Pagination(offset=1, total=9)
    assert encode(page) == b'{"offset":1,"limit":0,"startIndex":0,"endIndex":0,"total":9}'
    assert encode_pretty(page).startswith(b'{\n    "offset": 1,\n')
    assert json.loads(encode_pretty(page)) == json.loads(encode(page))
    assert ndjson(page) == b'{"result":' + encode(page) + b"}\n"


def test_ready_json_passes_through() -> None:
    assert encode(GetTemplateResponse(template=Template(name="t", config=msgspec.Raw(b'{"a":1.0}')))).startswith(
        b'{"template":{"name":"t","config":{"a":1.0},'
    )
