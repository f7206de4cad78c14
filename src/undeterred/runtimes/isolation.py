"""Which isolation tasks get on this machine: asked of the supervisor itself, so the answer is a fact and not a guess."""

import json
import os
import subprocess
import sys

import msgspec

SUPERVISOR = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "supervisor")


class Isolation(msgspec.Struct, frozen=True):
    """mode: A namespaces as root, B a user namespace, D none (paths redirected inside the task); why, and how to get a better one."""

    mode: str
    reason: str
    mend: str = ""


def command(*arguments: str) -> list[str]:
    """How a supervisor is started: this interpreter, nothing but the standard library; text is UTF-8 whatever the locale says."""
    return [sys.executable, "-I", "-S", "-E", "-X", "utf8", SUPERVISOR, *arguments]


def probe(wanted: str = "") -> Isolation:
    """Try what this machine allows (about 0.1 s). `wanted` forces a mode; the environment's UNDETERRED_ISOLATION does the same."""
    wanted = wanted or os.environ.get("UNDETERRED_ISOLATION", "")
    if wanted in {"A", "B", "D"}:
        return Isolation(wanted, "chosen by configuration")
    try:
        done = subprocess.run(command("--probe"), capture_output=True, text=True, timeout=30, check=True, stdin=subprocess.DEVNULL)
        return msgspec.convert(json.loads(done.stdout), Isolation)
    except (OSError, subprocess.SubprocessError, ValueError, msgspec.ValidationError) as error:
        return Isolation("D", f"the probe failed: {error}", "run `undeterred doctor` again; without namespaces tasks share /tmp")


if __name__ == "__main__":
    print(json.dumps(msgspec.to_builtins(probe())))
