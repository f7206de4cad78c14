"""A filter document as a tree of conditions. What a column is and how it is compared is the store's business.

A condition that says nothing (no value, an unknown kind or place, an empty group) holds for everything, as clients expect.
"""

from typing import Any, Final

import msgspec

from undeterred.errors import InvalidArgument

OPERATORS: Final = ("=", "!=", "<", "<=", ">", ">=", "contains", "notContains", "isEmpty", "notEmpty")
EMPTINESS: Final = ("isEmpty", "notEmpty")
LOCATIONS: Final = (
    "EXPERIMENT",
    "RUN",
    "VALIDATIONS",
    "TRAINING",
    "CUSTOM_METRIC",
    "HYPERPARAMETERS",
    "RUN_HYPERPARAMETERS",
    "RUN_METADATA",
)
DEPTH_MAX: Final = 50
NODES_MAX: Final = 1000


class Condition(msgspec.Struct, frozen=True):
    """One column compared with a value; `location` and `type` without their prefixes, `type` "" where none was said."""

    column: str
    location: str
    operator: str
    type: str
    value: Any


class Group(msgspec.Struct, frozen=True):
    """All (`any_of` false) or at least one of the parts; no parts hold for everything."""

    any_of: bool
    parts: "tuple[Condition | Group, ...]"


EVERYTHING: Final = Group(False, ())


class Filter(msgspec.Struct, frozen=True):
    """What a document asks for; archived ones are hidden unless it says otherwise."""

    where: Condition | Group = EVERYTHING
    show_archived: bool = False


class _Node(msgspec.Struct, rename="camel"):
    children: "list[_Node | None] | None" = None
    conjunction: str | None = None
    operator: str | None = None
    value: Any = None
    kind: str | None = None
    column_name: str | None = None
    location: str | None = None
    type: str | None = None


class _Root(msgspec.Struct, rename="camel"):
    filter_group: _Node | None = None
    show_archived: bool | None = None


_decode = msgspec.json.Decoder(_Root | None).decode


def read(text: str) -> Filter:
    """The filter that a document means. Raises InvalidArgument."""
    try:
        root = _decode(text.encode())
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise InvalidArgument(f"the filter is no filter document: {error}") from None
    if root is None or root.filter_group is None:
        return Filter(show_archived=bool(root and root.show_archived))
    return Filter(_tree(root.filter_group, [0], 0), bool(root.show_archived))


def _tree(node: _Node, seen: list[int], depth: int) -> Condition | Group:
    seen[0] += 1
    if depth > DEPTH_MAX or seen[0] > NODES_MAX:
        raise InvalidArgument(f"the filter is too large: at most {NODES_MAX} conditions, {DEPTH_MAX} groups deep")
    if node.kind == "field":
        return _condition(node)
    if node.kind != "group":
        return EVERYTHING
    if node.conjunction is None:
        raise InvalidArgument("group specified with no conjunction")
    if not node.children:
        return EVERYTHING
    if node.conjunction not in ("and", "or"):
        raise InvalidArgument(f"invalid conjunction value {node.conjunction}")
    any_of = node.conjunction == "or"
    parts = tuple(_tree(child or _Node(), seen, depth + 1) for child in node.children)
    said = tuple(part for part in parts if part != EVERYTHING)
    return EVERYTHING if not said or (any_of and len(said) < len(parts)) else Group(any_of, said)


def _condition(node: _Node) -> Condition | Group:
    if node.operator is None:
        raise InvalidArgument("field specified with value but no operator")
    if node.value is None and node.operator not in EMPTINESS:
        return EVERYTHING
    if node.operator not in OPERATORS:
        raise InvalidArgument(f"invalid operator {node.operator}")
    location = "EXPERIMENT" if node.location is None else node.location.removeprefix("LOCATION_TYPE_")
    if location not in LOCATIONS:
        return EVERYTHING
    return Condition(node.column_name or "", location, node.operator, (node.type or "").removeprefix("COLUMN_TYPE_"), node.value)
