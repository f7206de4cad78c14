"""Load by `wrk`, one thread, as the reference was measured."""

import itertools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

HOW = "wrk makes the load: `apt-get install wrk` (Debian, Ubuntu), `brew install wrk` (macOS)"
_rounds = itertools.count()


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


def post(body: str) -> str:
    """A script that posts `body`, a Lua expression that may use the counter `i`; it never repeats within a run of the bench."""
    return (
        'local i = FIRST\nwrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
        f"request = function() i = i + 1; return wrk.format(nil, nil, nil, {body}) end\n"
    )


def rate(url: str, token: str, connections: int, seconds: int, script: str = "") -> tuple[float, float]:
    """One run: requests a second, and the 99th percentile in ms. Raises RuntimeError when an answer is no success."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-H", f"Authorization: Bearer {token}"]
    with tempfile.TemporaryDirectory() as folder:
        if script:
            path = Path(folder) / "load.lua"
            path.write_text(script.replace("FIRST", str(next(_rounds) * 1_000_000 + 100_000)))
            command += ["-s", str(path)]
        done = subprocess.run([*command, url], capture_output=True, text=True, check=False, timeout=seconds + 60)
    if done.returncode != 0:
        raise RuntimeError(f"wrk: {(done.stderr or done.stdout)[-200:]}")
    said = done.stdout
    wrong = re.findall(r"Non-2xx.*|Socket errors.*", said)
    if wrong:
        raise RuntimeError(f"{url}: {wrong[0]}")
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", said)[0]), _ms(re.findall(r"99%\s+([\d.]+)(us|ms|s)", said)[0])


def _ms(found: tuple[str, str]) -> float:
    return float(found[0]) * {"us": 0.001, "ms": 1, "s": 1000}[found[1]]
