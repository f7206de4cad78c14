"""A PostgreSQL server of the tests' own: from installed binaries, unprivileged, on a Unix socket, gone when the tests are.

A fresh database costs some 20 ms: it is copied from a template, and what prepares a template (migrations) runs once per test process.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from tests.support.needs import ROOT

USER = "undeterred"
PR_SET_PDEATHSIG = 1
START_S = 90


class NoPostgres(Exception):
    """There are no PostgreSQL binaries, or they do not start here."""


class Postgres:
    """A running cluster. `fresh()` gives the URL of a new database; `stop()` ends it and removes its files."""

    def __init__(self) -> None:
        self.bin = binaries()
        self.account = unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="undeterred-pg-"))
        self._templates: dict[Callable[[str], None], str] = {}
        self._numbers = count(1)
        if self.account:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        try:
            self._init()
            self._process = self._start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={quote(str(self.folder))}"

    def fresh(self, prepare: Callable[[str], None] | None = None) -> str:
        """The URL of a new database: empty, or as `prepare(url)` leaves one (run once, then copied)."""
        template = "template1" if prepare is None else self._template(prepare)
        return self.url(self._create(f"test_{next(self._numbers)}", template))

    def drop(self, url: str) -> None:
        """Remove a database that `fresh` gave, with whatever is still connected to it."""
        name = url.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """End the server at once and remove its files."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def crash(self) -> None:
        """SIGKILL to the server and all its processes: as after a crash of its machine, but for what the kernel still writes."""
        processes = [psutil.Process(self._process.pid), *psutil.Process(self._process.pid).children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()
        psutil.wait_procs(processes, timeout=START_S)

    def shut(self) -> None:
        """End the server at once; its files stay."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=START_S)

    def start(self) -> None:
        """Start it again, after `crash` or `shut`."""
        self._process = self._start()

    def _template(self, prepare: Callable[[str], None]) -> str:
        if prepare not in self._templates:
            name = self._create(f"template_{next(self._numbers)}", "template1")
            prepare(self.url(name))
            self._templates[prepare] = name
        return self._templates[prepare]

    def _create(self, name: str, template: str) -> str:
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _init(self) -> None:
        # A linguistic collation, as most installations have: order by byte must come from our own SQL, not from the cluster's luck.
        base = [self._tool("initdb"), "-D", str(self.folder / "data"), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        for collation in (["--locale-provider=icu", "--icu-locale=en-US"], []):
            done = subprocess.run([*base, *collation], capture_output=True, text=True, check=False, cwd=self.folder, **self._as_account())
            if done.returncode == 0:
                return
            shutil.rmtree(self.folder / "data", ignore_errors=True)
        raise NoPostgres(f"initdb failed: {done.stderr.strip()[-500:]}")

    def _start(self) -> "subprocess.Popen[bytes]":
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "full_page_writes": "off",
            "shared_buffers": "32MB",
            "max_connections": "100",
            "jit": "off",
        }
        command = [self._tool("postgres"), "-D", str(self.folder / "data"), *(f"--{name}={value}" for name, value in settings.items())]
        with (self.folder / "log").open("wb") as log:
            process: subprocess.Popen[bytes] = subprocess.Popen(  # one system call, no lock
                command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # one system call, takes no lock
                **self._as_account(),
            )
        self._wait(process)
        return process

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.03)
        process.kill()
        process.wait()
        raise NoPostgres(f"the server did not start: {(self.folder / 'log').read_text()[-500:]}")

    def _tool(self, name: str) -> str:
        return str(self.bin / name)

    def _as_account(self) -> dict[str, Any]:
        """subprocess arguments that give up root for an account that PostgreSQL accepts."""
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}


def binaries() -> Path:
    """The folder of initdb and postgres: the newest of Debian's, else of PATH, else of the wheel in .venvs/postgres. Raises NoPostgres."""
    debians = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    on_path = [Path(found).resolve()] if (found := shutil.which("initdb")) else []
    wheels = list(ROOT.glob(".venvs/postgres/lib/python*/site-packages/*/pginstall/bin/initdb"))
    for initdb in (*reversed(debians), *on_path, *wheels):
        if (initdb.parent / "postgres").exists():
            return initdb.parent
    raise NoPostgres("no PostgreSQL binaries in /usr/lib/postgresql, on PATH or in .venvs/postgres")


def unprivileged() -> pwd.struct_passwd | None:
    """The account to run as when we are root, which PostgreSQL refuses; None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgres("running as root, and there is neither an account `postgres` nor `nobody` to run PostgreSQL as")


def die_with_parent() -> None:
    """In the child: have the kernel end it (SIGQUIT: at once) when the test process is gone, however that ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
