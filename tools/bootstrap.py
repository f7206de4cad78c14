"""Makes the environments that `make` works in, with nothing but Python's standard library; does nothing when all is as it should be.

bootstrap.py dev      .venv: the server and the development tools, pinned by requirements/dev.lock
bootstrap.py task     .venvs/task: what tasks run in, and the `det` client, pinned by requirements/task.lock
bootstrap.py torch    .venvs/torch: the same with PyTorch (several GB), pinned by requirements/torch.lock
bootstrap.py system   PostgreSQL and Chromium for the tests: Debian's packages where we may install them, else a wheel (PostgreSQL only)
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
DEBIAN = {"postgres": ["postgresql"], "chromium": ["chromium"]}


def main(names: list[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036  # run by whatever `python3` is, before any environment exists
        say(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Name another one: make PYTHON=python3.12 ...")
        return 1
    makers = {"dev": dev, "task": task, "torch": torch, "system": system}
    unknown = [name for name in names if name not in makers]
    if unknown or not names:
        say(f"unknown: {', '.join(unknown) or 'nothing named'}; known: {', '.join(makers)}")
        return 2
    with one_at_a_time():
        for name in names:
            makers[name]()
    return 0


def dev() -> None:
    """.venv, with the package itself installed in place."""
    environment(ROOT / ".venv", ["dev.lock"], extra=["--no-deps", "-e", str(ROOT)])


def task() -> None:
    environment(ROOT / ".venvs" / "task", ["task.lock"])


def torch() -> None:
    environment(ROOT / ".venvs" / "torch", ["task.lock", "torch.lock"])


def system() -> None:
    """PostgreSQL and a browser. What cannot be had is said, and its tests are skipped by name (in CI that is a failure)."""
    missing = [name for name, found in (("postgres", find_postgres()), ("chromium", find_chromium())) if not found]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        debian([package for name in missing for package in DEBIAN[name]])
    if not find_postgres():
        environment(ROOT / ".venvs" / "postgres", ["postgres.lock"])
    if not find_chromium():
        say("no Chromium found and none installed: the tests marked `browser` will be skipped")


def find_postgres() -> bool:
    debians = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return bool(debians or shutil.which("initdb"))


def find_chromium() -> bool:
    return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))


def debian(packages: list[str]) -> None:
    settings = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for title, command in (("Debian's package lists", ["apt-get", "update", "-q"]), (f"Debian's {', '.join(packages)}", install)):
        if run(title, command, settings) != 0:
            say(f"{title}: not to be had; going on without")
            return


def environment(folder: Path, locks: list[str], extra: list[str] | None = None) -> None:
    """A virtual environment with exactly what the lock files name; ready ones are left alone."""
    files = [ROOT / "requirements" / name for name in locks]
    stamp, wanted = folder / ".bootstrapped", fingerprint([*files, *([ROOT / "pyproject.toml"] if extra else [])])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    python, name = folder / "bin" / "python", folder.relative_to(ROOT)
    if not python.exists():
        need(f"{name}: a new virtual environment", [sys.executable, "-m", "venv", str(folder)])
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", "--no-input"]
    count = sum(not line.startswith("#") for file in files for line in file.read_text().splitlines())
    pinned = [part for file in files for part in ("-r", str(file))]
    need(f"{name}: {count} packages pinned in {' and '.join('requirements/' + lock for lock in locks)}", [*pip, *pinned])
    if extra:
        need(f"{name}: this package, in place", [*pip, *extra])
    stamp.write_text(wanted)


def fingerprint(files: list[Path]) -> str:
    text = "".join(file.read_text() for file in files) + f"{sys.version_info[:2]} {ROOT}"
    return hashlib.sha256(text.encode()).hexdigest()


def need(title: str, command: list[str]) -> None:
    if run(title, command, dict(os.environ)) != 0:
        raise SystemExit(f"[setup] {title}: failed, see above. Mend the cause and run the same command again; it goes on where it stopped.")


def run(title: str, command: list[str], settings: dict[str, str]) -> int:
    """Run a command quietly, say every 5 s that it still runs, show its last words if it fails. Returns its exit status."""
    say(f"{title} ...")
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as words:
        process = subprocess.Popen(command, stdout=words, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=settings, cwd=ROOT)
        while True:
            try:
                status = process.wait(timeout=5)
                break
            except subprocess.TimeoutExpired:
                say(f"  {time.monotonic() - began:4.0f} s  {last_line(words)}")
        if status:
            words.seek(0)
            sys.stderr.write(words.read()[-4000:])
    say(f"{title}: {'done' if status == 0 else f'exit status {status}'} in {time.monotonic() - began:.0f} s")
    return status


def last_line(words: IO[str]) -> str:
    words.flush()
    size = os.fstat(words.fileno()).st_size
    tail = os.pread(words.fileno(), 2000, max(0, size - 2000)).decode(errors="replace").strip().splitlines()
    return tail[-1][:110] if tail else ""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two makes at once must not fill one environment."""
    try:
        (ROOT / ".venvs").mkdir(exist_ok=True)
        opened = (ROOT / ".venvs" / ".lock").open("w")
    except OSError as error:
        raise SystemExit(
            f"[setup] {ROOT} cannot be written ({error.strerror}): make needs its environments beside the code. Copy the checkout to a "
            "folder of your own; to use the cluster alone, `pip install` this folder as the README says"
        ) from None
    with opened as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    print(f"[setup] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
