"""Every command as a newcomer types it, with a real process behind it."""

import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.server import OPENER, Server, free_port

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def run(data: Path) -> Iterator[Run]:
    """`run("up", "--port", "0", status=0)`: the command with its data folder; what it left running is ended."""

    def call(*words: str, status: int = 0, **env: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "undeterred.cli.main", *words, "--data", str(data)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=180, check=False, stdin=subprocess.DEVNULL, env={**os.environ, **env}
        )
        assert done.returncode == status, f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    yield call
    for process in psutil.process_iter():
        try:
            if str(data) in " ".join(process.cmdline()):
                process.kill()
        except psutil.Error:
            continue


def test_up_status_down(run: Run, data: Path) -> None:
    assert f"`undeterred up --data {data}` starts one" in run("status", status=3).stdout
    first = run("up", "--port", "0", "--slots", "1").stdout
    url = re.search(r"It is up at (http://127\.0\.0\.1:\d+)", first)
    assert url is not None
    assert f"export DET_MASTER={url[1]}" in first
    assert f"undeterred env create --data {data}" in first, "the environment is missing, and the welcome says how to make it"
    assert f"{url[1]}/docs/rest-api/" in first
    with OPENER.open(url[1] + "/info") as answer:
        assert answer.status == 200
    assert f"already running at {url[1]}" in run("up", "--port", "0").stdout
    assert f"Running at {url[1]}" in run("status").stdout
    assert "Stopped" in run("down").stdout
    assert "No master is running" in run("down").stdout
    again = run("up", "--port", "0", "--slots", "1").stdout
    assert "What next" not in again
    assert f"undeterred env create --data {data}" in again
    run("down", "--stop-tasks")
    assert not (data / "master.json").exists()


def test_a_machine_without_slots_needs_no_environment(run: Run) -> None:
    assert "env create" not in run("up", "--port", "0", "--slots", "0").stdout
    run("down")


def test_a_taken_port_is_named_with_the_way_out(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = run("up", "--port", port, status=1).stderr
        assert f"cannot listen on 127.0.0.1:{port}" in said
        assert "--port" in said
        examined = run("doctor", "--port", port, status=1).stdout
        assert re.search(rf"mend +port +127\.0\.0\.1:{port} cannot be had", examined)


@pytest.mark.parametrize("place", ["/proc/undeterred", "/dev/null/undeterred"])
def test_a_folder_that_cannot_be_written_is_refused(place: str) -> None:
    for words in (["up", "--port", "0"], ["up", "--foreground", "--port", "0"]):
        command = [sys.executable, "-m", "undeterred.cli.main", *words, "--data", place]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 1
        assert f"the data folder {place} cannot be written" in done.stderr
        assert "Traceback" not in done.stderr


def test_an_unknown_word_of_the_configuration_is_named_with_the_nearest(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "master.yaml"
    file.write_text("prot: 8080\n")
    said = run("up", "--config", str(file), status=1).stderr
    assert "prot: unknown word; did you mean `port`?" in said
    assert "did you mean `port`?" in run("doctor", "--config", str(file), status=1).stdout


@pytest.mark.slow
def test_a_master_that_died_is_not_taken_for_running(run: Run) -> None:
    said = run("up", "--port", "0", "--slots", "0").stdout
    found = re.search(r"process (\d+)", said)
    assert found is not None
    os.kill(int(found[1]), signal.SIGKILL)
    psutil.wait_procs([p for p in psutil.process_iter() if p.pid == int(found[1])], timeout=5)
    run("status", status=3)
    assert "It is up" in run("up", "--port", "0", "--slots", "0").stdout
    run("down")


def test_foreground_runs_until_sigterm_and_refuses_a_second_master(serve: Callable[..., Server], run: Run, data: Path) -> None:
    server = serve(data=data)
    done = subprocess.run(
        [sys.executable, "-m", "undeterred.cli.main", "up", "--foreground", "--port", str(free_port()), "--data", str(data)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert f"already has a master (process {server.pid})" in done.stderr
    assert f"Running at {server.url}" in run("status").stdout
    assert server.terminate() == 0


def test_doctor_answers_every_question(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "master.yaml"
    file.write_text(f"slots: 0\nport: {free_port()}\n")
    said = run("doctor", "--config", str(file)).stdout
    names = re.findall(r"^(?:ok|note) +(\w+(?: folder)?)", said, re.MULTILINE)
    assert names == ["python", "data folder", "disk", "clock", "database", "port", "namespaces", "slots", "environment"]
    assert "\033" not in said, "colours are for terminals"
    gone = f"postgresql://nobody:secret@127.0.0.1:{free_port()}/none"
    said = run("doctor", "--config", str(file), status=1, UNDETERRED_DB_URL=gone).stdout
    assert "does not let us in" in said
    assert "secret" not in said


def test_doctor_knows_our_own_master(serve: Callable[..., Server], run: Run, data: Path) -> None:
    server = serve(data=data)
    said = run("doctor", "--port", str(server.port), status=1).stdout
    assert f"our own master runs at {server.url}" in said


def test_env_says_what_is_there_and_what_fails(run: Run) -> None:
    assert "undeterred env create" in run("env", "list").stdout
    assert "There is no Python environment" in run("env", "check", status=1).stdout
    assert "ended with 1" in run("env", "create", "--python", "/bin/false", status=1).stderr
    assert "/no/python cannot be started: No such file" in run("env", "create", "--python", "/no/python", status=1).stderr
    assert "There is no Python environment" in run("env", "add", "numpy", status=1).stderr
    assert "no environment yet" in run("env", "list").stdout


@pytest.mark.slow
def test_env_create_shows_its_steps(run: Run, tmp_path: Path) -> None:
    """With a package folder in the registry's place: a stand-in for the harness that has its name and version and nothing else."""
    with zipfile.ZipFile(tmp_path / "determined-0.38.1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("determined/__init__.py", "")
        wheel.writestr("determined-0.38.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: determined\nVersion: 0.38.1\n")
        wheel.writestr(
            "determined-0.38.1.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("determined-0.38.1.dist-info/RECORD", "")
    said = run("env", "create", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path)).stdout
    steps = [said.index(step) for step in ("making a virtual environment", "installing determined==0.38.1", "is ready")]
    assert steps == sorted(steps)
    assert re.search(r"default\t.*\tdetermined 0\.38\.1\tok", said)
    assert "`undeterred env add PACKAGE --data" in run("env", "create", status=1).stderr
    assert re.search(r"ok +environment +default", run("doctor", "--port", str(free_port())).stdout)
    assert "env create" not in run("up", "--port", "0").stdout
    run("down")


def test_on_a_terminal_up_offers_to_make_the_environment(run: Run, data: Path) -> None:
    terminal, inside = pty.openpty()
    command = [sys.executable, "-m", "undeterred.cli.main", "up", "--port", "0", "--slots", "1", "--data", str(data)]
    child = subprocess.Popen(command, stdin=inside, stdout=inside, stderr=inside)
    os.close(inside)
    said, deadline = "", time.monotonic() + 40
    while "Make it now?" not in said and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            said += os.read(terminal, 4096).decode()
    os.write(terminal, b"n\n")
    assert child.wait(20) == 0
    said += os.read(terminal, 65536).decode()
    os.close(terminal)
    assert "What next" in said
    run("down")
