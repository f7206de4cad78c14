"""MLflow 3 (its own server on SQLite) against ours: a run's life, and the list of 100; one client of the standard library for both."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

from bench.cluster import Seed, Server, free_port
from bench.tables import Row

NAME = "MLflow 3"
VERSION = "3.17.2"
REPORTS = 10
Ask = Callable[[str, str, Any], Any]


def rows(folder: Path, venv: Path, lives: int) -> Iterator[Row]:
    """Rates of both in turns."""
    seed = Seed(folder / "mlflow-ours")
    seed.experiments(200, reports=True)
    seed.close()
    server, peer = Server(folder / "mlflow-ours"), _Mlflow(folder / "mlflow", venv)
    try:
        experiment = server.call(
            "POST", "/api/v1/experiments", {"config": "name: x\nsearcher: {name: single, metric: loss}\n", "unmanaged": True}
        )
        ours = _ours(experiment["experiment"]["id"])
        for clients in (1, 4):
            mine, theirs = (
                _rate(server.port, server.token, ours, lives, clients),
                _rate(peer.port, "", _theirs, max(4, lives // 8), clients),
            )
            yield Row(NAME, f"a run's life (create, {REPORTS} reports, end), {clients} client(s)", mine, "lives/s", theirs, "MLflow", 5)
        lists = _rate(server.port, server.token, lambda ask: ask("GET", "/api/v1/experiments?limit=100", None), lives * 4, 1)
        search = {"experiment_ids": ["0"], "max_results": 100}
        theirs = _rate(peer.port, "", lambda ask: ask("POST", "/api/2.0/mlflow/runs/search", search), max(4, lives // 4), 1)
        yield Row(NAME, "list of 100", lists, "/s", theirs, "MLflow", 5)
    finally:
        server.stop()
        peer.stop()


def install(venv: Path) -> bool:
    """MLflow in an environment of its own; false where the registry does not give it."""
    if (venv / "bin" / "mlflow").exists():
        return True
    print(f"  installing MLflow {VERSION} (about a minute) …", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(venv)], check=False)
    done = subprocess.run([str(venv / "bin" / "pip"), "install", "-q", f"mlflow=={VERSION}"], check=False) if made.returncode == 0 else made
    return done.returncode == 0


class _Mlflow:
    def __init__(self, folder: Path, venv: Path) -> None:
        folder.mkdir(parents=True)
        self.port = free_port()
        command = [str(venv / "bin" / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts")]
        with open(folder / "log", "wb") as log:
            environ = os.environ | {"PATH": f"{venv / 'bin'}:{os.environ['PATH']}", "MLFLOW_DISABLE_TELEMETRY": "true"}
            self.process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ, start_new_session=True
            )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.2)
        else:
            raise SystemExit(f"MLflow did not start: see {folder / 'log'}")
        _rate(self.port, "", _theirs, 100, 1)  # a hundred runs to list

    def stop(self) -> None:
        os.killpg(self.process.pid, 9)
        self.process.wait()


def _ours(experiment_id: int) -> Callable[[Ask], None]:
    def life(ask: Ask) -> None:
        trial_id = ask("POST", "/api/v1/trials", {"experimentId": experiment_id, "hparams": {"lr": 0.1}, "unmanaged": True})["trial"]["id"]
        ask("POST", f"/api/v1/trials/{trial_id}/start", {"resume": True})
        for step in range(1, REPORTS + 1):
            report = {"trialId": trial_id, "trialRunId": 1, "stepsCompleted": step, "metrics": {"avgMetrics": {"loss": 1 / step}}}
            ask("POST", f"/api/v1/trials/{trial_id}/metrics", {"metrics": report, "group": "validation"})
        ask("PATCH", f"/api/v1/trials/{trial_id}", {"state": "STATE_COMPLETED"})

    return life


def _theirs(ask: Ask) -> None:
    run = ask("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "0", "start_time": 1})["run"]["info"]["run_id"]
    for step in range(1, REPORTS + 1):
        ask("POST", "/api/2.0/mlflow/runs/log-metric", {"run_id": run, "key": "loss", "value": 1 / step, "timestamp": step, "step": step})
    ask("POST", "/api/2.0/mlflow/runs/update", {"run_id": run, "status": "FINISHED", "end_time": 2})


def _rate(port: int, token: str, work: Callable[[Ask], Any], count: int, clients: int) -> float:
    """How often `work` is done a second by some clients, each with a connection of its own."""

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

        def ask(verb: str, path: str, body: Any) -> Any:
            headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
            connection.request(verb, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status == 200, (path, answer.status, said[:200])
            return json.loads(said)

        for _ in range(count // clients):
            work(ask)
        connection.close()

    threads = [Thread(target=client) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count // clients * clients / (time.perf_counter() - begun)
