"""The README's first command: `make demo` trains a real model, shows the result, and ends with 0; in a terminal it stays until Ctrl-C."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.needs import ROOT

DEMO = [sys.executable, str(ROOT / "tools" / "demo.py")]

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(720), pytest.mark.usefixtures("task_python")]


def test_without_a_terminal_it_shows_everything_and_ends() -> None:
    done = subprocess.run(DEMO, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL, check=False)
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    assert re.search(r"experiment \d+ COMPLETED", said), said
    best = re.search(r"best validation_accuracy: (\d\.\d+)", said)
    assert best is not None, said
    assert float(best[1]) > 0.9
    kept = re.findall(r"checkpoint after \d+ batches: (\S+) \(there\)", said)
    assert 1 <= len(kept) <= 2, said
    assert all((Path(folder) / "network.npz").exists() for folder in kept), "what it names stays"
    assert re.search(r"API playground: http://127\.0\.0\.1:\d+/docs/rest-api/", said)
    assert said.count("\n  200 ") == 6
    assert said.count("\n  401 ") == 1
    assert said.rstrip().endswith("stopped cleanly")


def test_in_a_terminal_it_stays_until_ctrl_c() -> None:
    terminal, inside = pty.openpty()
    demo = subprocess.Popen(DEMO, stdin=inside, stdout=inside, stderr=inside, start_new_session=True)
    os.close(inside)
    try:
        said = read_until(terminal, b"Ctrl-C stops it.", 500)
        url = re.search(rb"ready at (http://127\.0\.0\.1:\d+)", said)
        assert url is not None, said.decode(errors="replace")
        assert demo.poll() is None
        os.killpg(demo.pid, signal.SIGINT)  # what a terminal does on Ctrl-C
        said += read_until(terminal, b"stopped cleanly", 120)
        assert demo.wait(timeout=90) == 0, said.decode(errors="replace")
    finally:
        demo.terminate()
        demo.wait(timeout=60)
        os.close(terminal)


def read_until(terminal: int, word: bytes, limit_s: float) -> bytes:
    """What a terminal showed up to a word; fails with all of it when the word does not come."""
    said, deadline = b"", time.monotonic() + limit_s
    while word not in said and time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            try:
                said += os.read(terminal, 65536)
            except OSError:
                break
    assert word in said, said.decode(errors="replace")
    return said
