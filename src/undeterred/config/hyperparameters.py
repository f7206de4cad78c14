"""Hyperparameters: ranges to search, constants, and groups of either under a name.

In normal form every leaf is an object with a `type`, and an object without one is a group; a bare value stands for
{type: const, val: value}.
"""

from typing import Any

from undeterred.config.schema import Field, Free, Json, Kind, ListOf, Record, Scalar, type_problem

_UNKNOWN = 'if a hyperparameter object\'s ["type"] is set, it must be one of "int", "double", "log", const", or "categorical"'
_PATH_MAX = 1000
_NO_COUNT = "grid search is in use but count was not provided"


def _ordered(value: dict[str, Any], path: str, out: list[str], final: bool) -> None:
    low, high = value.get("minval"), value.get("maxval")
    if not (isinstance(low, int | float) and isinstance(high, int | float)) or isinstance(low, bool) or isinstance(high, bool):
        return
    if low >= high:
        out.append(f"{path}: minval must be less than maxval")


class _Vals(ListOf):
    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if type(value) is list and not value:
            out.append(f"{path}: must have at least one value to choose from")
        super().check(value, path, out, final)


def _range(number: str, **more: Field) -> Record:
    bound = Field(Scalar(number, nullable=False), required=True)
    count = Field(Scalar("integer", least=1), hidden=True)
    return Record({"type": _TYPE, "minval": bound, "maxval": bound} | more | {"count": count}, tests=(_ordered,), atomic=True)


_TYPE = Field(Kind())
TYPES: dict[str, Record] = {
    "const": Record({"type": _TYPE, "val": Field(Free(), required=True)}, atomic=True),
    "int": _range("integer"),
    "double": _range("number"),
    "log": _range("number", base=Field(Scalar("number", nullable=False, above=0), required=True)),
    "categorical": Record({"type": _TYPE, "vals": Field(_Vals(Free(), nullable=False), required=True)}, atomic=True),
}


def below(path: str, name: str) -> str:
    """The path of a key; a very long one stays as it is, so that deep groups of long names cost no more than they hold."""
    return f"{path}.{name}" if len(path) < _PATH_MAX else path


class Hyperparameter(Kind):
    """One value, range or group."""

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if type(value) is not dict:
            return
        if value.get("type") is None:
            for name, item in value.items():
                self.check(item, below(path, name), out, final)
            return
        member = _member(value)
        if member is None:
            out.append(f"{path}: {_UNKNOWN}")
        else:
            member.check(value, path, out, final)

    def normal(self, value: Json) -> Json:
        if type(value) is not dict:
            return {"type": "const", "val": value}
        member = _member(value)
        if member is None:
            return {name: self.normal(item) for name, item in value.items() if name != "type"}
        return {name: item for name, item in value.items() if item is not None or name == "val"}

    def merge(self, high: Json, low: Json) -> Json:
        """Groups are united; a value or a range stays whole."""
        if "type" in high or "type" in low:
            return high
        return low | {name: self.merge(item, low[name]) if name in low else item for name, item in high.items()}


class Hyperparameters(Kind):
    """The group at the top."""

    types = "object"

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if type(value) is dict:
            for name, item in value.items():
                HYPERPARAMETER.check(item, f"{path}.{name}", out, final)
        elif value is not None:
            out.append(type_problem(path, self.expected(), value))

    def normal(self, value: Json) -> Json:
        return {name: HYPERPARAMETER.normal(item) for name, item in value.items()}

    def merge(self, high: Json, low: Json) -> Json:
        return low | {name: HYPERPARAMETER.merge(item, low[name]) if name in low else item for name, item in high.items()}

    def complete(self, value: Json, defaults: bool) -> Json:
        return value or {}


HYPERPARAMETER = Hyperparameter()
HYPERPARAMETERS = Hyperparameters()


def check_grid(group: Json, path: str, out: list[str]) -> None:
    """Every range of a grid needs a count, wherever it stands, in lists too."""
    for name, item in group.items() if type(group) is dict else ():
        _check_counted(item, below(path, name), out)


def _check_counted(value: Json, path: str, out: list[str]) -> None:
    if type(value) is list:
        for i, item in enumerate(value):
            _check_counted(item, f"{path}[{i}]", out)
    elif type(value) is dict and value.get("type") is None:
        check_grid(value, path, out)
    elif type(value) is dict and value["type"] in ("int", "double", "log") and value.get("count") is None:
        out.append(f"{path}: {_NO_COUNT}")


def _member(value: dict[str, Any]) -> Record | None:
    word = value.get("type")
    return TYPES.get(word) if isinstance(word, str) else None
