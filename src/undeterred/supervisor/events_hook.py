"""Inside the task: where PyTorch's TensorBoard writer cannot be imported, `events` takes its place in the harness.

This file is copied into the task's environment and started by a .pth line; it imports nothing of ours and costs nothing until the harness asks.
"""

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence

_WRITER = "determined.tensorboard.metric_writers.pytorch"


class Finder:
    """Answers for the harness's PyTorch writer alone, and only where one of its two packages is missing."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """The module's place: our own writer, or None to look on."""
        if name != _WRITER or all(map(importlib.util.find_spec, ("torch", "tensorboard"))):
            return None
        return importlib.util.spec_from_file_location(name, os.path.join(os.path.dirname(__file__), "_undeterred_events.py"))


sys.meta_path.insert(0, Finder)
