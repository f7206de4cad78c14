"""`undeterred env`: the named Python environments that tasks run in."""

import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import click

from undeterred.cli.folder import chosen, data_option


@click.group()
def env() -> None:
    """Create, list and check task environments."""


@env.command()
@click.argument("name", default="default")
@click.option("--python", default=None, help="The interpreter to build on. [default: the one that runs this command]")
@click.option("--with", "packages", multiple=True, help="A further requirement, such as torch==2.13.0; may be repeated.")
@data_option
def create(name: str, python: str | None, packages: tuple[str, ...], data: Path | None) -> None:
    """Make an environment with determined==0.38.1 in it."""
    _run(data, "create", name, *(["--python", python] if python else []), *(word for p in packages for word in ("--with", p)))


@env.command("list")
@data_option
def list_(data: Path | None) -> None:
    """List the environments."""
    _run(data, "list")


@env.command()
@click.argument("name", default="default")
@data_option
def check(name: str, data: Path | None) -> None:
    """Check that an environment can run tasks."""
    _run(data, "check", name)


def _run(data: Path | None, *words: str) -> NoReturn:
    command = [sys.executable, "-P", "-m", "undeterred.runtimes.environments", "--data", str(chosen(data)), *words]
    sys.exit(subprocess.run(command, check=False).returncode)
