"""The task's entry: a short shell script that sources the startup hooks, meets the peers and becomes the user's program; and its environment."""
# ruff: noqa: S108 - the task's /tmp is meant, which is its own

import os
import shlex
from typing import Any

from undeterred.supervisor import isolate

_INHERITED = ("LD_LIBRARY_PATH", "TZ", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CUDA_HOME", "NVIDIA_DRIVER_CAPABILITIES")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# One argument may have 128 KiB in Linux; a longer variable is left out (the info files hold it).
_VALUE_MOST = 128 * 1024 - 4096


def run_dir(spec: dict[str, Any], folder: str) -> str:
    """Where the task finds its run folder."""
    return os.path.join(folder, "run") if spec["isolation"] == "D" else isolate.RUN


def place(text: str, spec: dict[str, Any], folder: str) -> str:
    """A value as this task must see it: in mode D the fixed paths are replaced by the real ones."""
    if spec["isolation"] != "D":
        return text
    if text.startswith(isolate.RUN):
        return os.path.join(folder, "run") + text[len(isolate.RUN) :]
    if text.startswith(isolate.SHARED) and spec.get("storage"):
        return str(spec["storage"]) + text[len(isolate.SHARED) :]
    return text


def environment(spec: dict[str, Any], folder: str) -> dict[str, str]:
    """All variables of the task: nothing of the host's but a few that its libraries need, then the spec's."""
    env = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    env.update(LANG="C.UTF-8", LC_ALL="C.UTF-8", PYTHONUNBUFFERED="1", SHELL="/bin/sh", HOSTNAME=os.uname().nodename)
    if "TORCH_FORCE_WEIGHTS_ONLY_LOAD" not in spec["env"]:
        # The harness of 0.38.1 loads its checkpoints as PyTorch < 2.6 did: with a newer one a trial could not resume.
        env["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "1"
    env.update({name: place(value, spec, folder) for name, value in spec["env"].items() if len(value) < _VALUE_MOST})
    run = run_dir(spec, folder)
    env["DET_RUN_DIR"] = run
    before = [f"{env['PYTHONUSERBASE']}/bin"] if env.get("PYTHONUSERBASE") else []
    if spec.get("environment"):
        before.insert(0, f"{run}/env/bin")
        env["VIRTUAL_ENV"] = f"{run}/env"
    env["PATH"] = ":".join([*before, spec["env"].get("PATH") or os.environ.get("PATH") or _PATH])
    env["TMPDIR"] = os.path.join(folder, "tmp") if spec["isolation"] == "D" else "/tmp"
    return env


def write(spec: dict[str, Any], folder: str) -> list[str]:
    """Write the script; returns the command that starts it."""
    run = shlex.quote(run_dir(spec, folder))
    shell = next((s for s in ("/bin/bash", "/usr/bin/bash") if os.path.exists(s)), "/bin/sh")
    source = "source" if shell.endswith("bash") else "."
    lines = [
        "set -e",
        "set -x",
        f"test -f {run}/dynamic-tcd-startup-hook.sh && {source} {run}/dynamic-tcd-startup-hook.sh",
        f"test -f startup-hook.sh && {source} ./startup-hook.sh",
        "set +x",
    ]
    if spec.get("rendezvous"):
        lines += [f"echo >{run}/etc/hooked", f"read -r _ <{run}/etc/go"]
    lines.append('exec "$@"')
    path = os.path.join(folder, "run", "etc", "entry.sh")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return [shell, path if spec["isolation"] == "D" else f"{run}/etc/entry.sh", *(place(a, spec, folder) for a in spec["argv"])]
