"""Waiting with a person who watches: a step that takes longer than a second shows that it goes on."""

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import click

T = TypeVar("T")
LOOK_S = 0.05
TERMINAL_S = 1.0
PLAIN_S = 5.0


def waiting(what: str, look: Callable[[], T | None], limit_s: float) -> T | None:
    """Call `look` until it gives something, at most `limit_s`; None when the time is over. Meanwhile the seconds are shown."""
    terminal = sys.stdout.isatty()
    every = TERMINAL_S if terminal else PLAIN_S
    begun, shown = time.monotonic(), 0
    try:
        while (found := look()) is None:
            passed = time.monotonic() - begun
            if passed >= limit_s:
                return None
            if passed >= every * (shown + 1):
                shown += 1
                click.echo(f"\r  {what}: {passed:.0f} s" if terminal else f"  {what}: {passed:.0f} s", nl=not terminal)
            time.sleep(LOOK_S)
        return found
    finally:
        if terminal and shown:
            click.echo()
