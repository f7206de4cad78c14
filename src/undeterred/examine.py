"""What `undeterred doctor` finds out: whether this machine can run a cluster, a line for each question, with the mend.

`python -m undeterred.examine --data D --port N [--config F]`. It starts nothing and changes nothing. Exit status 1 if something must be mended.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from undeterred.config import master as master_config
from undeterred.config import places
from undeterred.config.master import MasterConfig
from undeterred.errors import WireError
from undeterred.runtimes import devices, environments, isolation
from undeterred.store.postgres import PostgresConnection

OK, NOTE, MEND = "ok", "note", "mend"
COLOURS = {OK: "32", NOTE: "33", MEND: "31"}
GIB = 2**30
DISK_LOW_BYTES = 1 * GIB
DISK_SMALL_BYTES = 10 * GIB
POSTGRES_VERSION_MIN = 150000
CLOCK_BEFORE = 1_750_000_000  # seconds since the epoch: this program is younger than that
BACKWARDS_S = 5.0
KINDS = {"cuda": "NVIDIA GPU", "rocm": "AMD GPU", "cpu": "CPU"}
MODES = {
    "A": "each task has its own processes, mounts and /tmp (as root)",
    "B": "each task has its own processes, mounts and /tmp (in a user namespace)",
    "D": "no namespaces here: tasks share processes, mounts and /tmp with the machine, and their fixed paths are redirected inside Python",
}


class Finding(NamedTuple):
    """The answer to one question. state: ok, note (works, could be better) or mend (must be mended); mend: what to do."""

    name: str
    state: str
    text: str
    mend: str = ""


def main(argv: list[str] | None = None) -> int:
    """Print a line for each finding; 1 if one must be mended."""
    arguments = _arguments(argv)
    config, problem = _config(arguments)
    colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    worst = 0
    for finding in [problem] if problem else findings(config, places.data_folder(config.data)):
        print(shown(finding, colours), flush=True)
        worst = max(worst, int(finding.state == MEND))
    return worst


def findings(config: MasterConfig, data: Path) -> Iterator[Finding]:
    """Every question, in the order in which a start would ask them; one that cannot be answered does not keep the others from it."""
    questions: list[tuple[str, Callable[[MasterConfig, Path], Finding]]] = [
        ("python", _python),
        ("data folder", _folder),
        ("disk", _disk),
        ("clock", _clock),
        ("database", _database),
        ("port", _port),
        ("namespaces", _namespaces),
        ("slots", _slots),
        ("environment", _environment),
    ]
    for name, ask in questions:
        try:
            yield ask(config, data)
        except Exception as error:
            yield Finding(name, MEND, f"could not be examined: {error!r}", "please report this line")


def shown(finding: Finding, colours: bool) -> str:
    """A line, and a second one for the mend."""
    state = f"{finding.state:<4}"
    if colours:
        state = f"\033[{COLOURS[finding.state]}m{state}\033[0m"
    mend = f"\n      {'':<13} → {finding.mend}" if finding.mend else ""
    return f"{state}  {finding.name:<13} {finding.text}{mend}"


def _python(_config: MasterConfig, _data: Path) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if importlib.util.find_spec("ensurepip") is None:
        return Finding(
            "python", MEND, f"{version} without venv: task environments cannot be made", "on Debian: apt-get install python3-venv"
        )
    return Finding("python", OK, f"{version} at {sys.executable}")


def _folder(_config: MasterConfig, data: Path) -> Finding:
    place = data
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        if not place.is_dir():
            raise NotADirectoryError(20, "Not a directory")
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(b"x")
    except OSError as error:
        return Finding(
            "data folder", MEND, f"{data} cannot be written: {error.strerror}", "mend its rights, or choose another one with --data"
        )
    return Finding("data folder", OK, f"{data}" + ("" if place == data else " (will be made)"))


def _disk(_config: MasterConfig, data: Path) -> Finding:
    place = next(p for p in (data, *data.parents) if p.exists())
    free = shutil.disk_usage(place).free
    text = f"{free / GIB:.1f} GiB free"
    if free < DISK_LOW_BYTES:
        return Finding(
            "disk", MEND, f"{text}: the store needs room to write", "free some space, or choose a data folder on another disk with --data"
        )
    if free < DISK_SMALL_BYTES:
        return Finding(
            "disk", NOTE, f"{text}: little for checkpoints", "keep checkpoints elsewhere: `checkpoint_storage` in the configuration"
        )
    return Finding("disk", OK, text)


def _clock(_config: MasterConfig, data: Path) -> Finding:
    now = time.time()
    newest = max((stamp for name in ("undeterred.db", "undeterred.db-wal", "master.json") if (stamp := _changed(data / name))), default=0.0)
    text = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    mend = "set the clock and keep it set (`timedatectl set-ntp true`): sessions end and metrics are ordered by it"
    if now < CLOCK_BEFORE:
        return Finding("clock", MEND, f"{text} is in the past", mend)
    if now + BACKWARDS_S < newest:
        return Finding("clock", MEND, f"{text} is {newest - now:.0f} s before the store's last change", mend)
    return Finding("clock", OK, text)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _database(config: MasterConfig, data: Path) -> Finding:
    url = config.db_url
    if not url:
        size = sum(p.stat().st_size for p in (data / "undeterred.db", data / "undeterred.db-wal") if p.exists())
        return Finding(
            "database", OK, f"SQLite in the data folder ({size / 2**20:.1f} MiB)" if size else "SQLite in the data folder (will be made)"
        )
    place = url.rpartition("@")[2].partition("?")[0].removeprefix("postgresql://")
    try:
        connection = PostgresConnection(url + ("&" if "?" in url else "?") + "connect_timeout=5", write=False)
    except Exception as error:  # whatever the driver says of a server, a name or a password
        reason = (str(getattr(error, "detail", "")) or str(error)).strip().splitlines()[0]
        return Finding(
            "database",
            MEND,
            f"PostgreSQL at {place} does not let us in: {reason}",
            "mend `db.url` (UNDETERRED_DB_URL), or start PostgreSQL",
        )
    with contextlib.closing(connection):
        version = int(connection.execute("SELECT current_setting('server_version_num')").fetchall()[0][0])
    name = f"PostgreSQL {version // 10000}.{version % 10000} at {place}"
    if version < POSTGRES_VERSION_MIN:
        return Finding("database", MEND, f"{name} is too old", "use PostgreSQL 15 or newer")
    return Finding("database", OK, name)


def _port(config: MasterConfig, data: Path) -> Finding:
    where = f"{config.host}:{config.port}"
    with socket.socket(socket.AF_INET6 if ":" in config.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
            return Finding("port", OK, f"{where} is free")
        except OSError as error:
            reason, mend = error.strerror, places.way_out(error)
    ours = _our_master(data)
    if ours.endswith(f":{config.port}"):
        return Finding("port", OK, f"our own master runs at {ours}")
    return Finding(
        "port",
        MEND,
        f"{where} cannot be had: {reason}{_holder(config.port)}",
        mend,
    )


def _our_master(data: Path) -> str:
    """The URL of this folder's master if it lives, else ""."""
    try:
        facts = json.loads((data / "master.json").read_text())
        return str(facts["url"]) if psutil.pid_exists(facts["pid"]) else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _holder(port: int) -> str:
    """Who listens there, where the machine tells."""
    with contextlib.suppress(psutil.Error, OSError):
        for one in psutil.net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid:
                return f" (process {one.pid}, {psutil.Process(one.pid).name()}, has it)"
    return ""


def _namespaces(_config: MasterConfig, _data: Path) -> Finding:
    found = isolation.probe()
    text = f"mode {found.mode}: {MODES.get(found.mode, '')}; {found.reason}"
    return Finding("namespaces", NOTE, text, found.mend) if found.mode == "D" else Finding("namespaces", OK, text)


def _slots(config: MasterConfig, _data: Path) -> Finding:
    if config.slots == 0:
        return Finding("slots", OK, "none: this machine runs no tasks (`slots: 0`)")
    slots = devices.detect() if config.slots is None else devices.cpus(config.slots)
    kind, brand = KINDS.get(slots[0].kind, slots[0].kind), slots[0].brand
    count = f"{len(slots)} {kind} slot{'s' if len(slots) != 1 else ''}" + (f" ({brand})" if brand else "")
    more = ", no GPU was found; `--slots N` offers more" if slots[0].kind == "cpu" and config.slots is None else ""
    return Finding("slots", OK, count + more)


def _environment(config: MasterConfig, data: Path) -> Finding:
    names = list(dict.fromkeys([config.default_environment, *config.environments.values()]))
    checks = [environments.check(data, name) for name in names]
    problems = [f"{one.name}: {'; '.join(one.problems)}" for one in checks if one.problems]
    if not problems:
        return Finding("environment", OK, ", ".join(f"{one.name} (Python {one.python}, determined {one.determined})" for one in checks))
    missing = [one.name for one in checks if one.problems and not Path(one.path).exists()]
    mend = (
        "; ".join(f"`{environments.command(data, 'create', name)}`" for name in missing if not os.path.isabs(name))
        or "`undeterred env check NAME` tells more"
    )
    state = NOTE if config.slots == 0 else MEND
    return Finding(
        "environment", state, "tasks cannot run yet: " + " | ".join(text.partition(": make it with")[0] for text in problems), mend
    )


def _config(arguments: argparse.Namespace) -> tuple[MasterConfig, Finding | None]:
    """The configuration that a master would have; a finding in its place when it would not start."""
    flags = {name: value for name in ("port", "host", "data", "slots") if (value := getattr(arguments, name)) is not None}
    try:
        text = Path(arguments.config).read_text("utf-8") if arguments.config else None
        return master_config.load(text, os.environ, flags), None
    except WireError as error:
        told = error.text
    except (OSError, UnicodeDecodeError) as error:
        told = f"{arguments.config} cannot be read: {error}"
    return MasterConfig(), Finding("configuration", MEND, told, "mend it; every word is that of the reference's master.yaml")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="undeterred-examine", description="What `undeterred doctor` runs.")
    parser.add_argument("--data")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--config")
    parser.add_argument("--slots", type=int)
    return parser.parse_args(argv)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `undeterred doctor | head`
    sys.exit(main())
