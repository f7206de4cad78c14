"""The declarations say what the contract says: every message, field, enum and endpoint."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from undeterred.wire.base import Enum, Message
from undeterred.wire.decode import decode_body
from undeterred.wire.encode import encode
from undeterred.wire.names import contract_name
from undeterred.wire.registry import BY_NAME, ENDPOINTS, MODULES

CLASSES: dict[str, type[Any]] = {
    contract_name(value): value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Message | Enum) and value.__module__ == module.__name__
}
NOT_THEIRS = {"determined.api.v1.HealthRequest"}  # the contract has no request for /health
SAMPLES: dict[str, Any] = {
    "string": "x", "bool": True, "int32": 7, "uint32": 7, "int64": "8", "uint64": "8", "double": 1.5, "float": 2.5, "bytes": "YQ==",
    "google.protobuf.Timestamp": "2024-05-01T12:00:00.123Z", "google.protobuf.Struct": {"a_b": [1, None]}, "google.protobuf.ListValue": ["x", 1],
    "google.protobuf.BoolValue": False, "google.protobuf.StringValue": "", "google.protobuf.Int32Value": 0, "google.protobuf.DoubleValue": 0.5,
}  # fmt: skip


@pytest.fixture(scope="module")
def tables(contract: Path) -> Any:
    return json.loads((contract / "messages.json").read_text())


@pytest.fixture(scope="module")
def messages(tables: Any) -> dict[str, Any]:
    return {k: v for k, v in tables["messages"].items() if not v["well_known"] or k.endswith("FieldMask")}


@pytest.fixture(scope="module")
def endpoints(contract: Path) -> list[Any]:
    return list(json.loads((contract / "endpoints.json").read_text())["endpoints"])


def test_every_message_and_enum_is_declared_once(tables: Any, messages: dict[str, Any]) -> None:
    enums = {k for k in tables["enums"] if not k.startswith("google.")}
    assert set(CLASSES) - NOT_THEIRS == set(messages) | enums
    assert len({cls.__name__ for cls in CLASSES.values()}) == len(CLASSES)


def test_fields_have_the_names_of_the_wire_in_its_order(messages: dict[str, Any]) -> None:
    for name, message in messages.items():
        ours = [(f.encode_name, f.name) for f in msgspec.structs.fields(CLASSES[name])]
        assert [wire for wire, _ in ours] == [f["name"] for f in message["fields"]], name
        for (_, attribute), f in zip(ours, message["fields"], strict=True):
            assert attribute == f.get("proto_name", attribute), name


def test_what_is_unset_is_written_as_the_contract_says(messages: dict[str, Any]) -> None:
    for name, message in messages.items():
        if not name.startswith(("echo.", "gateway.")):
            want = {f["name"]: f["when_unset"] for f in message["fields"] if f["when_unset"] != "<omitted>"}
            assert json.loads(encode(CLASSES[name]())) == want, name


def sample(messages: dict[str, Any], enums: dict[str, Any], name: str, depth: int, spelling: str) -> dict[str, Any]:
    """A message with every field set (of a oneof the first), as the wire writes it; other messages inside down to a depth."""
    made: dict[str, Any] = {}
    taken: set[str] = set()
    for f in messages[name]["fields"]:
        kind = f["map_value"] if f.get("map") else f["type"]
        if f.get("oneof") in taken or (kind in messages and kind not in SAMPLES and depth == 0):
            continue
        taken |= {f["oneof"]} if f.get("oneof") else set()
        if kind in enums:
            one: Any = enums[kind]["values"][-1]["name"]
        elif kind in SAMPLES:
            one = SAMPLES[kind]
        else:
            one = sample(messages, enums, kind, depth - 1, spelling)
        made[f.get(spelling) or f["name"]] = {"k_k": one} if f.get("map") else [one, one] if f["repeated"] else one
    return made


@pytest.mark.parametrize("spelling", ["name", "proto_name"])
def test_every_field_is_read_and_written_back(tables: Any, messages: dict[str, Any], spelling: str) -> None:
    for name in messages:
        if not name.startswith("gateway."):
            given = sample(messages, tables["enums"], name, 3, spelling)
            back = json.loads(encode(decode_body(CLASSES[name], json.dumps(given).encode())))
            want = sample(messages, tables["enums"], name, 3, "name")
            assert {k: back.get(k) for k in want if depth_free(want[k])} == {k: v for k, v in want.items() if depth_free(v)}, name
            assert set(want) <= set(back), name


def depth_free(value: Any) -> bool:
    """Whether there is no message inside, where unset fields would be written too."""
    return (
        not isinstance(value, dict | list)
        or value in ({"a_b": [1, None]}, ["x", 1])
        or (isinstance(value, list) and not isinstance(value[0], dict))
    )


def test_enums_have_their_values_and_numbers(tables: Any) -> None:
    for name, enum in tables["enums"].items():
        if not name.startswith("google."):
            members: list[Enum] = [CLASSES[name](m) for m in CLASSES[name].__members__]
            assert [m.value for m in members] == [v["name"] for v in enum["values"]], name
            for member, value in zip(members, enum["values"], strict=True):
                assert member.name == member.value
                assert value["number"] in (None, member.number), name


def test_endpoints_are_those_of_the_contract(endpoints: list[Any]) -> None:
    assert len(ENDPOINTS) == len(BY_NAME) == len(endpoints)
    for e in endpoints:
        ours = BY_NAME[e["name"]]
        assert (ours.verb, ours.path, list(ours.tags)) == (e["method"], e["path"], e["tags"])
        body = e["body"] and ("*" if e["body"]["kind"] == "message" else e["body"]["field"])
        assert (ours.body, ours.query, ours.streams) == (body, bool(e["query_params"]), e["streaming"]), e["name"]
        assert (ours.public, ours.deprecated) == (e["auth"] == "none", e["deprecated"]), e["name"]
        assert contract_name(ours.response) == e["response"]["type"]
        assert e["request"] is None or contract_name(ours.request) == e["request"]["type"]


def test_of_two_routes_that_fit_a_path_the_same_one_wins(endpoints: list[Any]) -> None:
    pairs = 0
    place = {e.name: i for i, e in enumerate(ENDPOINTS)}
    order = [e for e in endpoints if e["route_order"] is not None]
    for i, first in enumerate(order):
        for second in order[i + 1 :]:
            if first["method"] == second["method"] and overlap(first["path"], second["path"]):
                pairs += 1
                assert place[first["name"]] < place[second["name"]], (first["path"], second["path"])
    assert pairs >= 10


def overlap(one: str, other: str) -> bool:
    parts = list(zip(one.split("/"), other.split("/"), strict=False))
    same_length = one.count("/") == other.count("/")
    return same_length and all(a == b or re.match(r"\{", a) or re.match(r"\{", b) for a, b in parts)
