"""Log policies: what to do when a line of a task's output matches a pattern."""

from typing import Any

from undeterred.config.schema import Field, Json, Kind, ListOf, Record, Scalar

ACTIONS = ("cancel_retries", "exclude_node")
DEFAULT_POLICIES = (
    {"name": "CUDA OOM", "pattern": ".*CUDA out of memory.*"},
    {"name": "ECC Error", "pattern": ".*uncorrectable ECC error encountered.*"},
)


class Action(Kind):
    """A word; once it was an object with the word under `type`."""

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        word = value["type"] if type(value) is dict and value.keys() == {"type"} else value
        if value is not None and word not in ACTIONS:
            out.append(f'{path}: must be one of "cancel_retries" or "exclude_node"')

    def normal(self, value: Json) -> Json:
        return value["type"] if type(value) is dict else value

    def merge(self, high: Json, low: Json) -> Json:
        return high


def _named_or_old(value: dict[str, Any], path: str, out: list[str], final: bool) -> None:
    if value.get("name") is None and (value.get("pattern") is None or value.get("action") is None):
        out.append(f'{path}: "name" must be set')


def join(high: list[Any], low: list[Any]) -> list[Any]:
    """All of the higher, and those of the lower that bring a new name or, without a name, a new pair of action and pattern."""
    seen = {_identity(policy) for policy in high}
    return high + [policy for policy in low if _identity(policy) not in seen]


def _identity(policy: dict[str, Any]) -> tuple[str, ...]:
    return (policy["name"],) if "name" in policy else (policy["action"], policy["pattern"])


def doubled_name(policies: list[Any]) -> str | None:
    """The first name that a list of checked policies gives twice."""
    seen = set()
    for policy in policies:
        name = policy.get("name")
        if name is not None and name in seen:
            return str(name)
        seen.add(name)
    return None


ACTION = Action()
LOG_POLICY = Record(
    {"name": Field(Scalar("string"), hidden=True), "pattern": Field(Scalar("string"), hidden=True), "action": Field(ACTION, hidden=True)},
    tests=(_named_or_old,),
    nullable=False,
    atomic=True,
)
LOG_POLICIES = ListOf(LOG_POLICY, join=join, always=DEFAULT_POLICIES)
