"""Named base environments under `<data>/envs`: made once, only read by tasks (each task has its own overlay over one of them).

A name is a folder there; an absolute path to a virtual environment or an interpreter is an environment too. `environment.image` of a
configuration chooses by the mapping of the master's configuration, else the default is taken.
"""

import argparse
import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from undeterred import errors
from undeterred.config import places
from undeterred.domain.launch.facts import Environment

DEFAULT = "default"
HARNESS = "determined==0.38.1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ASK = """
import json, os, site, sys, sysconfig
paths = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
if sys.prefix == sys.base_prefix or getattr(site, "ENABLE_USER_SITE", False): paths += site.getsitepackages()
home = getattr(sys, "_home", None) or os.path.dirname(os.path.realpath(sys.executable))
print(json.dumps({"python": os.path.realpath(sys.executable), "home": home, "version": "%d.%d.%d" % sys.version_info[:3],
 "site_packages": [p for p in dict.fromkeys(paths) if os.path.isdir(p)], "scripts": sysconfig.get_path("scripts"),
 "visible": list(dict.fromkeys([sys.prefix, sys.base_prefix]))}))
"""
_ASTRAY = {"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIRE_VIRTUALENV"}
Say = Callable[[str], None]


class Check(msgspec.Struct, frozen=True):
    """What was found out about an environment; no problems means that tasks can use it."""

    name: str
    path: str
    python: str = ""
    determined: str = ""
    problems: list[str] = []


def path_of(data: Path, name: str) -> Path:
    """Where an environment lies: a name under `<data>/envs`, an absolute path as it is. Raises InvalidArgument for anything else."""
    if os.path.isabs(name):
        return Path(name)
    if not _NAME.fullmatch(name):
        raise errors.InvalidArgument(f"{name!r} is no name of an environment: letters, digits, '.', '_' and '-', at most 64")
    return data / "envs" / name


def chosen(image: str | None, mapping: Mapping[str, str], default: str = DEFAULT) -> str:
    """The environment for a configuration's `environment.image`: an exact entry, else the longest pattern that ends in '*', else the default."""
    if image:
        if image in mapping:
            return mapping[image]
        fitting = [pattern for pattern in mapping if pattern.endswith("*") and image.startswith(pattern[:-1])]
        if fitting:
            return mapping[max(fitting, key=len)]
    return default


def command(data: Path, verb: str, name: str = "") -> str:
    """What to type: `undeterred env VERB NAME`, with the data folder where it is not the one that is taken anyway."""
    usual = os.path.expanduser(os.environ.get("UNDETERRED_DATA") or places.usual_data(os.environ))
    named = [] if name in ("", DEFAULT) else ["--to", name] if verb == "add" else [name]
    words = [verb, *(["PACKAGE"] if verb == "add" else []), *named]
    if Path(usual).absolute() != data.absolute():
        words += ["--data", shlex.quote(str(data))]
    return f"undeterred env {' '.join(words)}"


def _missing(data: Path, name: str, text: str) -> str:
    """Why an environment is not there, and what makes it."""
    return f"{text}: " + ("choose another one" if os.path.isabs(name) else f"make it with `{command(data, 'create', name)}`")


def interpreter(path: Path) -> Path:
    """The interpreter of an environment's folder, or the path itself when it is one. Raises NotFound."""
    for candidate in (path / "bin" / "python3", path / "bin" / "python", path):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise errors.NotFound(f"There is no Python environment at {path}")


def describe(data: Path, name: str) -> Environment:
    """What a supervisor must know of it. Asked of the interpreter once (about 0.1 s) and kept beside the environments until it changes.
    Raises NotFound, FailedPrecondition when the interpreter does not run."""
    path = path_of(data, name)
    path = path.resolve() if path.is_dir() else path.parent.resolve() / path.name  # a task with a /tmp of its own sees no link in it
    try:
        python = interpreter(path)
    except errors.NotFound as error:
        raise errors.NotFound(_missing(data, name, error.text)) from None
    config = python.parent.parent / "pyvenv.cfg"
    stamp = [
        str(python),
        os.path.realpath(python),
        *(s.st_mtime_ns for s in (python.stat(), *([config.stat()] if config.exists() else []))),
    ]
    kept = data / "envs" / ".known" / (re.sub(r"[^A-Za-z0-9]+", "-", str(python)).strip("-")[-200:] + ".json")
    try:
        known = json.loads(kept.read_text())
        if known["stamp"] == stamp:
            return msgspec.convert(known["environment"], Environment)
    except (OSError, ValueError, KeyError, msgspec.ValidationError):
        pass
    environment = _ask(python)
    part = kept.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(msgspec.json.encode({"stamp": stamp, "environment": environment}))
        part.rename(kept)
    except OSError:  # a full disk: it is asked anew next time
        with contextlib.suppress(OSError):
            part.unlink()
    return environment


def _ask(python: Path) -> Environment:
    try:
        done = subprocess.run(
            [python, "-E", "-X", "utf8", "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            stdin=subprocess.DEVNULL,
            cwd="/",
        )
        return msgspec.convert(json.loads(done.stdout), Environment)
    except subprocess.CalledProcessError as error:
        raise errors.FailedPrecondition(f"{python} does not run: {error.stderr.strip()[-300:]}") from error
    except (OSError, subprocess.SubprocessError, ValueError, msgspec.ValidationError) as error:
        raise errors.FailedPrecondition(f"{python} does not run: {error}") from error


def create(data: Path, name: str, requirements: list[str], say: Say, python: str = "", harness: str = HARNESS) -> Path:
    """Make a named environment with the harness and more requirements (pip's words, or `-r FILE`); `say` gets a line per step and pip's lines.
    Raises AlreadyExists, FailedPrecondition when a step fails (what was made is removed)."""
    path = path_of(data, name)
    if path.exists():
        raise errors.AlreadyExists(
            f"The environment {name} exists at {path}: `{command(data, 'add', name)}` installs more into it; "
            "to make it anew, remove that folder"
        )
    data.mkdir(mode=0o700, parents=True, exist_ok=True)  # as a master makes it
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    say(f"making a virtual environment at {path}")
    try:
        _step([python or sys.executable, "-m", "venv", str(path)], say)
        say(f"installing {' '.join([harness, *requirements])}")
        _install(path, [harness, *requirements], say)
    except BaseException:
        subprocess.run(["rm", "-rf", str(path)], check=False)
        raise
    say(f"the environment {name} is ready")
    return path


def add(data: Path, name: str, requirements: list[str], say: Say) -> None:
    """Install more into an environment; the harness keeps its version. Tasks that run see it at their next import.
    Raises NotFound, FailedPrecondition when pip fails."""
    path = path_of(data, name)
    try:
        python = interpreter(path)
    except errors.NotFound as error:
        raise errors.NotFound(_missing(data, name, error.text)) from None
    if python == path:
        raise errors.FailedPrecondition(f"{path} is an interpreter: install what is missing with its own pip")
    say(f"installing {' '.join(requirements)} into {path}")
    _install(path, [HARNESS, *requirements], say)


def _install(path: Path, requirements: list[str], say: Say) -> None:
    words = [part for text in requirements for part in text.split(" ", 1 if text.startswith("-") else 0)]
    _step([str(path / "bin" / "python3"), "-m", "pip", "install", "--disable-pip-version-check", *words], say)


def _step(words: list[str], say: Say) -> None:
    """Run a step and pass its lines on as they come. Raises FailedPrecondition with its last lines."""
    last: list[str] = []
    try:
        process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env=_plain(),
            umask=0o022,
        )
    except OSError as error:
        raise errors.FailedPrecondition(f"{words[0]} cannot be started: {error.strerror}") from error
    with process as child:
        assert child.stdout is not None
        for line in child.stdout:
            last = [*last[-4:], line.rstrip()]
            say(line.rstrip())
    if child.returncode:
        raise errors.FailedPrecondition(f"`{' '.join(words[:5])} …` ended with {child.returncode}: {' / '.join(last)}")


def _plain() -> dict[str, str]:
    """Our environment without what leads an interpreter to the packages of another: pip would take them for installed; what it writes is UTF-8."""
    return {name: value for name, value in os.environ.items() if name not in _ASTRAY} | {"PYTHONUTF8": "1"}


def listed(data: Path) -> list[str]:
    """The names of all environments made here, in order."""
    root = data / "envs"
    return sorted(p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")) if root.is_dir() else []


def check(data: Path, name: str, uid: int | None = None, gid: int | None = None) -> Check:
    """Whether tasks can use it: the interpreter runs, `determined` 0.38.1 is there, and the task's user (as root: this uid) can read it."""
    path = path_of(data, name)
    try:
        python = interpreter(path)
    except errors.NotFound as error:
        return Check(name, str(path), problems=[_missing(data, name, error.text)])
    code = "import sys, importlib.metadata as m, determined; print('%d.%d.%d' % sys.version_info[:3], m.version('determined'))"
    user: dict[str, Any] = (
        {} if uid is None or os.geteuid() != 0 else {"user": uid, "group": gid if gid is not None else uid, "extra_groups": []}
    )
    try:
        done = subprocess.run(
            [python, "-E", "-s", "-c", code],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd="/",
            **user,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Check(name, str(path), str(python), problems=[f"{python} does not run{' as the task user' if user else ''}: {error}"])
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        mend = f"pip install {HARNESS} in it" if "determined" in reason else "make it readable for the task user, or choose another one"
        return Check(name, str(path), str(python), problems=[f"{reason}: {mend}"])
    version, determined = done.stdout.split()
    wrong = [] if determined == HARNESS.partition("==")[2] else [f"it has determined {determined}, and {HARNESS} is what is tested"]
    return Check(name, str(path), version, determined, wrong)


def main(words: list[str] | None = None) -> int:
    """`--data DIR create NAME [--python P] [--with REQUIREMENT …] | add [--to NAME] REQUIREMENT … | list |
    check NAME`; 0 when all is well, 1 with a sentence when not."""
    parser = argparse.ArgumentParser(prog="undeterred env")
    parser.add_argument("--data", type=Path, required=True)
    verbs = parser.add_subparsers(dest="verb", required=True)
    making = verbs.add_parser("create")
    making.add_argument("name", nargs="?", default=DEFAULT)
    making.add_argument("--python", default="")
    making.add_argument("--with", dest="requirements", action="append", default=[])
    adding = verbs.add_parser("add")
    adding.add_argument("--to", dest="name", default=DEFAULT)
    adding.add_argument("requirements", nargs="+")
    verbs.add_parser("list")
    verbs.add_parser("check").add_argument("name", nargs="?", default=DEFAULT)
    given = parser.parse_args(words)

    def say(line: str) -> None:
        print(line, flush=True)

    try:
        if given.verb == "create":
            create(given.data, given.name, given.requirements, say, given.python)
        elif given.verb == "add":
            add(given.data, given.name, given.requirements, say)
        names = [given.name] if given.verb != "list" else listed(given.data)
        results = [check(given.data, name) for name in names]
    except errors.WireError as error:
        print(error.text, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or given.data} cannot be used: {error.strerror}; choose another data folder with --data", file=sys.stderr)
        return 1
    for result in results:
        state = "ok" if not result.problems else "; ".join(result.problems)
        print(f"{result.name}\t{result.path}\tpython {result.python or '?'}\tdetermined {result.determined or '?'}\t{state}")
    if not results:
        print(f"no environment yet: make one with `{command(given.data, 'create')}`")
    return int(any(result.problems for result in results) and given.verb != "list")


if __name__ == "__main__":
    sys.exit(main())
