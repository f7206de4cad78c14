"""Where a server's time goes while a load runs: py-spy beside it, the three dearest lines of ours for each row."""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "0.4.1"
_FRAME = re.compile(r"(\S+) \((\S*undeterred/\S+\.py:\d+)\)")


class Profiler:
    """py-spy in an environment of its own, made on first use; raw stacks are kept in `results`."""

    def __init__(self, venv: Path, results: Path) -> None:
        self._spy, self._results = venv / "bin" / "py-spy", results
        results.mkdir(parents=True, exist_ok=True)
        if not self._spy.exists():
            subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
            subprocess.run([str(venv / "bin" / "pip"), "install", "-q", f"py-spy=={VERSION}"], check=True)

    @contextmanager
    def watch(self, pid: int, name: str) -> Iterator[None]:
        """Sample while the block runs, then print the dearest lines; the rates of that time are lower."""
        path = self._results / f"profile-{re.sub('[^a-z0-9]+', '-', name.lower())}.txt"
        command = [str(self._spy), "record", "--pid", str(pid), "--format", "raw", "--gil", "--rate", "200", "--output", str(path)]
        spy = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        try:
            yield
        finally:
            spy.send_signal(2)
            spy.wait(30)
        if path.exists():
            print(f"    {name}: {dearest(path.read_text())}", flush=True)


def dearest(stacks: str, count: int = 3) -> str:
    """The lines of ours, with what they call outside of ours, in which most samples were. stacks: py-spy's raw format."""
    spent: Counter[str] = Counter()
    for stack in stacks.splitlines():
        frames, _, samples = stack.rpartition(" ")
        ours = [found for frame in frames.split(";") if (found := _FRAME.search(frame))]
        last = f"{ours[-1][1]} {ours[-1][2]}" if ours else "outside of ours"
        spent[last] += int(samples)
    total = sum(spent.values()) or 1
    return "; ".join(f"{100 * samples / total:.0f}% {where}" for where, samples in spent.most_common(count))
