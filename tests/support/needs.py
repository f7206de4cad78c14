"""What a machine may lack: a test that needs it is skipped by name with the reason, and in CI such a skip is a failure."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 4
"""So many times longer than on an idle machine may what is waited for take, before a test fails: other work is no fault of ours."""


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def lacking(what: str, mend: str) -> NoReturn:
    """Skip the running test because this machine has no `what`; in CI fail it. `mend` is the command that brings it."""
    if in_ci():
        pytest.fail(f"{what} is missing, and in CI that is a failure; {mend}", pytrace=False)
    pytest.skip(f"{what} is missing; {mend}")


def contract() -> Path | None:
    """The folder of the wire contract: UNDETERRED_CONTRACT, else shared/contract beside the repository; None if it is not here."""
    named = os.environ.get("UNDETERRED_CONTRACT")
    folder = Path(named) if named else ROOT.parent / "shared" / "contract"
    return folder if (folder / "endpoints.json").exists() else None


def chromium() -> str | None:
    """The path of a Chromium or Chrome, None if there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


def task_python() -> Path | None:
    """The interpreter of the task environment (determined 0.38.1), None if `make setup` has not made it."""
    return ready("task")


def torch_python() -> Path | None:
    """The interpreter of a task environment with PyTorch, None if there is none."""
    return ready("torch")


def ready(name: str) -> Path | None:
    """The interpreter of an environment that tools/bootstrap.py has finished."""
    folder = ROOT / ".venvs" / name
    return folder / "bin" / "python" if (folder / ".bootstrapped").exists() else None
