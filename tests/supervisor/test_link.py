"""Another server at the master's port: its good answers are none of the master's."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from undeterred.supervisor.link import Link

STRANGE = [b"<html>welcome</html>", b'"fine"', b"[]", b"\xff\xfe"]


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def serve(handler: type[Quiet]) -> Iterator[int]:
    """The port of a server that answers so, while it is wanted."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def port() -> Iterator[int]:
    """Of a server that says strange things first, and then what a master says."""
    answers = iter([*STRANGE, b'{"next": 7}'])

    class Handler(Quiet):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            body = next(answers)
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    yield from serve(Handler)


@pytest.mark.parametrize("kind", ["report", "call"])
def test_strange_answers_are_asked_again(port: int, kind: str) -> None:
    link = Link({"master_url": f"http://127.0.0.1:{port}", "key": "k", "env": {"DET_SESSION_TOKEN": "t"}})
    answer = link.report("/x", b"{}") if kind == "report" else link.call("POST", "/x", b"{}")
    link.close()
    assert answer == {"next": 7}


@pytest.fixture
def stranger() -> Iterator[int]:
    """Of a server that knows nothing of the master's paths."""

    class Handler(Quiet):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_error(404)

    yield from serve(Handler)


@pytest.mark.slow
def test_a_master_that_moved_is_found_though_another_server_has_its_port(port: int, stranger: int, tmp_path: Path) -> None:
    master_file = tmp_path / "master.json"
    master_file.write_text(json.dumps({"url": f"http://127.0.0.1:{port}"}))
    link = Link({"master_url": f"http://127.0.0.1:{stranger}", "master_file": str(master_file), "key": "k"})
    answer = link.report("/x", b"{}")
    link.close()
    assert answer == {"next": 7}
