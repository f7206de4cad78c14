"""`kill -9` of the master while all kinds of things are under way: searches, verbs, forks, deletions, removals, bursts of lines, and clients that follow."""

import base64
import json
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.det import cluster_config
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(540)]

ROUNDS = int(os.environ.get("UNDETERRED_KILLS", "6"))
ENDED = {"STATE_COMPLETED", "STATE_ERROR", "STATE_CANCELED"}
LINES = 5_000
QUICK = {"STEPS": 8, "PAUSE": 0.05, "EVERY": 4, "DET_RETRY_CONFIG": walk.SHORT_RETRIES}
CODE = walk.STEPS.replace('{"accuracy": step / steps}', '{"accuracy": step / steps, "batches": step}')
SEARCH = {
    "name": "adaptive_asha",
    "metric": "accuracy",
    "smaller_is_better": False,
    "max_length": {"batches": 8},
    "time_metric": "batches",
    "max_time": 8,
    "max_trials": 4,
    "max_rungs": 2,
    "divisor": 2,
    "max_concurrent_trials": 2,
}


def persistent(server: Server, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """A call that is repeated until the master answers it."""
    return tuple(walk.until(lambda: server.call(method, path, body), 60, f"{method} {path}"))


class People:
    """What people ask for while the master keeps dying; what was acknowledged is remembered."""

    def __init__(self, server: Server, chance: random.Random) -> None:
        self.server, self.chance = server, chance
        self.wanted: dict[int, str] = {}  # experiment -> the verb that was acknowledged last
        self.made: set[int] = set()
        self.deleted: set[int] = set()
        self.bursts: set[int] = set()

    def act(self) -> None:
        """One of the things that people do. A master that is away is asked again."""
        kind = self.chance.choice(["quick", "search", "burst", "verb", "verb", "verb", "fork", "delete", "delete", "policy"])
        getattr(self, kind)()

    def create(self, config: dict[str, Any], **more: Any) -> int:
        context = [{"path": "train.py", "type": 48, "content": base64.b64encode(CODE.encode()).decode(), "mode": 0o644, "mtime": "0"}]
        body = {"config": json.dumps(config), "modelDefinition": context, "activate": True} | more
        status, answer = persistent(self.server, "POST", "/api/v1/experiments", body)
        assert status == 200, answer
        number = int(answer["experiment"]["id"])
        self.made.add(number)
        return number

    def quick(self) -> None:
        self.create(walk.config(environment=walk.environ(**QUICK)))

    def search(self) -> None:
        parameters = {"a": {"type": "double", "minval": 0, "maxval": 1}}
        self.create(walk.config(environment=walk.environ(**QUICK), searcher=SEARCH, hyperparameters=parameters))

    def burst(self) -> None:
        self.bursts.add(self.create(walk.config(entrypoint=["sh", "-c", f"seq -f 'line %.0f' {LINES}"])))

    def verb(self) -> None:
        known = sorted(self.made - self.deleted - self.bursts)
        if known:
            number, verb = self.chance.choice(known), self.chance.choice(["pause", "activate", "activate", "cancel", "kill"])
            status, answer = persistent(self.server, "POST", f"/api/v1/experiments/{number}/{verb}", {})
            assert status in (200, 400, 404), answer
            if status == 200 and verb in ("cancel", "kill"):
                self.wanted[number] = verb

    def fork(self) -> None:
        known = sorted(self.made - self.deleted - self.bursts)
        if known:
            self.create(walk.config(environment=walk.environ(**QUICK)), parentId=self.chance.choice(known))

    def delete(self) -> None:
        known = [n for n in sorted(self.made - self.deleted - self.bursts) if self.state(n) in ENDED]
        if known:
            number = self.chance.choice(known)
            status, answer = persistent(self.server, "DELETE", f"/api/v1/experiments/{number}")
            assert status in (200, 404), answer
            self.deleted.add(number)

    def policy(self) -> None:
        known = [n for n in sorted(self.made - self.deleted - self.bursts) if self.state(n) in ENDED]
        if known:
            body = {"checkpointStorage": {"saveExperimentBest": 0, "saveTrialBest": 0, "saveTrialLatest": 0}}
            status, answer = persistent(self.server, "PATCH", f"/api/v1/experiments/{self.chance.choice(known)}", body)
            assert status == 200, answer

    def state(self, number: int) -> str:
        status, answer = persistent(self.server, "GET", f"/api/v1/experiments/{number}")
        return str(answer["experiment"]["state"]) if status == 200 else f"HTTP {status}"


def test_kills_while_all_is_under_way(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    seed = int(os.environ.get("UNDETERRED_SEED", "0")) or random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    server = serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=3)
    server.token()
    people = People(server, random.Random(seed))
    people.quick()
    over, faults = threading.Event(), []

    def live() -> None:
        try:
            while not over.is_set():
                people.act()
                time.sleep(people.chance.random() * 0.3)
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=live)
    thread.start()
    try:
        for _ in range(ROUNDS):
            time.sleep(chance.random() * 1.2)
            server.kill9()
            server.start()
            if len(people.made) > ROUNDS * 0.7:
                break
    finally:
        over.set()
        thread.join()
    assert not faults, (seed, faults)
    for number in people.made - people.deleted:
        if people.state(number) == "STATE_PAUSED":
            persistent(server, "POST", f"/api/v1/experiments/{number}/activate", {})
    for number in sorted(people.made - people.deleted):
        state = walk.until_state(server, number, "COMPLETED", "ERROR", "CANCELED", timeout_s=60)
        assert state != "STATE_ERROR", (seed, number, state, people.wanted)
        assert state == "STATE_COMPLETED" or number in people.wanted, (seed, number, state)
        for trial in walk.trials(server, number):
            assert trial["state"] in ENDED, (seed, number, trial)
            assert trial["restarts"] == 0, (seed, number, trial)
    for number in sorted(people.bursts):
        lines = [line for line in walk.log(server, number) if line.startswith("line ")]
        assert lines == [f"line {i}" for i in range(1, LINES + 1)], (seed, number, len(lines))
    for number in sorted(people.deleted):
        walk.until(lambda number=number: people.state(number) == "HTTP 404", 30, f"experiment {number} to go (seed {seed})")  # type: ignore[misc]
    jobs = walk.get(server, "/api/v1/job-queues-v2?resourcePool=default")["jobs"]
    assert jobs == [], (seed, jobs)
    walk.nothing_left(server)
    print(f"{len(people.made)} experiments, {len(people.deleted)} deleted, verbs {people.wanted}")
