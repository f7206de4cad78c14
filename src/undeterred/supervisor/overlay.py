"""A virtual environment for one task, made in milliseconds over a base that is only read: what the task installs stays in the task."""
# ruff: noqa: S108 - the task's /tmp is meant, which is its own

import contextlib
import os
import shlex
from typing import Any

_SKIPPED = ("python", "activate", "Activate")
_SCRIPT_MOST = 65536
_SHEBANG_MOST = 120


def make(spec: dict[str, Any], folder: str) -> None:
    """Make run/env over the spec's base environment; in mode D with the redirection of the fixed paths."""
    base = spec["environment"]
    place = os.path.join(folder, "run", "env")
    seen_as = place if spec["isolation"] == "D" else "/run/determined/env"
    major_minor = ".".join(base["version"].split(".")[:2])
    site = os.path.join(place, "lib", f"python{major_minor}", "site-packages")
    os.makedirs(site)
    os.mkdir(os.path.join(place, "bin"))
    _write(os.path.join(place, "pyvenv.cfg"), f"home = {base['home']}\ninclude-system-site-packages = false\nversion = {base['version']}\n")
    for name in ("python", "python3", f"python{major_minor}"):
        os.symlink(base["python"], os.path.join(place, "bin", name))
    lines = "".join(f"import site; site.addsitedir({path!a})\n" for path in base["site_packages"])
    _write(os.path.join(site, "_base.pth"), lines)
    if spec["isolation"] == "D":
        _redirect(spec, folder, site)
    _events(site)
    if base.get("scripts"):
        _scripts(base["scripts"], os.path.join(place, "bin"), os.path.join(seen_as, "bin"))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _redirect(spec: dict[str, Any], folder: str, site: str) -> None:
    """The import hook of mode D and its table, as a file of its own so that no variable of the environment is needed."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "redirect.py"), encoding="utf-8") as file:
        source = file.read()
    tmp = os.path.join(folder, "tmp")
    table = {
        "/run/determined": os.path.join(folder, "run"),
        **{f"/tmp/{n}": f"{tmp}/{n}" for n in ("tensorboard", "pid_server-", "hostfile-")},
    }
    if spec.get("storage"):
        table["/determined_shared_fs"] = spec["storage"]
    _write(os.path.join(site, "_undeterred_redirect.py"), f"{source}\n\ninstall({table!a})\n")
    _write(os.path.join(site, "_a_redirect.pth"), "import _undeterred_redirect\n")


def _events(site: str) -> None:
    """The harness's TensorBoard writer for environments without PyTorch and TensorFlow, so that a plain `core.init()` works in them."""
    here = os.path.dirname(os.path.abspath(__file__))
    for source in ("events", "events_hook"):
        with open(os.path.join(here, f"{source}.py"), encoding="utf-8") as file:
            _write(os.path.join(site, f"_undeterred_{source}.py"), file.read())
    _write(os.path.join(site, "_b_events.pth"), "import _undeterred_events_hook\n")


def _scripts(source: str, place: str, seen_as: str) -> None:
    """The base's console scripts, started by the task's own interpreter; anything else is linked."""
    old, new = f"{source}/python".encode(), f"{seen_as}/python".encode()
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.name.startswith(_SKIPPED) or not entry.is_file():
                continue
            target = os.path.join(place, entry.name)
            with contextlib.suppress(OSError):
                with open(entry.path, "rb") as file:
                    data = file.read(_SCRIPT_MOST) if file.peek(2)[:2] == b"#!" else b""
                head = data[:512].replace(old, new)
                if not data or len(data) == _SCRIPT_MOST or head == data[:512]:
                    os.symlink(entry.path, target)
                    continue
                fd = os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o755)
                os.write(fd, _started(head + data[512:], new))
                os.close(fd)


def _started(script: bytes, python: bytes) -> bytes:
    """A script that the kernel can start: the path of its interpreter (`python` and perhaps digits) may have neither a blank nor many more than
    120 bytes. Where it has, a shell starts it, and Python takes the shell's line for a text, as in pip's own scripts."""
    first, _, rest = script.partition(b"\n")
    if not first.startswith(b"#!" + python) or (b" " not in python and len(python) < _SHEBANG_MOST):
        return script
    digits, _, options = first[2 + len(python) :].partition(b" ")
    quoted = os.fsencode(shlex.quote(os.fsdecode(python + digits)))
    return b"#!/bin/sh\n'''exec' %b %b \"$0\" \"$@\"\n' '''\n%b" % (quoted, options, rest)
