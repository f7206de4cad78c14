"""A full disk under the data folder: a clear error, nothing acknowledged is lost, and all is well again once there is space."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import needs
from tests.support.det import cluster_config
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
UNMANAGED = {"config": "name: u\nsearcher: {name: single, metric: loss}\n", "unmanaged": True}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(place)], capture_output=True, text=True, check=False)
    if mounted.returncode:
        needs.lacking(f"a file system of its own ({mounted.stderr.strip() or 'mount failed'})", "run as root where mount is allowed")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def fill(disk: Path) -> None:
    with open(disk / "fill", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 65536)
        except OSError:
            return


def create(server: Server) -> tuple[int, int]:
    """(status, id or 0) of a small experiment."""
    status, answer = server.call("POST", "/api/v1/experiments", UNMANAGED)
    if status == 503:
        assert "disk is full: nothing was stored; free some space" in answer["error"]["error"]
        return status, 0
    assert status == 200, answer
    return status, int(answer["experiment"]["id"])


def ids(server: Server) -> set[int]:
    return {e["id"] for e in walk.get(server, "/api/v1/experiments?limit=-1")["experiments"]}


def test_writes_are_refused_and_nothing_acknowledged_is_lost(disk: Path, serve: Callable[..., Server]) -> None:
    server = serve(data=disk / "data")
    made = {create(server)[1] for _ in range(5)}
    fill(disk)
    answers = [create(server) for _ in range(60)]
    assert (503, 0) in answers
    made |= {number for _status, number in answers if number}
    assert ids(server) == made, "reads go on, and only what was acknowledged is there"
    (disk / "fill").unlink()
    made.add(create(server)[1])
    fill(disk)
    made |= {number for _status, number in (create(server) for _ in range(60)) if number}
    server.kill9()
    (disk / "fill").unlink()
    server.start()
    assert ids(server) == made


def test_a_running_trial_gets_over_it(disk: Path, serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    server = serve(data=disk / "data", config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    number = walk.shell(server, "for i in $(seq 1 60); do echo line $i; sleep 0.1; done")
    walk.until_line(server, number, "line 3")
    fill(disk)
    walk.until(lambda: create(server)[0] == 503, 10)
    os.sync()
    (disk / "fill").unlink()
    walk.until_state(server, number, "COMPLETED")
    assert [line for line in walk.log(server, number) if line.startswith("line ")] == [f"line {i}" for i in range(1, 61)]
    assert walk.trial(server, number)["restarts"] == 0


def test_a_folder_that_cannot_be_written_is_refused(disk: Path, serve: Callable[..., Server]) -> None:
    server = serve(data=disk / "data")
    server.terminate()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    command = [sys.executable, "-m", "undeterred.master", "--data", str(disk / "data"), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "cannot be written (Read-only file system): mend it or choose another with --data" in done.stderr
    assert "Traceback" not in done.stderr
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    server.start()
    assert ids(server) == set()
