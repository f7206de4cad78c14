"""`make demo`: a cluster on loopback trains a real model with the real `det` client, and shows what can be done with it.

In a terminal it stays up until Ctrl-C; without one it stops cleanly. Exit status 0 only if everything went as it should.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TASK_ENV = ROOT / ".venvs" / "task"
EXAMPLE = ROOT / "examples" / "digits"
CONFIG = "const.yaml"
METRIC = "validation_accuracy"
START_S, END_S, STOP_S, COLLECT_S = 60, 180, 30, 20
STAY = 2  # the best checkpoint of a trial, and the latest
PEOPLE = sys.stdout.isatty()
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failed(Exception):
    """The demo cannot go on; its text says why and what to look at."""


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with demo_folder() as folder, cluster(folder) as (url, server):
            experiment = train(url, folder)
            show_result(url, experiment)
            show_tutorial(url, experiment)
            if PEOPLE:
                stay(url, server)
    except Failed as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextmanager
def demo_folder() -> Iterator[Path]:
    """An empty folder that no other running demo uses; it is left behind, so that its log and checkpoints can be looked at."""
    for number in range(1, 100):
        folder = ROOT / ".demo" / f"cluster-{number}"
        folder.parent.mkdir(exist_ok=True)
        with folder.with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            yield folder
            return
    raise Failed("a hundred demos are running already")


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A server on a free loopback port with one CPU slot; gives its URL and process, ends it and its tasks cleanly."""
    title("1. A cluster on this machine")
    port, log = free_port(), folder / "server.log"
    url = f"http://127.0.0.1:{port}"
    config = folder / "master.yaml"
    config.write_text(json.dumps(settings(folder), indent=2) + "\n")  # JSON is YAML
    command = [sys.executable, "-m", "undeterred.cli.main", "up", "--foreground", "--stop-tasks", "--slots", "1"]
    command += ["--data", str(folder / "data"), "--port", str(port), "--config", str(config)]
    say("$ undeterred up --foreground --slots 1 --data .demo/...")
    with log.open("wb") as words:
        server = subprocess.Popen(command, stdout=words, stderr=words, stdin=subprocess.DEVNULL, cwd=folder, start_new_session=True)
    try:
        began = time.monotonic()
        wait_for_answer(server, url, log)
        say(f"ready at {url} in {time.monotonic() - began:.1f} s: embedded store, one CPU slot; its log: {log}")
        yield url, server
    finally:
        alone = server.poll() is not None
        status = end(server)
    if alone or status != 0:
        raise Failed(f"The server ended {'by itself, ' if alone else ''}with status {status}; see {log}")
    say("stopped cleanly")


def settings(folder: Path) -> dict[str, Any]:
    """The demo's master.yaml: tasks run in the environment that `make setup` made, checkpoints lie in the demo's folder."""
    checkpoints = folder / "checkpoints"
    checkpoints.mkdir()
    return {"checkpoint_storage": {"type": "shared_fs", "host_path": str(checkpoints)}, "default_environment": str(TASK_ENV)}


def wait_for_answer(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    began = said = time.monotonic()
    while server.poll() is None and time.monotonic() < began + START_S:
        try:
            OPENER.open(f"{url}/info", timeout=2).close()
            return
        except OSError:
            time.sleep(0.05)
        if time.monotonic() > said + 2:
            said = time.monotonic()
            say(f"  still starting, {said - began:.0f} s")
    raise Failed(f"The server did not start. Its log ({log}) ends with:\n{log.read_text(errors='replace')[-3000:]}")


def end(server: "subprocess.Popen[bytes]") -> int:
    """SIGTERM and wait; SIGKILL when that does not help. Returns its exit status."""
    if server.poll() is None:
        say("\nstopping the cluster ...")
        server.send_signal(signal.SIGTERM)
    try:
        return server.wait(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


def train(url: str, folder: Path) -> int:
    """Submit the example with the real client, follow its logs. Returns the experiment's id once it is COMPLETED."""
    title("2. A real model, submitted with the unmodified det 0.38.1")
    say(f"$ DET_MASTER={url} det experiment create {CONFIG} . --follow-first-trial      (in examples/digits)")
    environ = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy" and not name.startswith("DET_")}
    environ |= {"DET_MASTER": url, "XDG_DATA_HOME": str(folder / "client"), "PYTHONUNBUFFERED": "1", "NO_PROXY": "*"}
    command = [str(TASK_ENV / "bin" / "det"), "experiment", "create", CONFIG, ".", "--follow-first-trial"]
    status = subprocess.run(command, cwd=EXAMPLE, env=environ, stdin=subprocess.DEVNULL, check=False, timeout=600).returncode
    if status != 0:
        raise Failed(f"det ended with status {status}; the server's log: {folder / 'server.log'}")
    _, found = call(url, "GET", "/api/v1/experiments?limit=1&sortBy=SORT_BY_ID&orderBy=ORDER_BY_DESC", token(url))
    experiment = int(found["experiments"][0]["id"])
    return wait_for_end(url, experiment)


def wait_for_end(url: str, experiment: int) -> int:
    deadline, state = time.monotonic() + END_S, ""
    while time.monotonic() < deadline:
        state = call(url, "GET", f"/api/v1/experiments/{experiment}", token(url))[1]["experiment"]["state"]
        if state in {"STATE_COMPLETED", "STATE_ERROR", "STATE_CANCELED", "STATE_DELETED"}:
            break
        time.sleep(0.2)
    if state != "STATE_COMPLETED":
        raise Failed(f"Experiment {experiment} is {state}, not STATE_COMPLETED; its log is above")
    return experiment


def show_result(url: str, experiment: int) -> None:
    title("3. What came of it")
    trial = call(url, "GET", f"/api/v1/experiments/{experiment}/trials", token(url))[1]["trials"][0]
    best = trial["bestValidation"]
    say(f"experiment {experiment} COMPLETED, trial {trial['id']}")
    say(f"best {METRIC}: {best['metrics']['avgMetrics'][METRIC]:.4f} after {best['totalBatches']} batches")
    kept = kept_checkpoints(url, experiment)
    for checkpoint in kept:
        folder = where(checkpoint)
        state = "there" if folder.is_dir() else "MISSING"
        say(f"checkpoint after {checkpoint['metadata'].get('steps_completed')} batches: {folder} ({state})")
        if state == "MISSING":
            raise Failed("a checkpoint that is said to be kept is not where it should be")
    if not kept:
        raise Failed("no checkpoint was kept")
    say("(the best and the latest: what checkpoint_storage keeps of a trial when nothing else is asked for)")
    say(f"API playground: {url}/docs/rest-api/")


def kept_checkpoints(url: str, experiment: int) -> list[dict[str, Any]]:
    """Those that stay: a moment after the end the others are removed, by the counts in checkpoint_storage."""
    deadline = time.monotonic() + COLLECT_S
    while True:
        found = call(url, "GET", f"/api/v1/experiments/{experiment}/checkpoints", token(url))[1]["checkpoints"]
        kept = [one for one in found if one["state"] == "STATE_COMPLETED"]
        if len(kept) <= STAY or time.monotonic() > deadline:
            return kept
        time.sleep(0.1)


def where(checkpoint: dict[str, Any]) -> Path:
    """The folder of a checkpoint in shared_fs or directory storage."""
    storage: dict[str, str] = checkpoint["training"]["experimentConfig"]["checkpoint_storage"]
    if storage["type"] == "directory":
        return Path(storage["container_path"]) / str(checkpoint["uuid"])
    return Path(storage["host_path"]) / (storage.get("storage_path") or "") / str(checkpoint["uuid"])


def show_tutorial(url: str, experiment: int) -> None:
    """The REST tutorial, said to this cluster; each answer is checked, so that a wrong one fails the demo."""
    title("4. The REST tutorial, as typed; the answers are this cluster's own")
    login = {"username": "determined", "password": ""}
    answer = step(url, "POST", "/api/v1/auth/login", 200, body=login, shown="a blank password, on loopback only")
    bearer = answer["token"]
    listing = "/api/v1/experiments?archived=true&limit=1"
    step(url, "GET", listing, 401, shown="without the token")
    expect(step(url, "GET", listing, 200, bearer, shown="with it: nothing archived yet"), 0)
    step(url, "POST", f"/api/v1/experiments/{experiment}/archive", 200, bearer)
    expect(step(url, "GET", listing, 200, bearer, shown="one archived experiment"), 1)
    step(url, "POST", f"/api/v1/experiments/{experiment}/unarchive", 200, bearer)
    expect(step(url, "GET", listing, 200, bearer, shown="none again"), 0)


def step(url: str, method: str, path: str, want: int, bearer: str = "", body: Any = None, shown: str = "") -> dict[str, Any]:
    said = f"$ curl -s{'' if method == 'GET' else f' -X {method}'} '{url}{path}'"
    said += " -H 'Authorization: Bearer $TOKEN'" if bearer else ""
    said += f" -d '{json.dumps(body)}'" if body is not None else ""
    say(f"{said}{f'      # {shown}' if shown else ''}")
    status, answer = call(url, method, path, bearer, body)
    say(f"  {status} {json.dumps(brief(answer))}\n")
    if status != want:
        raise Failed(f"{method} {path} answered {status}, expected {want}: {json.dumps(answer)[:500]}")
    return dict(answer or {})


def brief(answer: Any) -> Any:
    """An answer short enough to read: of an experiment its name, state and whether it is archived; of a token its beginning."""
    if isinstance(answer, dict) and "experiments" in answer:
        keys = ("id", "name", "state", "archived", "progress")
        return {**answer, "experiments": [{key: one[key] for key in keys if key in one} | {"...": "..."} for one in answer["experiments"]]}
    if isinstance(answer, dict) and "token" in answer:
        user = {key: answer["user"][key] for key in ("id", "username", "admin", "active")}
        return {"token": answer["token"][:12] + "...", "user": user}
    return answer


def expect(answer: dict[str, Any], total: int) -> None:
    found = (len(answer["experiments"]), answer["pagination"]["total"], answer["pagination"]["limit"])
    if found != (total, total, 1):
        raise Failed(f"expected {total} archived experiments and a pagination that says so, found {found}")


def stay(url: str, server: "subprocess.Popen[bytes]") -> None:
    title("The cluster stays up: it is yours")
    say(f"playground: {url}/docs/rest-api/      log in as `determined` with a blank password")
    say(f"client:     DET_MASTER={url} {TASK_ENV.relative_to(ROOT)}/bin/det experiment list")
    with suppress(KeyboardInterrupt):  # from the moment that the words are there
        say("Ctrl-C stops it.")
        server.wait()


def token(url: str) -> str:
    status, answer = call(url, "POST", "/api/v1/auth/login", "", {"username": "determined", "password": ""})
    if status != 200:
        raise Failed(f"cannot log in as `determined`: {status} {answer}")
    return str(answer["token"])


def call(url: str, method: str, path: str, bearer: str, body: Any = None) -> tuple[int, Any]:
    """One request; status and parsed answer."""
    request = urllib.request.Request(url + path, method=method, data=None if body is None else json.dumps(body).encode())
    if bearer:
        request.add_header("Authorization", f"Bearer {bearer}")
    try:
        with OPENER.open(request, timeout=30) as reply:
            return reply.status, json.loads(reply.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"null")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def title(text: str) -> None:
    strong, plain = ("\033[1m", "\033[0m") if PEOPLE else ("", "")
    say(f"\n{strong}{text}{plain}\n{'-' * len(text)}")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
