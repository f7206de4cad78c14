"""A full disk under the task's folder: the task waits, nothing is lost or torn, and it goes on by itself when there is room."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.supervisor.ground import Ground, nothing_left, until


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path)], check=False).returncode:
        pytest.skip("no right to mount a file system of its own: run these tests as root too, where mount is allowed")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize("fill", [False, True])
def test_full_disk(small: Path, fill: bool) -> None:
    """Lines held back by a full disk arrive in order once there is room."""
    ground = Ground(small, "A")
    try:
        ground.stub.before = lambda path: 503 if path.endswith("/logs") else 200
        container = ground.start("awk", 'BEGIN { s = sprintf("%8000s", "x"); for (i = 0; i < 3000; i++) print i s }')
        spool = ground.place(container) / "spool"
        until(lambda: os.statvfs(small).f_bavail == 0 or sum(f.stat().st_size for f in spool.glob("*")) > 7 << 20, 20)
        time.sleep(0.5)
        if fill:
            room = os.statvfs(small)
            (small / "other").write_bytes(bytes(room.f_bavail * room.f_bsize))
        ground.stub.before = lambda _path: 200
        if fill:
            time.sleep(1)
            (small / "other").unlink()
        assert ground.end(container, 60)["exitCode"] == 0
        assert [int(text[: text.index(" ")]) for text in ground.stub.text()] == list(range(3000))
        nothing_left(ground)
    finally:
        ground.close()
