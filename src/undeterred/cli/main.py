"""`undeterred`: the cluster's own command. Everything about experiments is the `det` client's; this one starts, stops and examines the cluster."""

import io
import os
import sys

import click

from undeterred import REFERENCE_VERSION, __version__
from undeterred.cli import doctor, env, master


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message=f"undeterred %(version)s (speaks Determined {REFERENCE_VERSION})")
def main() -> None:
    """A training cluster that speaks Determined's REST API: `undeterred up`, then use `det` as ever."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack a character of ours: better a question mark than no word at all
    os.environ.setdefault("PYTHONIOENCODING", f"{sys.stdout.encoding}:replace")  # for the programs that do the work


for command in (master.up, master.down, master.status, doctor.doctor, env.env):
    main.add_command(command)


if __name__ == "__main__":
    main()
