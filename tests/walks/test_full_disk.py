"""A full disk under the data folder: a clear error, nothing acknowledged is lost, and all is well again once there is space."""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import needs
from tests.support.det import cluster_config
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(540)]
STAYS_FULL_S = 2.5
MARK = "76543.2109"
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


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with a journal, which the kernel makes read-only when it finds an error on it."""
    place, disk = tmp_path / "journalled", tmp_path / "disk.img"
    place.mkdir()
    with open(disk, "wb") as file:
        file.truncate(48 * 1024 * 1024)
    for words in (["mkfs.ext4", "-q", "-F", str(disk)], ["mount", "-o", "loop", str(disk), str(place)]):
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip(f"{words[0]} is missing; install e2fsprogs")
        if done.returncode:
            pytest.skip(f"a disk of its own ({done.stderr.strip()}) is missing; run as root where loop devices are allowed")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def fill(disk: Path) -> None:
    """Write until nothing more fits, be it a byte."""
    with open(disk / "fill", "ab", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 65536)
        except OSError:
            return


def refuses(server: Server) -> bool:
    return create(server)[0] == 503


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
    walk.until(lambda: refuses(server), 10)
    os.sync()
    (disk / "fill").unlink()
    walk.until_state(server, number, "COMPLETED")
    assert [line for line in walk.log(server, number) if line.startswith("line ")] == [f"line {i}" for i in range(1, 61)]
    assert walk.trial(server, number)["restarts"] == 0


def test_a_trial_ends_while_the_disk_is_full(disk: Path, serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    """Its end is kept by its supervisor until it can be stored; then the next in line begins."""
    server = serve(data=disk / "data", config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    number = walk.shell(server, "echo line 1; sleep 1.5; echo line 2")
    after = walk.shell(server, "echo line 1")
    walk.until_line(server, number, "line 1")
    fill(disk)
    walk.until(lambda: refuses(server), 10)
    process = walk.user_process(server)
    walk.until(lambda: not process.is_running(), 10)
    time.sleep(STAYS_FULL_S)
    assert walk.experiment(server, number)["state"] == "STATE_RUNNING", "nobody could store that it ended"
    (disk / "fill").unlink()
    walk.until_state(server, number, "COMPLETED")
    walk.until_state(server, after, "COMPLETED")
    assert [line for line in walk.log(server, number) if line.startswith("line ")] == ["line 1", "line 2"]
    assert walk.trial(server, number)["restarts"] == 0
    walk.nothing_left(server)


def test_a_loop_that_cannot_write_tries_again(disk: Path, serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    """The time to leave runs out while the disk is full: said in a line of the master's log, and the trial is killed once that can be stored."""
    server = serve(data=disk / "data", config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    number = walk.shell(server, f"echo begun; exec sleep {MARK}", preemption_timeout=1)
    walk.until_line(server, number, "begun")
    walk.act(server, number, "cancel")
    fill(disk)
    walk.until(lambda: refuses(server), 10)
    time.sleep(STAYS_FULL_S)
    assert walk.experiment(server, number)["state"] == "STATE_STOPPING_CANCELED"
    assert "disk is full" in server.tail()
    (disk / "fill").unlink()
    walk.until_state(server, number, "CANCELED", timeout_s=5)
    walk.nothing_left(server, MARK)


def test_a_supervisor_dies_while_the_disk_is_full(disk: Path, serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    server = serve(data=disk / "data", config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    number = walk.shell(server, "echo begun; sleep 4")
    walk.until_line(server, number, "begun")
    fill(disk)
    walk.until(lambda: refuses(server), 10)
    os.kill(walk.supervisor(server), signal.SIGKILL)
    time.sleep(STAYS_FULL_S)
    (disk / "fill").unlink()
    walk.until_state(server, number, "COMPLETED")
    assert walk.trial(server, number)["restarts"] == 0
    assert walk.log(server, number).count("begun") == 2
    walk.nothing_left(server)


@pytest.mark.parametrize("left_kib", [0, 160, 320])
def test_a_trial_that_has_no_room_to_start(
    disk: Path, serve: Callable[..., Server], task_python: Path, tmp_path: Path, left_kib: int
) -> None:
    """Refused, run, or failed in plain words: whatever little room there is, nothing hangs and nothing is left."""
    server = serve(data=disk / "data", config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    server.token()
    fill(disk)
    os.truncate(disk / "fill", (disk / "fill").stat().st_size - left_kib * 1024)
    body = {"config": json.dumps(walk.config(entrypoint="echo ran")), "activate": True}
    status, answer = server.call("POST", "/api/v1/experiments", body)
    time.sleep(STAYS_FULL_S)
    (disk / "fill").unlink()
    if status == 503:
        number = walk.submit(server, walk.config(entrypoint="echo ran"))
    else:
        assert status == 200, answer
        number = int(answer["experiment"]["id"])
    if walk.until_state(server, number, "COMPLETED", "ERROR") == "STATE_ERROR":
        assert any("No space left on device" in line for line in walk.log(server, number)), walk.log(server, number)
    walk.nothing_left(server)


@pytest.mark.parametrize("left_kib", [0, 8, 64])
def test_tasks_have_a_full_disk_of_their_own(
    disk: Path, serve: Callable[..., Server], task_python: Path, tmp_path: Path, left_kib: int
) -> None:
    """The store has room, the tasks' folder has none or little: a trial waits for room, or fails in plain words; nothing hangs, nothing is left."""
    (disk / "tasks").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tasks").symlink_to(disk / "tasks")
    server = serve(data=tmp_path / "data", config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    fill(disk)
    os.truncate(disk / "fill", (disk / "fill").stat().st_size - left_kib * 1024)
    number = walk.shell(server, "echo ran")
    time.sleep(STAYS_FULL_S)
    waits = walk.experiment(server, number)["state"] == "STATE_QUEUED"
    (disk / "fill").unlink()
    end = walk.until_state(server, number, "COMPLETED", "ERROR")
    assert end == ("STATE_COMPLETED" if waits else "STATE_ERROR"), walk.log(server, number)
    if end == "STATE_ERROR":
        assert any("No space left on device" in line for line in walk.log(server, number)), walk.log(server, number)
    walk.nothing_left(server)


@pytest.mark.realclient
def test_reports_of_a_running_trial_wait_for_room(disk: Path, serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    """The unmodified harness is told when to ask again, and its trial goes on as if nothing had been."""
    server = serve(data=disk / "data", config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    wanted = walk.config(environment=walk.environ(STEPS=20, PAUSE=0.1, EVERY=5))
    number = walk.submit(server, wanted, {"train.py": walk.STEPS})
    walk.until_line(server, number, "line 3")
    fill(disk)
    walk.until(lambda: "ReportTrialMetrics: the data folder's disk is full" in server.tail(100_000), what="a refused report")
    (disk / "fill").unlink()
    walk.until_state(server, number, "COMPLETED", "ERROR")
    assert [line for line in walk.log(server, number) if line.startswith("line ")] == [f"line {i}" for i in range(1, 21)]
    assert walk.trial(server, number)["restarts"] == 0
    status, page = server.call("GET", f"/api/v1/trials/metrics/training_metrics?trialIds={walk.trial(server, number)['id']}")
    assert status == 200
    assert [int(report["totalBatches"]) for report in page["result"]["metrics"]] == list(range(1, 21))


def test_a_model_definition_larger_than_the_disk(disk: Path, serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    """Refused, and the room that it took is given back: the next small one runs."""
    server = serve(data=disk / "data", config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    parts = [base64.b64encode(os.urandom(5 * 1024 * 1024)).decode() for _ in range(8)]
    files = [{"path": f"part{i}", "type": 48, "content": part, "mode": 0o644} for i, part in enumerate(parts)]
    status, answer = server.call("POST", "/api/v1/experiments", {"config": json.dumps(walk.config()), "modelDefinition": files})
    assert (status, "disk is full" in str(answer)) == (503, True)
    assert ids(server) == set()
    number = walk.shell(server, "echo ran")
    walk.until_state(server, number, "COMPLETED")
    walk.nothing_left(server)


def test_a_first_start_without_room(disk: Path, serve: Callable[..., Server]) -> None:
    """However far it gets: a sentence, and a start once there is room."""
    for left_kib in (4, 16, 300):
        data = disk / f"data{left_kib}"
        data.mkdir()
        fill(disk)
        os.truncate(disk / "fill", (disk / "fill").stat().st_size - left_kib * 1024)
        command = [sys.executable, "-m", "undeterred.master", "--data", str(data), "--port", "0", "--slots", "0"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 1
        assert re.search(r"undeterred: the data folder.* (cannot be written|disk is full)", done.stderr), done.stderr
        assert "Traceback" not in done.stderr
        (disk / "fill").unlink()
        assert ids(serve(data=data)) == set()


def test_a_folder_that_cannot_be_written_is_refused(disk: Path, serve: Callable[..., Server]) -> None:
    server = serve(data=disk / "data")
    server.terminate()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    command = [sys.executable, "-m", "undeterred.master", "--data", str(disk / "data"), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 1
    assert "cannot be written (Read-only file system): mend it or choose another with --data" in done.stderr
    assert "Traceback" not in done.stderr
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    server.start()
    assert ids(server) == set()


def test_a_disk_that_turns_read_only(image: Path, serve: Callable[..., Server]) -> None:
    """As after an error on the disk: writes are refused, reads go on, and once it is mounted anew everything acknowledged is there."""
    server = serve(data=image / "data")
    made = {create(server)[1] for _ in range(5)}
    subprocess.run(["mount", "-o", "remount,abort", str(image)], check=True)
    for _ in range(3):
        status, answer = server.call("POST", "/api/v1/experiments", UNMANAGED)
        assert status == 503, answer
        assert "nothing was stored" in answer["error"]["error"]
        assert ids(server) == made
    server.kill9()
    subprocess.run(["umount", "-l", str(image)], check=True)
    mended = image.parent / "mended.img"
    shutil.copy(image.parent / "disk.img", mended)  # tasks of other tests may hold the old one in their mount namespaces
    assert subprocess.run(["e2fsck", "-p", str(mended)], capture_output=True, check=False).returncode in {0, 1}
    subprocess.run(["mount", "-o", "loop", str(mended), str(image)], check=True)
    server.start()
    assert ids(server) == made
    made.add(create(server)[1])
    assert ids(server) == made
