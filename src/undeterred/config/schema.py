"""The engine under the configuration language: kinds of values that know how to check, normalise, merge and complete themselves.

A kind is plain data made once at import; `fields.py` and its neighbours state the language in these words. Every kind answers
four questions:
- `check`: what is wrong with this value as a person wrote it? One line a problem. `final` adds what must be there in the end.
- `normal`: the one form of a checked value: nulls and forgotten fields dropped, old spellings replaced.
- `merge`: two normal values, the first of higher priority.
- `complete`: a normal value with every field stated: by its default, or by null when `defaults` is false.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = Any
INT_MAX = 2**63 - 1

_NAMES = {type(None): "null", bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
_ACCEPTS: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def type_problem(path: str, wanted: str, value: Json) -> str:
    """The line that names a value of the wrong type; `wanted` as in "string or null"."""
    return f"{path}: expected {wanted}, but got {_NAMES[type(value)]}"


class Kind:
    """Anything at all: the base of the other kinds, and a kind of its own."""

    types = ""
    nullable = True

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        """Add a line to `out` for each thing that is wrong with `value`."""

    def normal(self, value: Json) -> Json:
        return value

    def merge(self, high: Json, low: Json) -> Json:
        """Maps are united key by key; of everything else the higher stays."""
        return merge_free(high, low)

    def complete(self, value: Json, defaults: bool) -> Json:
        return value

    def expected(self) -> str:
        return f"{self.types} or null" if self.nullable else self.types


def merge_free(high: Json, low: Json) -> Json:
    """Free JSON, merged: maps united recursively, anything else taken from the higher."""
    if type(high) is dict and type(low) is dict:
        return low | {key: merge_free(value, low[key]) if key in low else value for key, value in high.items()}
    return high


def words(kind: Kind) -> set[str]:
    """Every key that may stand anywhere inside a kind's values."""
    if isinstance(kind, Variant):
        return {word for member in kind.members.values() for word in words(member)}
    if isinstance(kind, Record):
        return set(kind.fields) | {word for one in kind.fields.values() for word in words(one.kind)}
    return words(kind.item) if isinstance(kind, ListOf | MapOf) else set()


@dataclass(frozen=True, eq=False)
class Scalar(Kind):
    """A word, a number or a truth value, with its bounds. `test` returns the sentence for a value that it refuses."""

    types: str
    nullable: bool = True
    least: float | None = None
    above: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    test: Callable[[Any], str | None] | None = None

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if value is None and self.nullable:
            return
        if self.choices:
            if value not in self.choices:
                words = ", ".join(f'"{word}"' for word in self.choices)
                out.append(f"{path}: value must be one of <nil>, {words}" if self.nullable else f"{path}: value must be one of {words}")
            return
        if type(value) not in _ACCEPTS[self.types]:
            out.append(type_problem(path, self.expected(), value))
        elif self.least is not None and value < self.least:
            out.append(f"{path}: must be >= {self.least} but found {value}")
        elif self.above is not None and value <= self.above:
            out.append(f"{path}: must be > {self.above} but found {value}")
        elif self.most is not None and value > self.most:
            out.append(f"{path}: must be <= {self.most} but found {value}")
        elif self.test is not None and (problem := self.test(value)):
            out.append(f"{path}: {problem}")


@dataclass(frozen=True, eq=False)
class Free(Kind):
    """JSON that means nothing to us; at most its outermost type is fixed."""

    types: str = ""
    nullable: bool = True

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if self.types and type(value) not in _ACCEPTS[self.types] and not (value is None and self.nullable):
            out.append(type_problem(path, self.expected(), value))


@dataclass(frozen=True, eq=False)
class ListOf(Kind):
    """A list. `join` says how two are merged: a function (high, low) -> list; without one the higher replaces the lower."""

    item: Kind
    nullable: bool = True
    join: Callable[[list[Any], list[Any]], list[Any]] | None = None
    always: tuple[Any, ...] = ()  # merged below every list when it is completed with defaults
    types: str = "array"

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if type(value) is list:
            for i, item in enumerate(value):
                self.item.check(item, f"{path}[{i}]", out, final)
        elif value is not None or not self.nullable:
            out.append(type_problem(path, self.expected(), value))

    def normal(self, value: Json) -> Json:
        items = [self.item.normal(item) for item in value]
        return self.join(items, []) if self.join else items

    def merge(self, high: Json, low: Json) -> Json:
        return self.join(high, low) if self.join else high

    def complete(self, value: Json, defaults: bool) -> Json:
        items = value or []
        if defaults and self.always and self.join:
            items = self.join(items, list(self.always))
        return [self.item.complete(item, defaults) for item in items]


@dataclass(frozen=True, eq=False)
class MapOf(Kind):
    """A map from any word to one kind of value."""

    item: Kind
    nullable: bool = True
    types: str = "object"

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if type(value) is dict:
            for key, item in value.items():
                self.item.check(item, f"{path}.{key}", out, final)
        elif value is not None or not self.nullable:
            out.append(type_problem(path, self.expected(), value))

    def normal(self, value: Json) -> Json:
        return {key: self.item.normal(item) for key, item in value.items() if item is not None}

    def merge(self, high: Json, low: Json) -> Json:
        return low | {key: self.item.merge(item, low[key]) if key in low else item for key, item in high.items()}

    def complete(self, value: Json, defaults: bool) -> Json:
        return {key: self.item.complete(item, defaults) for key, item in (value or {}).items()}


FILLED: Any = object()  # a default: the kind's own completion of nothing


@dataclass(frozen=True, eq=False)
class Field:
    """One key of a record."""

    kind: Kind
    default: Json = None
    required: bool = False  # must be there from the start
    in_the_end: bool = False  # must be there once everything is merged
    hidden: bool = False  # not shown while it is unset
    forgotten: bool = False  # accepted, then dropped

    def completed(self, defaults: bool) -> Json:
        if self.default is FILLED:
            return self.kind.complete(None, defaults)
        return self.default if defaults else None


RecordTest = Callable[[dict[str, Any], str, list[str], bool], None]


@dataclass(frozen=True, eq=False)
class Record(Kind):
    """A map with known keys. `tests` look at the record as a whole: (record, path, lines, final)."""

    fields: Mapping[str, Field]
    tests: Sequence[RecordTest] = ()
    nullable: bool = True
    open: bool = False  # other keys are welcome
    atomic: bool = False  # never mixed with another
    groups: tuple[frozenset[str], ...] = ()  # keys that are taken from one side together
    types: str = "object"
    _required: tuple[str, ...] = field(init=False)
    _in_the_end: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_required", tuple(name for name, one in self.fields.items() if one.required))
        object.__setattr__(self, "_in_the_end", tuple(name for name, one in self.fields.items() if one.in_the_end))

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if type(value) is not dict:
            if value is not None or not self.nullable:
                out.append(type_problem(path, self.expected(), value))
            return
        fields = self.fields
        if missing := [name for name in self._required if name not in value]:
            out.append(f"{path}: missing properties: " + ", ".join(f'"{name}"' for name in missing))
        unknown = [name for name in value if name not in fields]
        if unknown and not self.open:
            out.append(f"{path}: additionalProperties " + ", ".join(f'"{name}"' for name in sorted(unknown)) + " not allowed")
        for name, item in value.items():
            if name in fields:
                fields[name].kind.check(item, f"{path}.{name}", out, final)
        if final:
            out += [f"{path}: {name} is a required property" for name in self._in_the_end if value.get(name) is None]
        for test in self.tests:
            test(value, path, out, final)

    def normal(self, value: Json) -> Json:
        fields = self.fields
        return {
            name: fields[name].kind.normal(item) if name in fields else item
            for name, item in value.items()
            if item is not None and not (name in fields and fields[name].forgotten)
        }

    def merge(self, high: Json, low: Json) -> Json:
        if self.atomic:
            return high
        for group in self.groups:
            if not group.isdisjoint(high):
                low = {name: item for name, item in low.items() if name not in group}
        fields = self.fields
        merged = dict(low)
        for name, item in high.items():
            merged[name] = fields[name].kind.merge(item, low[name]) if name in low and name in fields else item
        return merged

    def complete(self, value: Json, defaults: bool) -> Json:
        value = value or {}
        made = {name: item for name, item in value.items() if name not in self.fields} if self.open else {}
        for name, one in self.fields.items():
            if name in value:
                made[name] = one.kind.complete(value[name], defaults)
            elif not one.hidden and not one.forgotten:
                made[name] = one.completed(defaults)
        return made


@dataclass(frozen=True, eq=False)
class Variant(Kind):
    """A record of one of several shapes, told apart by the word under `tag`.

    Until the tag is known only the `common` keys mean anything: they survive merging with another shape. A problem with a common key
    is named once for the shape and once for what all shapes share, as the reference does."""

    tag: str
    members: Mapping[str, Record]
    common: Mapping[str, Field]
    problem: str  # the sentence for a tag that is not known
    types: str = "object"
    nullable: bool = True
    _base: Record = field(init=False)

    def __post_init__(self) -> None:
        known: dict[str, Field] = {name: Field(Kind()) for member in self.members.values() for name in member.fields}
        known |= self.common
        known[self.tag] = Field(Kind(), in_the_end=True)
        object.__setattr__(self, "_base", Record(known))

    def member(self, value: dict[str, Any]) -> Record | None:
        word = value.get(self.tag)
        return self.members.get(word) if isinstance(word, str) else None

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if type(value) is not dict:
            if value is not None:
                out.append(type_problem(path, self.expected(), value))
            return
        member = self.member(value)
        if member is not None:
            member.check(value, path, out, final)
        elif value.get(self.tag) is not None:
            out.append(f"{path}: {self.problem}")
        if member is None or not member.open:
            self._base.check(value, path, out, final)

    def normal(self, value: Json) -> Json:
        member = self.member(value)
        if member is not None:
            return member.normal(value)
        return {name: self.common[name].kind.normal(item) for name, item in value.items() if name in self.common and item is not None}

    def merge(self, high: Json, low: Json) -> Json:
        member = self.member(high)
        if member is None:
            return low | high
        if self.member(low) is member:
            return member.merge(high, low)
        return {name: item for name, item in low.items() if name in self.common} | high

    def complete(self, value: Json, defaults: bool) -> Json:
        if value is None:
            return None
        member = self.member(value)
        return member.complete(value, defaults) if member is not None else value
