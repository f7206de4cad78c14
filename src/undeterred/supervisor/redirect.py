"""Mode D, inside the task: while modules of `determined` are loaded, the fixed paths in their constants become the task's own.

This file is copied into the task's environment and started by a .pth line; it imports nothing of ours and works on compiled code, so the
base environment's bytecode is used and nothing is written to it.
"""

import importlib.machinery
import sys
import types
from collections.abc import Sequence


def _text(value: object, table: dict[str, str]) -> object:
    if isinstance(value, str):
        for old, new in table.items():
            if value.startswith(old):
                return new + value[len(old) :]
    elif isinstance(value, types.CodeType):
        return _code(value, table)
    elif isinstance(value, tuple):
        changed = tuple(_text(item, table) for item in value)
        return changed if any(a is not b for a, b in zip(changed, value, strict=True)) else value
    return value


def _code(code: types.CodeType, table: dict[str, str]) -> types.CodeType:
    consts = tuple(_text(value, table) for value in code.co_consts)
    return code.replace(co_consts=consts) if any(a is not b for a, b in zip(consts, code.co_consts, strict=True)) else code


def install(table: dict[str, str]) -> None:
    """Put the finder in front of the others."""

    class Loader(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname: str) -> types.CodeType | None:
            code = super().get_code(fullname)
            return code if code is None or fullname == "determined.common.api.bindings" else _code(code, table)

    class Finder:
        @staticmethod
        def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
            if name != "determined" and not name.startswith("determined."):
                return None
            spec = importlib.machinery.PathFinder.find_spec(name, path)
            if spec is not None and type(spec.loader) is importlib.machinery.SourceFileLoader:
                spec.loader = Loader(spec.loader.name, spec.loader.path)
            return spec

    sys.meta_path.insert(0, Finder)
