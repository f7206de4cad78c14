"""`kill -9` of the master at any moment of a running trial: no more than a pause, nothing acknowledged is lost, nothing is there twice."""

import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.det import cluster_config
from tests.support.server import Server
from tests.walks import trial as walk

if TYPE_CHECKING:
    from tests.support.postgres import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(900)]

KILLS = 50
KILLS_POSTGRES = int(os.environ.get("UNDETERRED_KILLS", "12"))
STEPS = 24


def test_fifty_kills(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    kills(serve, cluster_config(task_python, tmp_path / "checkpoints"), KILLS, tmp_path / "checkpoints")


@pytest.mark.postgres
def test_kills_on_postgres(serve: Callable[..., Server], task_python: Path, tmp_path: Path, postgres: "Postgres") -> None:
    config = cluster_config(task_python, tmp_path / "checkpoints") | {"db": {"url": postgres.fresh()}}
    kills(serve, config, KILLS_POSTGRES, tmp_path / "checkpoints")


def kills(serve: Callable[..., Server], config: dict[str, object], count: int, storage: Path) -> None:
    """Two trials at a time, new ones as they end: kills fall on their starts, steps, checkpoints and ends."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    server = serve(config=config, slots=2)
    server.token()
    numbers: list[int] = []
    began, away_s = time.monotonic(), 0.0
    for _ in range(count):
        while len([n for n in numbers if not ended(server, n)]) < 2:
            numbers.append(submitted(server, walk.SHORT_RETRIES))
        time.sleep(chance.random() * 0.7)
        server.kill9()
        killed = time.monotonic()
        server.start()
        away_s += time.monotonic() - killed
    print(f"{count} kills in {time.monotonic() - began:.0f} s, away {away_s / count:.2f} s on average, {len(numbers)} trials")
    assert count < KILLS or len(numbers) > 2, "no trial ended between the kills"
    for number in numbers:
        walk.until_state(server, number, "COMPLETED", "ERROR", "CANCELED", timeout_s=60)
        whole(server, number, storage)
    walk.nothing_left(server)


def test_default_retries(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    """The harness's own back-off bridges an outage; a trial that is finishing while the master is away is taken up too."""
    server = serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    number = submitted(server, None)
    walk.until_line(server, number, "line 3")
    before = walk.get(server, f"/api/v1/tasks/{walk.trial(server, number)['taskId']}")["task"]["allocations"]
    server.kill9()
    time.sleep(2)
    server.start()
    walk.until_state(server, number, "COMPLETED", "ERROR", timeout_s=60)
    whole(server, number, tmp_path / "checkpoints")
    after = walk.get(server, f"/api/v1/tasks/{walk.trial(server, number)['taskId']}")["task"]["allocations"]
    assert [a["allocationId"] for a in after] == [a["allocationId"] for a in before]
    walk.nothing_left(server)


def submitted(server: Server, retries: str | None) -> int:
    variables: dict[str, object] = {"STEPS": STEPS, "PAUSE": 0.1, "EVERY": 8}
    if retries is not None:
        variables["DET_RETRY_CONFIG"] = retries
    return walk.submit(server, walk.config(environment=walk.environ(**variables)), {"train.py": walk.STEPS})


def ended(server: Server, number: int) -> bool:
    return walk.experiment(server, number)["state"] in {"STATE_COMPLETED", "STATE_ERROR", "STATE_CANCELED"}


def whole(server: Server, number: int, storage: Path) -> None:
    """The experiment completed in one run, and everything that its code saw acknowledged is there once."""
    story = "\n".join(walk.log(server, number))
    assert walk.experiment(server, number)["state"] == "STATE_COMPLETED", story
    found = walk.trial(server, number)
    assert found["restarts"] == 0, story
    assert f"(id: {found['taskId']}.2)" not in story, "a second run was needed"
    lines = [int(m[1]) for line in walk.log(server, number) if (m := re.fullmatch(r"line (\d+)", line))]
    assert lines == list(range(1, STEPS + 1)), story
    for text in ("done", "Scheduling Trial", "was assigned to an agent", "have started", "was terminated"):
        count = sum(text in line and "determined:" not in line for line in walk.log(server, number))
        assert count == 1, f"{text!r} stands {count} times in\n{story}"
    assert batches(server, found["id"], "training") == list(range(1, STEPS + 1)), story
    assert batches(server, found["id"], "validation") == [8, 16, 24], story
    kept = {m[2]: int(m[1]) for line in walk.log(server, number) if (m := re.fullmatch(r"kept (\d+) (\S+)", line))}
    known = walk.get(server, f"/api/v1/experiments/{number}/checkpoints")["checkpoints"]
    assert sorted(c["uuid"] for c in known) == sorted(kept), story
    for checkpoint in known:
        assert checkpoint["state"] in {"STATE_COMPLETED", "STATE_DELETED", "STATE_PARTIALLY_DELETED"}, checkpoint
        if checkpoint["state"] == "STATE_COMPLETED":
            assert (storage / checkpoint["uuid"] / "step").read_text() == str(kept[checkpoint["uuid"]])
    assert any(c["state"] == "STATE_COMPLETED" for c in known)


def batches(server: Server, trial_id: int, group: str) -> list[int]:
    """The steps of a trial's reports of one group, in order."""
    status, lines = server.call("GET", f"/api/v1/trials/metrics/{group}_metrics?trialIds={trial_id}")
    assert status == 200, lines
    rows = lines if isinstance(lines, list) else [lines]
    return [int(report["totalBatches"]) for row in rows for report in row["result"]["metrics"]]
