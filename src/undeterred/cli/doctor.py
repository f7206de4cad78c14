"""`undeterred doctor`: what this machine offers a cluster, a line each, with the mend."""

import subprocess
import sys
from pathlib import Path

import click

from undeterred.cli.folder import chosen, data_option


@click.command()
@data_option
@click.option("--port", type=int, default=8080, show_default=True, help="The port that a master would listen on.")
def doctor(data: Path | None, port: int) -> None:
    """Examine ports, disk, namespaces, slots and the task environment."""
    command = [sys.executable, "-m", "undeterred.examine", "--data", str(chosen(data)), "--port", str(port)]
    sys.exit(subprocess.run(command, check=False).returncode)
