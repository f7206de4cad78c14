"""A server to measure, and data for it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from undeterred.config import master as master_config
from undeterred.services import bootstrap, experiments, logs, metrics, trials
from undeterred.services.experiment_config import Layers
from undeterred.services.identity import Caller
from undeterred.services.settings import Settings
from undeterred.store.db import Tx
from undeterred.store.open import open_store
from undeterred.wire.experiments import CreateExperimentRequest
from undeterred.wire.logs import TaskLog
from undeterred.wire.trials import CreateTrialRequest

WHO = Caller(2, "determined", False, True, "login")
LINES = 20_000
POINTS = 5_000


class Server:
    """A master as a process of its own, on loopback."""

    def __init__(self, data: Path, slots: int = 0, environment: Path | None = None) -> None:
        self.data, self.port = data, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "undeterred.master", "--data", str(data), "--port", str(self.port), "--slots", str(slots)]
        if environment is not None:
            config = data.with_suffix(".yaml")
            config.write_text(f"default_environment: {environment}\n")
            command += ["--config", str(config)]
        begun = time.monotonic()
        with open(data.with_suffix(".log"), "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while not self._answers():
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended: see {data.with_suffix('.log')}")
            time.sleep(0.005)
        self.first_answer_s = time.monotonic() - begun
        self.token = self.call("POST", "/api/v1/auth/login", {"username": "determined"})["token"]

    def call(self, verb: str, path: str, body: Any = None) -> Any:
        """One request as `determined`; the decoded answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=verb)
        if path != "/api/v1/auth/login":
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def memory_mb(self) -> float:
        return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20

    def cpu_share(self, seconds: float) -> float:
        """The part of one core that it uses while nobody asks for anything."""
        process = psutil.Process(self.process.pid)
        before = process.cpu_times()
        time.sleep(seconds)
        after = process.cpu_times()
        return float(after.user + after.system - before.user - before.system) / seconds

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.url + "/info", timeout=1).close()
        except OSError:
            return False
        return True


class Seed:
    """Fills a data folder through the services, in large transactions, before a server opens it."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.db = open_store(data)
        config = master_config.load(None, {}, {"data": str(data)})
        facts = self.db.write_now(bootstrap.first_start, config)
        settings = Settings(
            config=config, data=data, url="", cluster_id=facts["cluster_id"], master_id="", cluster_name="", epoch=0, started_at=0
        )
        self._layers = Layers(settings)

    def experiments(self, count: int, reports: bool) -> None:
        """Unmanaged experiments; with `reports` each has a trial with three validation reports."""
        for first in range(0, count, 1000):
            self.db.write_now(self._experiments, first, min(count, first + 1000), reports)

    def long_trial(self) -> int:
        """One trial with 5,000 training points and 20,000 log lines; its id."""
        trial_id = self.db.write_now(self._trial, self.db.write_now(self._experiment, 0))
        for first in range(1, POINTS + 1, 500):
            self.db.write_now(_each, lambda tx, i: self._report(tx, trial_id, "training", i), first, first + 500)
        task = self.db.read_now(lambda tx: tx.value("SELECT id FROM tasks WHERE trial_id = :id", id=trial_id))
        for first in range(0, LINES, 1000):
            lines = [TaskLog(task_id=task, log=f"line {i} says that the loss is {i / 7:.4f}\n") for i in range(first, first + 1000)]
            self.db.write_now(logs.append, logs.of_request(lines), WHO)
        return int(trial_id)

    def close(self) -> None:
        self.db.close()

    def _experiments(self, tx: Tx, first: int, last: int, reports: bool) -> None:
        for i in range(first, last):
            experiment_id = self._experiment(tx, i)
            if reports:
                trial_id = self._trial(tx, experiment_id)
                for step in (1, 2, 3):
                    self._report(tx, trial_id, "validation", step)

    def _experiment(self, tx: Tx, i: int) -> int:
        config = f"name: experiment {i % 977} of {'abcdef'[i % 6]}\ndescription: d{i % 31}\nlabels: [l{i % 7}]\n"
        config += f"searcher: {{name: single, metric: loss}}\nhyperparameters: {{lr: {i % 10 / 10}}}\n"
        request = CreateExperimentRequest(config=config, unmanaged=True)
        made = experiments.create(tx, WHO, self._layers, request, None).experiment
        assert made is not None
        return made.id

    def _trial(self, tx: Tx, experiment_id: int) -> int:
        request = CreateTrialRequest(experiment_id=experiment_id, hparams={"lr": 0.1}, unmanaged=True)
        trial_id = trials.create(tx, WHO, request, os.urandom(16).hex()).id
        trials.start(tx, WHO, trial_id, True)
        return trial_id

    def _report(self, tx: Tx, trial_id: int, group: str, step: int) -> None:
        report = metrics.Report(trial_id, 1, group, step, None, {"loss": 10 / step, "accuracy": 1 - 1 / (step + 1)}, None)
        metrics.report(tx, WHO, report)


def _each(tx: Tx, do: Callable[[Tx, int], None], first: int, last: int) -> None:
    for i in range(first, last):
        do(tx, i)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
