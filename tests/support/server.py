"""A real server on a real port: started as people start it, stopped, killed and started again, its log read for tracebacks."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

import psutil
import pytest
import yaml

START_S = 90
STOP_S = 60
TRACEBACK = "Traceback (most recent call last)"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Server:
    """`undeterred up --foreground` over one data folder. Use the `serve` fixture, which ends it and reads its log."""

    def __init__(
        self, data: Path, config: dict[str, Any] | None = None, slots: int = 0, port: int | None = None, env: dict[str, str] | None = None
    ) -> None:
        self.data, self.slots = data, slots
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = env or {}
        self.log = data.parent / f"{data.name}.log"
        self.config = data.parent / f"{data.name}.yaml"
        self.config.write_text(yaml.safe_dump(config or {}))
        self._process: subprocess.Popen[bytes] | None = None
        self._tokens: dict[str, str] = {}

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server was not started"
        return self._process.pid

    def start(self) -> Self:
        """Start it and wait until GET /info answers; the test fails with the log's end if it does not."""
        command = [sys.executable, "-m", "undeterred.cli.main", "up", "--foreground"]
        command += ["--data", str(self.data), "--port", str(self.port), "--config", str(self.config), "--slots", str(self.slots)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # one system call, no lock
                command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.env},
                preexec_fn=end_with_parent,  # noqa: PLW1509  # one system call, takes no lock
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.answers():
                return self
            time.sleep(0.02)
        ended = self._process.poll()
        self.kill9()
        why = f"it ended with status {ended}" if ended is not None else f"no answer in {START_S} s"
        pytest.fail(f"the server did not start: {why}\n{self.tail()}", pytrace=False)

    def answers(self) -> bool:
        """Whether GET /info is answered now."""
        try:
            with OPENER.open(f"{self.url}/info", timeout=2) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def stop(self) -> int | None:
        """SIGTERM and wait; SIGKILL after 20 s. Ends the tasks it left too. Returns the exit status, None if it was not running."""
        status = self.terminate()
        self.sweep()
        return status

    def terminate(self) -> int | None:
        """SIGTERM and wait, leaving its tasks running. Returns the exit status, None if it was not running."""
        process = self._process
        if process is None or process.poll() is not None:
            return None
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self.kill9()
            pytest.fail(f"the server did not end within {STOP_S} s of SIGTERM\n{self.tail()}", pytrace=False)

    def kill9(self) -> None:
        """SIGKILL: no goodbye, no flush; tasks go on."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> Self:
        """Start again over the same data folder and port, after `kill9` or, if it still runs, after a clean end."""
        self.terminate()
        return self.start()

    def leftovers(self) -> list[psutil.Process]:
        """Processes other than the server that its data folder started and that still run."""
        own = {os.getpid(), self._process.pid if self._process else 0}
        return [process for process in psutil.process_iter() if process.pid not in own and belongs(process, str(self.data))]

    def sweep(self) -> None:
        """End what a killed server left running, so that no test burdens the next."""
        for process in self.leftovers():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue

    def tail(self, size: int = 4000) -> str:
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else "(no log)"

    def complain(self) -> None:
        """Fail the test if the log holds a traceback: an error that nobody handled."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        if TRACEBACK in text:
            at = text.index(TRACEBACK)
            pytest.fail(f"the server's log holds a traceback:\n{text[max(0, at - 500) : at + 4000]}", pytrace=False)

    def token(self, username: str = "determined", password: str = "") -> str:
        """A token for this user, asked for once."""
        if username not in self._tokens:
            status, answer = self.call("POST", "/api/v1/auth/login", {"username": username, "password": password, "isHashed": False}, None)
            assert status == 200, f"log in as {username}: {status} {answer}"
            self._tokens[username] = answer["token"]
        return self._tokens[username]

    def call(self, method: str, path: str, body: Any = None, token: str | None = "") -> tuple[int, Any]:
        """One request; token "" logs in as `determined`, None sends none. Returns status and the parsed answer (a list for NDJSON)."""
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode())
        token = self.token() if token == "" else token
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with OPENER.open(request, timeout=120) as reply:
                return reply.status, parsed(reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, parsed(error.read())


def parsed(raw: bytes) -> Any:
    """JSON, a list for newline-delimited JSON, None for nothing, else the text."""
    text = raw.decode(errors="replace")
    try:
        return json.loads(text) if text else None
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.splitlines()]
    except ValueError:
        return text


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def belongs(process: psutil.Process, data: str) -> bool:
    """Whether a process was started for this data folder: it is named on its command line, or it works in it."""
    try:
        return any(data in word for word in process.cmdline()) or process.cwd().startswith(data)
    except (psutil.Error, OSError):
        return False


def end_with_parent() -> None:
    """In the child: have the kernel send SIGTERM when the test process is gone, however that ended."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
