"""Filter documents and orders as trees."""

import json
from typing import Any

import pytest

from undeterred.domain.query import filters, sorts
from undeterred.domain.query.filters import EVERYTHING, Condition, Filter, Group
from undeterred.domain.query.sorts import Key
from undeterred.errors import InvalidArgument

NAME = {"kind": "field", "columnName": "name", "operator": "contains", "value": "a"}


def group(*children: Any, conjunction: str | None = "and") -> dict[str, Any]:
    return {"kind": "group", "conjunction": conjunction, "children": list(children)}


def read(node: Any) -> Any:
    return filters.read(json.dumps({"filterGroup": node})).where


def test_a_tree() -> None:
    text = json.dumps({"filterGroup": group(NAME, group(NAME | {"location": "LOCATION_TYPE_RUN"}, conjunction="or")), "showArchived": True})
    leaf = Condition("name", "EXPERIMENT", "contains", "", "a")
    inner = Group(True, (Condition("name", "RUN", "contains", "", "a"),))
    assert filters.read(text) == Filter(Group(False, (leaf, inner)), True)


@pytest.mark.parametrize("text", ["null", "{}", '{"filterGroup":null}', '{"showArchived":null}', '{"filterGroup":{"children":[]}}'])
def test_documents_that_ask_for_nothing(text: str) -> None:
    assert filters.read(text) == Filter(EVERYTHING, False)


@pytest.mark.parametrize(
    "node",
    [NAME | {"value": None}, NAME | {"value": None, "operator": "~"}, NAME | {"location": "LOCATION_TYPE_MOON"}, {"kind": "fish"}, group()],
)
def test_what_says_nothing_holds_for_everything(node: Any) -> None:
    assert read(group(node)) in (Group(False, (EVERYTHING,)), EVERYTHING)


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (group(conjunction=None), "group specified with no conjunction"),
        (group(NAME, conjunction="xor"), "invalid conjunction value xor"),
        (group(NAME | {"operator": "~"}), "invalid operator ~"),
        (group({"kind": "field", "columnName": "name", "value": 1}), "field specified with value but no operator"),
        (group(*[NAME] * 2000), "too large"),
    ],
)
def test_what_is_refused(node: Any, told: str) -> None:
    with pytest.raises(InvalidArgument, match=told):
        read(node)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"showArchived":"yes"}', '{"filterGroup":' * 5000, "{} {}"])
def test_what_is_no_document(text: str) -> None:
    with pytest.raises(InvalidArgument, match="no filter document"):
        filters.read(text)


def test_deep_groups_are_refused() -> None:
    node: Any = NAME
    for _ in range(60):
        node = group(node)
    with pytest.raises(InvalidArgument, match="too large"):
        read(node)


def test_an_order() -> None:
    assert sorts.read("name=asc,hp.a.b=desc,validation.a.b.min=asc,bench.min.max=desc") == (
        Key("column", ("name",), False),
        Key("hp", ("a", "b"), True),
        Key("metric", ("validation_metrics", "a.b", "min"), False),
        Key("metric", ("bench", "min", "max"), True),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "invalid sort parameter: "),
        ("name", "invalid sort parameter: name"),
        ("name=asc=desc", "invalid sort parameter: name=asc=desc"),
        ("name=ASC", "invalid sort direction: ASC"),
        ("validation.loss=asc", "validation.loss is not a valid metrics id"),
        ("validation..min=asc", "is not a valid metrics id"),
        (".a=asc", "is not a valid metrics id"),
        (",".join(["name=asc"] * 21), "at most 20 columns"),
    ],
)
def test_orders_that_are_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        sorts.read(text)
    assert told in refused.value.text
