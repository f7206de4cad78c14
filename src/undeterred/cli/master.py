"""`undeterred up`, `down`, `status`: a master's life."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import click
import psutil

from undeterred.cli import words
from undeterred.cli.folder import chosen, data_option, option, running
from undeterred.cli.programs import program
from undeterred.cli.progress import waiting

START_S = 30
STOP_S = 20
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # our own master is never behind a proxy


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
    folder = chosen(data, options["config"])
    command = program("master", "--data", str(folder), *_flags(options))
    if foreground:
        if sys.stdout.isatty():
            click.echo("Running here until Ctrl-C. In another terminal, `undeterred status` says where, and what to do next.")
        os.execv(sys.executable, command)
    if options["stop_tasks"]:
        raise click.UsageError(
            "--stop-tasks belongs to --foreground; `undeterred down --stop-tasks` ends a cluster in the background with its tasks"
        )
    if (facts := running(folder)) is not None:
        click.echo(f"It is already running at {facts['url']} (process {facts['pid']}). `undeterred down{option(folder)}` stops it.")
        return
    first = not os.path.exists(folder / "undeterred.db")
    click.echo(f"Starting a master with its data in {folder} …")
    facts = _start(folder, command)
    click.echo(f"It is up at {facts['url']} (process {facts['pid']}, log {folder / 'master.log'}).")
    ready = words.environment_ready(folder, options) or words.offer_environment(folder)
    if first:
        click.echo(words.welcome(facts["url"], folder, ready))
    elif not ready:
        click.echo(f"Tasks have no Python environment yet: `undeterred env create{option(folder)}` makes it.")


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
    click.echo(f"Stopping process {facts['pid']} …")
    try:
        psutil.Process(facts["pid"]).send_signal(signal.SIGUSR1 if stop_tasks else signal.SIGTERM)
    except psutil.NoSuchProcess:
        pass  # it ended by itself
    except psutil.AccessDenied:
        raise click.ClickException(f"process {facts['pid']} belongs to another user: stop it as that user, or as root") from None
    if waiting("stopping", lambda: None if running(folder) else True, STOP_S) is None:
        raise click.ClickException(
            f"it did not end within {STOP_S} s: look at {folder / 'master.log'}; `kill -9 {facts['pid']}` is safe, nothing acknowledged is lost"
        )
    click.echo(
        "Stopped. "
        + ("Tasks ended; the next" if stop_tasks else "Running tasks go on; the next")
        + " `undeterred up` takes them up again"
        + (" from their checkpoints." if stop_tasks else ".")
    )


@click.command()
@data_option
def status(data: Path | None) -> None:
    """Say whether the cluster runs, and where. Exit status 3 when it does not, 1 when it does not answer."""
    folder = chosen(data)
    facts = running(folder)
    if facts is None:
        click.echo(f"No master is running with its data in {folder}. `undeterred up{option(folder)}` starts one.")
        sys.exit(3)
    info = _get(facts["url"] + "/info")
    if info is None:
        click.echo(f"Process {facts['pid']} is there, but {facts['url']} does not answer: look at {folder / 'master.log'}")
        sys.exit(1)
    process = psutil.Process(facts["pid"])
    click.echo(f"Running at {facts['url']} (process {facts['pid']}, {process.memory_info().rss // 2**20} MB).")
    click.echo(f"Cluster {info['cluster_id']}, speaks {info['version']}, data in {folder}.")
    click.echo(f"Clients: export DET_MASTER={facts['url']}{words.past_proxy(facts['url'])}")
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
    log = folder / "master.log"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
            begun = output.tell()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    except OSError as error:
        raise click.ClickException(
            f"the data folder {folder} cannot be written ({error.strerror}): mend it or choose another with --data"
        ) from None

    def look() -> dict[str, Any] | None:
        if process.poll() is not None:
            raise click.ClickException(_last_words(log.read_bytes()[begun:].decode(errors="replace"), process.returncode))
        facts = running(folder)
        return facts if facts is not None and facts["pid"] == process.pid and _get(facts["url"] + "/info") is not None else None

    facts = waiting("starting", look, START_S)
    if facts is None:
        process.terminate()
        raise click.ClickException(f"the master did not answer within {START_S} s: look at {log}")
    return facts


def _last_words(said: str, status: int) -> str:
    """Why a master ended at once: its own sentence (another one may write into the same log), else what it wrote."""
    _before, found, sentence = ("\n" + said.strip()).rpartition("\nundeterred: ")
    if found:
        return sentence
    if status < 0:
        return f"the master was killed as it started (signal {-status}); nothing acknowledged is lost, `undeterred up` starts it again"
    return said.strip() or f"the master ended at once (status {status})"


def _get(url: str) -> dict[str, Any] | None:
    try:
        with OPENER.open(url, timeout=2) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except (OSError, ValueError):
        return None
