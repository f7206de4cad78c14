"""Ground for tests with real supervisors: a master's part played by a real HTTP server, and a way to start tasks against it."""

import asyncio
import base64
import contextlib
import io
import json
import os
import signal
import tarfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.needs import PATIENCE
from undeterred.domain.launch.facts import Environment, LaunchSpec
from undeterred.runtimes.local import Local
from undeterred.supervisor import folder, tree

KEY = "supervisor-key"


class Stub:
    """Plays the master: keeps lines as the contract says (each number once), states, and every other call; can fail, die and move."""

    def __init__(self, master_file: Path) -> None:
        self.master_file = master_file
        self.lines: list[dict[str, Any]] = []
        self.posts: list[tuple[int, int]] = []  # (first, count) of each accepted post of lines
        self.states: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str, Any]] = []
        self.seen_at: list[float] = []
        self.model: dict[str, str | bytes] = {}
        self.answers: dict[str, Callable[[], dict[str, Any]]] = {}
        self.before: Callable[[str], int] = lambda _path: (
            200
        )  # another status is answered instead, -1 cuts the connection, -2 after the work
        self.lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self.up()

    def up(self, port: int = 0) -> None:
        """Listen (again), and write master.json."""
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                stub.answer(self)

            do_POST = do_GET

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.master_file.write_text(json.dumps({"url": self.url}))
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Stop listening; kept connections are cut at their next request."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        self._server = None

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        path = urlsplit(handler.path).path
        status = self.before(path) if self._server is not None else -1
        if status == -1:
            handler.close_connection = True
            return
        out = self.work(handler, path, json.loads(body) if body else None) if status in {200, -2} else {"message": "not now"}
        if status == -2:
            handler.close_connection = True
            return
        data = json.dumps(out).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def work(self, handler: BaseHTTPRequestHandler, path: str, body: Any) -> dict[str, Any]:
        with self.lock:
            if path.startswith("/internal/"):
                assert handler.headers["X-Undeterred-Supervisor"] == KEY
            if path.endswith("/logs") and path.startswith("/internal/"):
                new = body["lines"][len(self.lines) - body["first"] :] if body["first"] <= len(self.lines) else []
                assert body["first"] <= len(self.lines), "a gap in the numbering"
                assert len(body["lines"]) <= 1000
                self.lines.extend(new)
                self.seen_at.extend([time.time()] * len(new))
                self.posts.append((body["first"], len(body["lines"])))
                return {"next": len(self.lines)}
            if path.endswith("/state"):
                self.states.append(body)
                return {}
            self.calls.append((handler.command, handler.path, body))
            if path.startswith("/api/"):
                assert handler.headers["Grpc-Metadata-x-allocation-token"] == "Bearer session"
        for end, make in self.answers.items():
            if path.endswith(end):
                return make()
        if path.endswith("/context_directory"):
            return {"b64Tgz": archive(self.model) if self.model else ""}
        if path.endswith("/rendezvous"):
            return {"rendezvousInfo": {"addresses": ["127.0.0.1"], "rank": 0, "slots": [1]}}
        return {}

    def text(self, stdtype: str = "stdout") -> list[str]:
        """The lines of one stream so far, without their ends."""
        with self.lock:
            return [line["log"].rstrip("\n") for line in self.lines if line["stdtype"] == stdtype]

    def ended(self) -> dict[str, Any] | None:
        """The report TERMINATED, once it is here."""
        with self.lock:
            return next((state for state in self.states if state["state"] == "TERMINATED"), None)


def archive(files: dict[str, str] | dict[str, str | bytes]) -> str:
    """A model definition as the master serves it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644
            tar.addfile(info, io.BytesIO(data))
    return base64.b64encode(buffer.getvalue()).decode()


def until(condition: Callable[[], Any], timeout_s: float = 20, what: str = "") -> Any:
    """Wait for a condition, PATIENCE times as long as on a machine like ours; fails by name."""
    timeout_s *= PATIENCE
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {what or condition}"
        time.sleep(0.01)
    return value


class Ground:
    """A data folder, a stub and a local runtime of one isolation mode."""

    def __init__(self, data: Path, mode: str) -> None:
        self.data, self.mode = data, mode
        self.stub = Stub(data / "master.json")
        self.runtime = Local(data, 1, [], "node", mode=mode)
        self.ids: list[str] = []

    def spec(self, *argv: str, environment: Environment | None = None, env: dict[str, str] | None = None, **more: Any) -> LaunchSpec:
        container = str(uuid.uuid4())
        self.ids.append(container)
        variables = {
            "DET_MASTER": self.stub.url,
            "DET_CLUSTER_ID": "cluster",
            "DET_AGENT_ID": "node",
            "DET_SLOT_IDS": "[0]",
            "DET_TASK_ID": "1.task",
            "DET_ALLOCATION_ID": "1.task.1",
            "DET_SESSION_TOKEN": "session",
            "DET_TASK_TYPE": "COMMAND",
            "DET_USER": "determined",
            "DET_CONTAINER_ID": container,
            "DET_RESOURCES_ID": container,
            "DET_RESOURCES_TYPE": "docker-container",
            "DET_WORKDIR": "/run/determined/workdir",
            "DET_RUN_DIR": "/run/determined",
            "HOME": "/run/determined/workdir",
        } | (env or {})
        return LaunchSpec(
            container_id=container,
            resources_id=container,
            allocation_id="1.task.1",
            epoch=1,
            key=KEY,
            master_url=self.stub.url,
            master_file=str(self.stub.master_file),
            addresses=[{"hostIp": "127.0.0.1"}],
            environment=environment,
            env=variables,
            argv=list(argv),
            **more,
        )

    def start(self, *argv: str, **more: Any) -> str:
        """Start a task; returns its container id."""
        spec = self.spec(*argv, **more)
        asyncio.run(self.runtime.start(spec))
        return spec.container_id

    def sh(self, script: str, **more: Any) -> str:
        return self.start("sh", "-c", script, **more)

    def place(self, container: str) -> Path:
        return self.data / "tasks" / container

    def supervisor(self, container: str) -> int:
        """The supervisor's process id, once it claimed the start."""
        return int(until(lambda: folder.claimed(str(self.place(container)))[1], what="the claim"))

    def end(self, container: str, timeout_s: float = 20) -> dict[str, Any]:
        """Wait until the task is reported as ended and its folder is gone; returns the report."""
        record = until(self.stub.ended, timeout_s, "TERMINATED")
        until(lambda: not self.place(container).exists(), 5, "the folder's removal")
        return dict(record)

    def observe(self) -> list[Any]:
        return asyncio.run(self.runtime.observe())

    def stop(self, container: str) -> None:
        asyncio.run(self.runtime.stop(container))

    def close(self) -> None:
        """End whatever a failed test left."""
        for container in self.ids:
            pid = folder.claimed(str(self.place(container)))[1]
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            tree.kill_marked(container)
        self.stub.down()


def nothing_left(ground: Ground) -> None:
    """No folder, process, mount or temporary file of any task of this ground."""
    until(lambda: not [i for i in ground.ids if tree.marked(i)], 5, "the end of all processes")
    until(lambda: set(os.listdir(ground.data / "tasks")) <= {".epoch", folder.ENDED}, 5, "the removal of all folders")
    mounts = Path("/proc/mounts").read_text()
    assert not [container for container in ground.ids if container in mounts]
    assert not Path("/run/determined/info").exists()


def modes() -> Iterator[str]:
    """The isolation modes this machine allows."""
    from undeterred.supervisor import probe

    for mode in ("A", "B"):
        if (mode != "A" or os.geteuid() == 0) and probe._try(mode) is None:
            yield mode
    yield "D"
