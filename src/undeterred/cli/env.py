"""`undeterred env`: the named Python environments that tasks run in."""

import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import click

from undeterred.cli.folder import chosen, data_option
from undeterred.cli.programs import program


@click.group()
def env() -> None:
    """Create, extend, list and check the Python environments that tasks run in."""


@env.command()
@click.argument("name", default="default")
@click.option("--python", default=None, help="The interpreter to build on. [default: the one that runs this command]")
@click.option("--with", "packages", multiple=True, help="What your code imports beside determined, such as torch==2.13.0; may be repeated.")
@data_option
def create(name: str, python: str | None, packages: tuple[str, ...], data: Path | None) -> None:
    """Make an environment with determined==0.38.1 in it. Tasks run in the one named `default`, unless the master's
    configuration says otherwise (`environments`, `default_environment`)."""
    _run(data, "create", name, *(["--python", python] if python else []), *(word for p in packages for word in ("--with", p)))


@env.command()
@click.argument("packages", nargs=-1, required=True)
@click.option("--to", "name", default="default", help="The environment. [default: default]")
@data_option
def add(packages: tuple[str, ...], name: str, data: Path | None) -> None:
    """Install more packages into an environment."""
    _run(data, "add", "--to", name, "--", *packages)


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
    command = program("runtimes.environments", "--data", str(chosen(data)), *words)
    sys.exit(subprocess.run(command, check=False).returncode)
