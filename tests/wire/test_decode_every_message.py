"""For every message: the typed decoder and the full reading agree, on good JSON and on nearly good JSON."""

import json
import random
import re
from typing import Any, get_args, get_origin

import msgspec
import pytest

from undeterred.wire import base, decode
from undeterred.wire.base import Endpoint, Enum, Message
from undeterred.wire.normalise import Refused, bare
from undeterred.wire.registry import ENDPOINTS

ODD: list[Any] = [
    None, True, 0, -1, 2**31, 2**32, 2**63, 2**64, 1.5, "x", "", '"', "1", " 1", "NaN", "YQ==", "YQ", "2024-05-01T12:00:00Z", "2024-02-30T12:00:00Z",
    "2024-02-29T12:00:00+01:00", [], {}, [None], {"a": None}, "0", "-0", "00", 1e300, 3.5e38, "9223372036854775808", "18446744073709551615",
    "999999999999999999", "RAW1.0", "RAW1e2", "RAW-0", "RAW1e400", "RAW123456789012345678901234567890", "RAW01", "RAWNaN", 'RAW"\\ud800"',
]  # fmt: skip
GOOD: dict[Any, list[Any]] = {
    bool: [True, False], str: ["", "abc", "é", "a_b"], bytes: ["YWI="], base.Int32: [0, 5, -3, 2**31 - 1], base.UInt32: [0, 2**32 - 1],
    base.Int64: ["5", "0", 7, "-1"], base.UInt64: ["5", 7], base.Double: [1, 1.5, 1e30], base.Float: [1, 1.5], base.JsonList: [[1, "a"]],
    base.Instant: ["2024-05-01T12:00:00.5Z"], base.Json: [{"a": 1}, {"b": [None, 1.5]}],
}  # fmt: skip


def value(chance: random.Random, kind: Any, depth: int) -> Any:
    if chance.random() < 0.1:
        return chance.choice(ODD)
    if kind in GOOD:
        return chance.choice(GOOD[kind])
    if get_origin(kind) is list:
        return [value(chance, get_args(kind)[0], depth - 1) for _ in range(chance.randint(0, 2))]
    if get_origin(kind) is dict:
        return {f"k{i}": value(chance, get_args(kind)[1], depth - 1) for i in range(chance.randint(0, 2))}
    if issubclass(kind, Enum):
        return chance.choice([*(m.value for m in kind), 0, 1, 777])
    assert issubclass(kind, Message)
    fields = [f for f in msgspec.structs.fields(kind) if depth > 0 and chance.random() < 0.5]
    made = {f.encode_name if chance.random() < 0.97 else f.name: value(chance, bare(f.type), depth - 1) for f in fields}
    return made | ({"unknown": chance.choice(ODD)} if chance.random() < 0.1 else {})


def field_of(e: Endpoint[Any, Any]) -> Any:
    """The type of the field that the body is."""
    return next(bare(f.type) for f in msgspec.structs.fields(e.request) if f.encode_name == e.body)


def text_of(made: Any) -> bytes:
    """As JSON; what begins with RAW stands there as it is."""
    return re.sub(r'"RAW((?:[^"\\]|\\.)*)"', lambda found: str(json.loads(f'"{found[1]}"')), json.dumps(made)).encode()


def outcome(read: Any, kind: Any, body: bytes) -> Any:
    try:
        return read(kind, body)
    except Refused:
        return "refused"


@pytest.mark.parametrize("seed", range(4))
def test_both_ways_agree(seed: int) -> None:
    chance = random.Random(seed)
    bodies = [e.request if e.body == "*" else field_of(e) for e in ENDPOINTS if e.body]
    kinds = bodies + [e.response for e in ENDPOINTS]
    read = 0
    for _ in range(3000):
        kind = chance.choice(kinds)
        body = text_of(value(chance, kind, 5))
        full = outcome(decode._decode_fully, kind, body)
        read += full != "refused"
        assert outcome(decode._decode_value, kind, body) == full, (kind, body)
    assert read > 1000
