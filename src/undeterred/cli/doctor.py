"""`undeterred doctor`: what this machine offers a cluster, a line each, with the mend."""

import subprocess
import sys
from pathlib import Path

import click

from undeterred.cli.folder import chosen, data_option
from undeterred.cli.programs import program


@click.command()
@data_option
@click.option("--port", type=int, default=None, help="The port that a master would listen on. [default: 8080]")
@click.option("--config", type=click.Path(dir_okay=False), default=None, help="The master.yaml that a master would be started with.")
def doctor(data: Path | None, port: int | None, config: str | None) -> None:
    """Examine disk, ports, namespaces, slots and task environments; exit status 1 if something must be mended."""
    command = program("examine", "--data", str(chosen(data, config)))
    command += [*(["--port", str(port)] if port is not None else []), *(["--config", config] if config else [])]
    sys.exit(subprocess.run(command, check=False).returncode)
