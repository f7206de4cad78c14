"""`undeterred up`, `down`, `status`: a master's life."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import click
import psutil

from undeterred.cli.folder import chosen, data_option, running

START_S = 30
STOP_S = 15


@click.command()
@data_option
@click.option("--host", default=None, help="The address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=int, default=None, help="The port; 0 takes a free one. [default: 8080]")
@click.option("--config", type=click.Path(dir_okay=False), default=None, help="A master.yaml in the reference's vocabulary.")
@click.option("--slots", type=int, default=None, help="CPU slots of this machine; 0 starts no local node. [default: its GPUs, else 1]")
@click.option("--foreground", is_flag=True, help="Stay in this terminal until Ctrl-C or SIGTERM.")
@click.option(
    "--stop-tasks", is_flag=True, help="With --foreground: end running tasks at the end, instead of leaving them to the next start."
)
def up(data: Path | None, foreground: bool, **options: Any) -> None:
    """Start the cluster on this machine."""
    folder = chosen(data)
    command = [sys.executable, "-m", "undeterred.master", "--data", str(folder), *_flags(options)]
    if foreground:
        os.execv(sys.executable, command)
    if (facts := running(folder)) is not None:
        click.echo(f"It is already running at {facts['url']} (process {facts['pid']}). `undeterred down` stops it.")
        return
    first = not (folder / "undeterred.db").exists()
    click.echo(f"Starting a master with its data in {folder} …")
    facts = _start(folder, command)
    click.echo(f"It is up at {facts['url']} (process {facts['pid']}, log {folder / 'master.log'}).")
    if first:
        click.echo(_welcome(facts["url"]))


@click.command()
@data_option
@click.option("--stop-tasks", is_flag=True, help="End running tasks too; without it they go on and the next start takes them up again.")
def down(data: Path | None, stop_tasks: bool) -> None:
    """Stop the cluster."""
    folder = chosen(data)
    facts = running(folder)
    if facts is None:
        click.echo(f"No master is running with its data in {folder}.")
        return
    master = psutil.Process(facts["pid"])
    master.send_signal(signal.SIGUSR1 if stop_tasks else signal.SIGTERM)
    click.echo(f"Stopping process {facts['pid']} …")
    try:
        master.wait(STOP_S)
    except psutil.TimeoutExpired:
        raise click.ClickException(
            f"it did not end within {STOP_S} s: look at {folder / 'master.log'}; `kill -9 {facts['pid']}` is safe, nothing acknowledged is lost"
        ) from None
    click.echo("Stopped." + ("" if stop_tasks else " Running tasks go on; the next `undeterred up` takes them up again."))


@click.command()
@data_option
def status(data: Path | None) -> None:
    """Say whether the cluster runs, and where."""
    folder = chosen(data)
    facts = running(folder)
    if facts is None:
        click.echo(f"No master is running with its data in {folder}. `undeterred up` starts one.")
        sys.exit(3)
    info = _get(facts["url"] + "/info")
    if info is None:
        click.echo(f"Process {facts['pid']} is there, but {facts['url']} does not answer: look at {folder / 'master.log'}")
        sys.exit(1)
    process = psutil.Process(facts["pid"])
    click.echo(f"Running at {facts['url']} (process {facts['pid']}, {process.memory_info().rss // 2**20} MB).")
    click.echo(f"Cluster {info['cluster_id']}, speaks {info['version']}, data in {folder}.")
    click.echo(f"API playground: {facts['url']}/docs/rest-api/")


def _flags(options: dict[str, Any]) -> list[str]:
    flags: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            flags.append(flag)
        elif value is not None and value is not False:
            flags += [flag, str(value)]
    return flags


def _start(folder: Path, command: list[str]) -> dict[str, Any]:
    """Start the master in the background and wait until it answers."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(folder / "master.log", "ab") as output:
        begun = output.tell()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = (folder / "master.log").read_bytes()[begun:].decode(errors="replace").strip()
            raise click.ClickException(said.removeprefix("undeterred: ") or f"the master ended at once (status {process.returncode})")
        facts = running(folder)
        if facts is not None and facts["pid"] == process.pid and _get(facts["url"] + "/info") is not None:
            return facts
        time.sleep(0.05)
    process.terminate()
    raise click.ClickException(f"the master did not answer within {START_S} s: look at {folder / 'master.log'}")


def _get(url: str) -> dict[str, Any] | None:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except (OSError, ValueError):
        return None


def _welcome(url: str) -> str:
    return f"""
What next:
  pip install determined==0.38.1            the client, in an environment of its own
  export DET_MASTER={url}
  det user login determined                 blank password; it works on this machine only
  det experiment create config.yaml .       submit, then `det experiment list`, `det experiment logs -f 1`
  undeterred doctor                         what this machine offers, and how to mend what it does not
The REST API, to look at and to try: {url}/docs/rest-api/"""
