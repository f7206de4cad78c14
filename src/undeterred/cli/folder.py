"""The data folder as the command line sees it: where it is, and what the running master left in it."""

import json
import os
import shlex
from pathlib import Path
from typing import Any

import click
import psutil


def default_data() -> Path:
    """`$UNDETERRED_DATA`, else `undeterred` in the user's data folder (XDG)."""
    if chosen := os.environ.get("UNDETERRED_DATA"):
        return Path(chosen)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "undeterred"


data_option = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), default=None, help=f"The data folder. [default: {default_data()}]"
)


def chosen(data: Path | None) -> Path:
    """The data folder to use, absolute."""
    return (data or default_data()).expanduser().absolute()


def option(data: Path) -> str:
    """` --data FOLDER` as one must type it for this folder, nothing where it is the one that is taken anyway."""
    return "" if data == chosen(None) else f" --data {shlex.quote(str(data))}"


def running(data: Path) -> dict[str, Any] | None:
    """What the folder's master announced (url, pid, epoch), None when it does not live any more."""
    try:
        facts: dict[str, Any] = json.loads((data / "master.json").read_text())
        process = psutil.Process(facts["pid"])
        same = (
            process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= facts["started_at"] / 1e6 + 1
        )  # else another has its id now
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return facts if same else None
