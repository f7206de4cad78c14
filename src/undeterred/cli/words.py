"""What `undeterred up` says to somebody who has just started his first cluster."""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from undeterred.cli.folder import option
from undeterred.cli.programs import program
from undeterred.config import master
from undeterred.errors import WireError


def welcome(url: str, folder: Path, environment_ready: bool) -> str:
    """The next steps, in the order in which they are needed."""
    data = option(folder)
    first = (
        ""
        if environment_ready
        else f"""  undeterred env create{data}
      the Python environment that tasks run in, without which every trial fails (about a minute);
      `--with PACKAGE` for each package that your code imports
"""
    )
    return f"""
What next:
{first}  pip install determined==0.38.1
      the client, in an environment of its own
  export DET_MASTER={url}{past_proxy(url)}
  det user login determined
      blank password; it works on this machine only
  det experiment create config.yaml .
      your configuration and the folder with your code; then `det experiment list`, `det experiment logs -f 1`
  undeterred doctor{data}
      what this machine offers, and how to mend what it does not
The REST API, to look at and to try: {url}/docs/rest-api/"""


def past_proxy(url: str) -> str:
    """The line that a client needs where a proxy is set that would be asked for this machine's own addresses, else ""."""
    host = urlsplit(url).hostname or ""
    if not urllib.request.getproxies().get("http") or urllib.request.proxy_bypass(host):
        return ""
    told = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    return f"\n  export no_proxy={f'{told},' if told else ''}{host}\n      a proxy is set in this terminal, and the client would ask it for the master"


def environment_ready(folder: Path, flags: dict[str, Any]) -> bool:
    """Whether tasks have an environment to run in, as far as one can see from outside; true also when this machine runs none."""
    try:
        text = Path(flags["config"]).read_text("utf-8") if flags["config"] else None
        told = master.load(text, os.environ, {name: flags[name] for name in ("host", "port", "slots")})
    except (OSError, ValueError, WireError):
        return True  # the master has its own words for that
    return told.slots == 0 or (folder / "envs" / told.default_environment).exists()  # an absolute path stays one


def offer_environment(folder: Path) -> bool:
    """On a terminal, offer to make the default environment now, with its progress. True if it is there after that."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    click.echo(
        "\nTasks need a Python environment with the Determined harness. It is installed from the package registry, in about a minute.\n"
        "(`undeterred env add PACKAGE` puts more into it later.)"
    )
    if not click.confirm("Make it now?", default=True):
        return False
    command = program("runtimes.environments", "--data", str(folder), "create")
    return subprocess.run(command, check=False).returncode == 0
