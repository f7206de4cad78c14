"""Load by `wrk`, one thread, as the reference was measured: the best of a few short runs, against the machine's noise."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

HOW = "wrk makes the load: `apt-get install wrk` (Debian, Ubuntu), `brew install wrk` (macOS)"


def need_wrk() -> None:
    """Have wrk, or say how to get it."""
    if shutil.which("wrk"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing wrk …", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False, stdout=subprocess.DEVNULL)
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=False, stdout=subprocess.DEVNULL)
    if not shutil.which("wrk"):
        raise SystemExit(HOW)


def rate(url: str, token: str, connections: int, seconds: float = 2, rounds: int = 2, script: str = "") -> float:
    """Requests a second, the best of some rounds; raises when an answer is no success."""
    return max(_once(url, token, connections, seconds, script) for _ in range(rounds))


def post(path: str, body: str) -> str:
    """A script that posts `body`, a Lua expression that may use the counter `i`."""
    return (
        'local i = os.time() * 1000 % 1000000000\nwrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
        f'request = function() i = i + 1; return wrk.format("POST", "{path}", nil, {body}) end\n'
    )


def _once(url: str, token: str, connections: int, seconds: float, script: str) -> float:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-H", f"Authorization: Bearer {token}"]
    with tempfile.TemporaryDirectory() as folder:
        if script:
            path = Path(folder) / "load.lua"
            path.write_text(script)
            command += ["-s", str(path)]
        said = subprocess.run([*command, url], capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    if "Non-2xx" in said:
        raise RuntimeError(f"{url}: {re.findall('Non-2xx.*', said)[0]}")
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", said)[0])
