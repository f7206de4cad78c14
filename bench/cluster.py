"""A server to measure, started as people start it, and a client that keeps its connection."""

import http.client
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

TERMINATE_S = 15


class Client:
    """One keep-alive connection on loopback; raises AssertionError for an answer that is no success."""

    def __init__(self, port: int, token: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def raw(self, verb: str, path: str, body: Any = None) -> bytes:
        """One request; the answer as it came."""
        self._connection.request(verb, path, None if body is None else json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        assert answer.status == 200, (path, answer.status, said[:200])
        return said

    def ask(self, verb: str, path: str, body: Any = None) -> Any:
        """One request; the decoded answer."""
        return json.loads(self.raw(verb, path, body) or b"null")

    def close(self) -> None:
        self._connection.close()


class Server:
    """A master as a process of its own, on loopback; what it runs ends with it."""

    def __init__(self, data: Path, slots: int = 0, environment: Path | None = None) -> None:
        self.data, self.port = data, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "undeterred.cli.main", "up", "--foreground", "--stop-tasks"]
        command += ["--data", str(data), "--port", str(self.port), "--slots", str(slots)]
        if environment is not None:
            config = data.with_suffix(".yaml")
            config.write_text(f"default_environment: {environment}\n")
            command += ["--config", str(config)]
        begun = time.monotonic()
        with open(data.with_suffix(".log"), "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while not answers(self.port, "/info"):
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended:\n{data.with_suffix('.log').read_text()[-2000:]}")
            time.sleep(0.005)
        self.first_answer_s = time.monotonic() - begun
        self.token = Client(self.port).ask("POST", "/api/v1/auth/login", {"username": "determined"})["token"]
        self.client = self.new_client()
        self.call = self.client.ask

    def new_client(self) -> Client:
        """Another connection, as `determined`."""
        return Client(self.port, self.token)

    def memory_mb(self) -> float:
        """Its resident memory."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20

    def cpu_share(self, seconds: float) -> float:
        """The part of one core that it uses while nobody asks for anything."""
        process = psutil.Process(self.process.pid)
        before = process.cpu_times()
        time.sleep(seconds)
        after = process.cpu_times()
        return float(after.user + after.system - before.user - before.system) / seconds

    def stop(self) -> None:
        """SIGTERM, and SIGKILL where that does not help."""
        self.client.close()
        self.process.terminate()
        try:
            self.process.wait(TERMINATE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def first_answer_s(data: Path, rounds: int) -> float:
    """From the command to the first answer, the best of some starts on the same data."""
    took = []
    for _ in range(rounds):
        server = Server(data)
        took.append(server.first_answer_s)
        server.stop()
    return min(took)


def answers(port: int, path: str) -> bool:
    """Whether a GET is answered with 200 now."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
