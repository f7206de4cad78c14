"""Allocations: how one ended, from what is known of its process."""

from undeterred.domain.lifecycle.trials import Exit
from undeterred.terms import ExitKind

LOST = "lost:"  # how a failure begins that says that nobody knows the process's end


def exit_of(code: int | None, failure: str, *, killed: bool) -> Exit:
    """How an allocation ended: a code of 0 is a success whatever was wanted, a kill that we asked for is no failure.

    code: None where it has none; failure: why it has none; killed: we asked for its end."""
    if failure.startswith(LOST) or (code is None and failure == ""):
        return Exit(ExitKind.LOST)
    if code == 0:
        return Exit(ExitKind.SUCCEEDED, code=0)
    if killed:
        return Exit(ExitKind.KILLED, code=code)
    return Exit(ExitKind.FAILED, code=code, text=failure)
