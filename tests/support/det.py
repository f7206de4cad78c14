"""The real `det` 0.38.1 against a test's server, with a home of its own: no saved login of the person who runs the tests is used or changed."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.server import Server


class Det:
    """`det("experiment", "list")` gives what it printed; a status other than the wanted one fails the test with all its words."""

    def __init__(self, task_python: Path, server: Server, home: Path) -> None:
        self.program, self.server, self.home = task_python.parent / "det", server, home

    def __call__(
        self, *words: str, cwd: Path | None = None, status: int = 0, timeout_s: float = 240, user: str = "", typed: str = ""
    ) -> str:
        done = subprocess.run(
            [str(self.program), *(["-u", user] if user else []), *words],
            cwd=cwd or self.home,
            env=self.environ(),
            capture_output=True,
            text=True,
            input=typed,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode != status:
            said = f"{done.stdout}{done.stderr}\nthe server's log ends:\n{self.server.tail()}"
            pytest.fail(f"det {' '.join(words)} ended with {done.returncode}, expected {status}:\n{said}", pytrace=False)
        return done.stdout + done.stderr

    def environ(self) -> dict[str, str]:
        """What a client process needs: the server, an empty home, no inherited login or proxy."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DET_") and name.lower() != "no_proxy"}
        kept |= {"DET_MASTER": self.server.url, "HOME": str(self.home), "XDG_DATA_HOME": str(self.home)}
        return kept | {"PYTHONUNBUFFERED": "1", "NO_PROXY": "*"}


def cluster_config(task_python: Path, checkpoints: Path) -> dict[str, object]:
    """The master.yaml of a cluster whose tasks run in the task environment and keep checkpoints in a folder of the test's."""
    checkpoints.mkdir(parents=True, exist_ok=True)
    return {
        "default_environment": str(task_python.parent.parent),
        "checkpoint_storage": {"type": "shared_fs", "host_path": str(checkpoints)},
    }
