"""What the walks share: trials submitted as the client does, and what a server knows of them afterwards."""

import base64
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tests.support.needs import PATIENCE
from tests.support.server import Server

# One step: a sleep, a log line, a metric, now and then a checkpoint; every report is acknowledged when its call returns.
STEPS = """
import os, sys, time
import determined as det
from determined import core
info = det.get_cluster_info()
steps, pause, every = int(os.environ["STEPS"]), float(os.environ["PAUSE"]), int(os.environ.get("EVERY", "0"))
with core.init(tensorboard_mode=core.TensorboardMode.MANUAL) as context:
    begin = 0
    if info.latest_checkpoint:
        with context.checkpoint.restore_path(info.latest_checkpoint) as path:
            begin = int((path / "step").read_text())
    for step in range(begin + 1, steps + 1):
        time.sleep(pause)
        print(f"line {step}", flush=True)
        context.train.report_training_metrics(steps_completed=step, metrics={"loss": 1 / step})
        if every and step % every == 0:
            context.train.report_validation_metrics(steps_completed=step, metrics={"accuracy": step / steps})
            with context.checkpoint.store_path({"steps_completed": step}) as (path, uuid):
                (path / "step").write_text(str(step))
            print(f"kept {step} {uuid}", flush=True)
        if context.preempt.should_preempt():
            with context.checkpoint.store_path({"steps_completed": step}) as (path, uuid):
                (path / "step").write_text(str(step))
            print(f"left {step}", flush=True)
            sys.exit(0)
print("done", flush=True)
"""
SHORT_RETRIES = '{"total": 400, "backoff_factor": 0.05, "backoff_max": 0.2, "allowed_methods": false}'


def config(**changes: Any) -> dict[str, Any]:
    """An experiment of one trial without restarts, over the entrypoint given."""
    blank: dict[str, Any] = {
        "name": "walk",
        "entrypoint": "python3 train.py",
        "searcher": {"name": "single", "metric": "accuracy", "smaller_is_better": False},
        "max_restarts": 0,
    }
    return blank | changes


def environ(**variables: Any) -> dict[str, Any]:
    """An `environment` with these variables."""
    return {"environment_variables": [f"{name}={value}" for name, value in variables.items()]}


def submit(server: Server, wanted: dict[str, Any], files: dict[str, str] | None = None, activate: bool = True) -> int:
    """Create an experiment (files: name -> text); its id."""
    context = [
        {"path": name, "type": ord("0"), "content": base64.b64encode(text.encode()).decode(), "mode": 0o644, "mtime": "0"}
        for name, text in (files or {}).items()
    ]
    body = {"config": json.dumps(wanted), "modelDefinition": context, "activate": activate}
    status, answer = server.call("POST", "/api/v1/experiments", body)
    assert status == 200, answer
    return int(answer["experiment"]["id"])


def shell(server: Server, script: str, **changes: Any) -> int:
    """An experiment whose trial is a shell script."""
    return submit(server, config(entrypoint=["sh", "-c", script], **changes))


def experiment(server: Server, number: int) -> dict[str, Any]:
    return dict(get(server, f"/api/v1/experiments/{number}")["experiment"])


def trials(server: Server, number: int) -> list[dict[str, Any]]:
    return list(get(server, f"/api/v1/experiments/{number}/trials")["trials"])


def trial(server: Server, number: int) -> dict[str, Any]:
    """The only trial of an experiment."""
    found = trials(server, number)
    assert len(found) == 1, found
    return found[0]


def get(server: Server, path: str) -> dict[str, Any]:
    status, answer = server.call("GET", path)
    assert status == 200, (path, status, answer)
    return dict(answer)


def act(server: Server, number: int, verb: str) -> None:
    status, answer = server.call("POST", f"/api/v1/experiments/{number}/{verb}", {})
    assert status == 200, (verb, answer)


def log(server: Server, number: int) -> list[str]:
    """All lines of an experiment's only trial, in order, without their ends."""
    status, lines = server.call("GET", f"/api/v1/trials/{trial(server, number)['id']}/logs")
    assert status == 200, lines
    found = [] if lines is None else lines if isinstance(lines, list) else [lines]
    return [line["result"]["log"].rstrip("\n") for line in found]


def until(look: Callable[[], Any], timeout_s: float = 20, what: Any = "") -> Any:
    """Wait for something true; fails with what was waited for. What is waited for may be unreachable for a while.
    timeout_s: on a machine like ours; a busier one gets PATIENCE times as long, as what is slow there is no fault of ours."""
    timeout_s *= PATIENCE
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            found = look()
        except OSError:
            found = None
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {what() if callable(what) else what or look}"
        time.sleep(0.02)


def until_state(server: Server, number: int, *states: str, timeout_s: float = 30) -> str:
    """Wait until an experiment is in one of these states (without STATE_)."""
    wanted = {f"STATE_{state}" for state in states}

    def look() -> str | None:
        state = str(experiment(server, number)["state"])
        return state if state in wanted else None

    def story() -> str:
        return f"{wanted}; it is {experiment(server, number)['state']}\n" + "\n".join(log(server, number)[-25:]) + "\n" + server.tail(1500)

    return str(until(look, timeout_s, story))


def until_line(server: Server, number: int, line: str, timeout_s: float = 20) -> None:
    until(lambda: any(line in one for one in log(server, number)), timeout_s, lambda: f"{line!r} in {log(server, number)[-10:]}")


def containers(server: Server) -> list[Path]:
    """The folders of tasks that are there."""
    place = server.data / "tasks"
    return [path for path in place.iterdir() if not path.name.startswith(".")] if place.exists() else []


def supervisor(server: Server) -> int:
    """The supervisor's process id of the only task there is."""

    def look() -> int | None:
        for place in containers(server):
            if (place / "claim").exists():
                return int(json.loads((place / "claim").read_text())["pid"])
        return None

    return int(until(look, 10, "a claim"))


def user_process(server: Server) -> psutil.Process:
    """The user's own process of the only task: the one which the container's entry became."""
    first = until(lambda: psutil.Process(supervisor(server)).children(), 10, "the first process")[0]
    return until(first.children, 10, "the user's process")[0]  # type: ignore[no-any-return]


def nothing_left(server: Server, *marks: str) -> None:
    """No process, folder, mount or temporary file of any task; `marks`: words of the tasks' own command lines."""
    until(lambda: not containers(server), 10, lambda: f"task folders to go: {containers(server)}")
    until(lambda: not list((server.data / "tasks").glob(".gone*")), 10, "folders that were set aside to be removed")
    until(lambda: not left(server, marks), 5, lambda: left(server, marks))
    assert str(server.data / "tasks") not in Path("/proc/mounts").read_text()


def left(server: Server, marks: tuple[str, ...]) -> list[str]:
    """Processes of the server's tasks."""
    found = [f"{process.pid} {process.cmdline()}" for process in server.leftovers() if process.status() != psutil.STATUS_ZOMBIE]
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if any(mark in words for mark in marks) and process.pid != os.getpid():
            found.append(f"{process.pid} {words}")
    return found
