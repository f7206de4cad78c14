"""A path's handler: a trie by segment, literal names before parameters, so that the cost does not depend on how many routes there are."""

from typing import Generic, TypeVar

T = TypeVar("T")


class _Node(Generic[T]):
    __slots__ = ("any", "by_verb", "literal", "rest")

    def __init__(self) -> None:
        self.literal: dict[str, _Node[T]] = {}
        self.any: _Node[T] | None = None
        self.rest: _Node[T] | None = None
        self.by_verb: dict[str, tuple[T, tuple[str, ...]]] = {}


class Router(Generic[T]):
    """Routes of one kind; templates are `/a/{name}/b`, and `/a/{rest...}` takes whatever follows, `/a/` included."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def add(self, verb: str, template: str, target: T) -> None:
        """Make `target` the answer for a verb ("*" is any) and a template."""
        node, names = self._root, []
        for part in template.strip("/").split("/"):
            if part.endswith("...}"):
                names.append(part[1:-4])
                node.rest = node.rest or _Node()
                node = node.rest
            elif part.startswith("{"):
                names.append(part[1:-1])
                node.any = node.any or _Node()
                node = node.any
            else:
                node = node.literal.setdefault(part, _Node())
        node.by_verb[verb] = (target, tuple(names))

    def find(self, verb: str, path: str) -> tuple[T, dict[str, str]] | None:
        """The target for a verb and a decoded path, with the values of the template's names; None if there is none."""
        values: list[str] = []
        found = _walk(self._root, path.removeprefix("/").split("/"), 0, verb, values)
        return None if found is None else (found[0], dict(zip(found[1], values, strict=True)))


def _walk(node: _Node[T], parts: list[str], at: int, verb: str, values: list[str]) -> tuple[T, tuple[str, ...]] | None:
    if at == len(parts):
        return node.by_verb.get(verb) or node.by_verb.get("*")
    part = parts[at]
    step = node.literal.get(part)
    if step is not None and (found := _walk(step, parts, at + 1, verb, values)) is not None:
        return found
    if node.any is not None:
        values.append(part)
        if (found := _walk(node.any, parts, at + 1, verb, values)) is not None:
            return found
        values.pop()
    if node.rest is not None and (found := node.rest.by_verb.get(verb) or node.rest.by_verb.get("*")) is not None:
        values.append("/".join(parts[at:]))
        return found
    return None
