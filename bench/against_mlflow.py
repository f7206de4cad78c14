"""MLflow 3 (its own server on SQLite) against ours: a run's life, and the list of 100; one client of the standard library for both.

It has one worker: with its default of four, on SQLite, one client's lives were measured 8 times slower.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

from bench.cluster import Client, Server, answers, free_port
from bench.seed import Seed
from bench.tables import Row

NAME = "against MLflow 3"
VERSION = "3.17.2"
REPORTS = 10
RUNS = 120
START_S = 120
WANTED = 5
Work = Callable[[Client], Any]


def rows(folder: Path, venv: Path, lives: int, rounds: int) -> Iterator[Row]:
    """Rates of both in turns, the best of each; both hold 120 runs of ten reports."""
    seed = Seed(folder / "mlflow-ours")
    seed.close()
    server = Server(folder / "mlflow-ours")
    try:
        peer = _Mlflow(folder / "mlflow", venv)
        try:
            yield from _compared(server, peer, lives, rounds)
        finally:
            peer.stop()
    finally:
        server.stop()


def install(venv: Path) -> bool:
    """MLflow in an environment of its own; false where the registry does not give it."""
    if (venv / "bin" / "mlflow").exists():
        return True
    print(f"  installing MLflow {VERSION} (about a minute) …", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(venv)], check=False)
    done = subprocess.run([str(venv / "bin" / "pip"), "install", "-q", f"mlflow=={VERSION}"], check=False) if made.returncode == 0 else made
    return done.returncode == 0


class _Mlflow:
    """`mlflow server` as a process group of its own, on loopback."""

    def __init__(self, folder: Path, venv: Path) -> None:
        folder.mkdir(parents=True)
        self.port = free_port()
        command = [str(venv / "bin" / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts")]
        environ = os.environ | {"PATH": f"{venv / 'bin'}:{os.environ['PATH']}", "MLFLOW_DISABLE_TELEMETRY": "true"}
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ, start_new_session=True
            )
        deadline = time.monotonic() + START_S
        while not answers(self.port, "/health"):
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.stop()
                raise SystemExit(f"MLflow did not start:\n{(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.2)

    def stop(self) -> None:
        """End it and its workers."""
        os.killpg(self.process.pid, 9)
        self.process.wait()


def _compared(server: Server, peer: _Mlflow, lives: int, rounds: int) -> Iterator[Row]:
    config = {"config": "name: x\nsearcher: {name: single, metric: loss}\n", "unmanaged": True}
    experiments = server.call("POST", "/api/v1/experiments", config)["experiment"]["id"]
    few = max(4, lives // 8)

    def mine(work: Work, count: int, clients: int) -> float:
        return _rate(server.new_client, work, count, clients)

    def theirs(work: Work, count: int, clients: int) -> float:
        return _rate(lambda: Client(peer.port), work, count, clients)

    _together(mine, theirs, _our_life(experiments), _their_life, RUNS, RUNS, 4)  # what is listed below; warms both
    search = {"experiment_ids": ["0"], "max_results": 100}
    runs = {"projectId": 1, "limit": 100, "sort": "id=desc"}

    def their_list(client: Client) -> bytes:
        return client.raw("POST", "/api/2.0/mlflow/runs/search", search)

    pairs: list[tuple[str, Work, Work, int, int]] = [
        ("list of 100 runs with their metrics", lambda client: client.raw("POST", "/api/v1/runs", runs), their_list, lives, few),
        (f"a run's life (create, {REPORTS} reports, end)", _our_life(experiments), _their_life, lives, few),
    ]
    for name, ours, its, our_count, its_count in pairs:
        for clients in (1, 4):
            best = [_together(mine, theirs, ours, its, our_count, its_count, clients) for _ in range(rounds)]
            mean = (max(each[0] for each in best), max(each[1] for each in best))
            yield Row(NAME, f"{name}, {clients} client{'s' * (clients > 1)}", mean[0], "/s", mean[1], "MLflow", WANTED)


def _together(
    mine: Callable[[Work, int, int], float],
    theirs: Callable[[Work, int, int], float],
    ours: Work,
    its: Work,
    our_count: int,
    its_count: int,
    clients: int,
) -> tuple[float, float]:
    """One round: both rates, one after the other."""
    return mine(ours, our_count, clients), theirs(its, its_count, clients)


def _our_life(experiment_id: int) -> Work:
    def life(client: Client) -> None:
        made = client.ask("POST", "/api/v1/trials", {"experimentId": experiment_id, "hparams": {"lr": 0.1}, "unmanaged": True})
        trial_id = made["trial"]["id"]
        client.ask("POST", f"/api/v1/trials/{trial_id}/start", {"resume": True})
        for step in range(1, REPORTS + 1):
            report = {"trialId": trial_id, "trialRunId": 1, "stepsCompleted": step, "metrics": {"avgMetrics": {"loss": 1 / step}}}
            client.ask("POST", f"/api/v1/trials/{trial_id}/metrics", {"metrics": report, "group": "validation"})
        client.ask("PATCH", f"/api/v1/trials/{trial_id}", {"state": "STATE_COMPLETED"})

    return life


def _their_life(client: Client) -> None:
    run = client.ask("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "0", "start_time": 1})["run"]["info"]["run_id"]
    client.ask("POST", "/api/2.0/mlflow/runs/log-parameter", {"run_id": run, "key": "lr", "value": "0.1"})
    for step in range(1, REPORTS + 1):
        report = {"run_id": run, "key": "loss", "value": 1 / step, "timestamp": step, "step": step}
        client.ask("POST", "/api/2.0/mlflow/runs/log-metric", report)
    client.ask("POST", "/api/2.0/mlflow/runs/update", {"run_id": run, "status": "FINISHED", "end_time": 2})


def _rate(connect: Callable[[], Client], work: Work, count: int, clients: int) -> float:
    """How often `work` is done a second by some clients, each with a connection of its own. An error in one is raised here."""
    errors: list[BaseException] = []

    def run() -> None:
        client = connect()
        try:
            for _ in range(count // clients):
                work(client)
        except BaseException as error:
            errors.append(error)
        finally:
            client.close()

    threads = [Thread(target=run) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return count // clients * clients / (time.perf_counter() - begun)
