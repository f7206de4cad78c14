"""The data folder as the command line sees it: where it is, and what the running master left in it."""

import json
import os
import shlex
from pathlib import Path
from typing import Any

import click
import psutil

from undeterred.config import master, places
from undeterred.errors import WireError

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help=f"The data folder. [default: $UNDETERRED_DATA, else {places.usual_data(os.environ)}]",
)


def chosen(data: Path | None, config: str | None = None) -> Path:
    """The data folder to use, absolute: the flag's, else the environment's, else that of a configuration file, else the usual one."""
    told = data or os.environ.get("UNDETERRED_DATA") or (_configured(config) if config else "") or places.usual_data(os.environ)
    try:
        return places.data_folder(told)
    except WireError as error:
        raise click.ClickException(error.text) from None


def _configured(config: str) -> str:
    """What a configuration file says of the data folder, "" where it says nothing or cannot be read: the master has words for that."""
    try:
        return master.load(Path(config).read_text("utf-8"), {}, {}).data
    except (OSError, ValueError, WireError):
        return ""


def option(data: Path) -> str:
    """` --data FOLDER` as one must type it for this folder, nothing where it is the one that is taken anyway."""
    try:
        usual: Path | None = chosen(None)
    except click.ClickException:
        usual = None
    return "" if data == usual else f" --data {shlex.quote(str(data))}"


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
