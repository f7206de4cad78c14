"""examples/digits_torch through a server: the Trainer's reports and checkpoints, a pause in the middle, two slots at once."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.support.det import cluster_config
from tests.support.needs import ROOT
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.torch, pytest.mark.timeout(540)]

EXAMPLE = ROOT / "examples" / "digits_torch"
BATCHES = 45


def test_the_trainer_pauses_and_goes_on(serve: Callable[..., Server], torch_python: Path, tmp_path: Path) -> None:
    server = serve(config=cluster_config(torch_python, tmp_path / "checkpoints"), slots=1)
    wanted = yaml.safe_load((EXAMPLE / "const.yaml").read_text())
    wanted["hyperparameters"]["epochs"] = 12
    number = walk.submit(server, wanted, {"train.py": (EXAMPLE / "train.py").read_text()})
    walk.until(lambda: walk.trial(server, number)["totalBatchesProcessed"] >= 2 * BATCHES, 90, lambda: walk.log(server, number)[-20:])
    walk.act(server, number, "pause")
    walk.until(lambda: any("preempted after all resources exited" in line for line in walk.log(server, number)), 30, "the pause")
    paused = walk.trial(server, number)
    assert paused["state"] == "STATE_PAUSED"
    assert 2 * BATCHES <= paused["totalBatchesProcessed"] < 12 * BATCHES, "it left in the middle"
    kept = walk.get(server, f"/api/v1/experiments/{number}/checkpoints")["checkpoints"]
    assert any(c["metadata"]["steps_completed"] == paused["totalBatchesProcessed"] for c in kept), "what was done is kept"

    walk.act(server, number, "activate")
    walk.until_state(server, number, "COMPLETED", timeout_s=90)
    done = walk.trial(server, number)
    assert (done["totalBatchesProcessed"], done["restarts"]) == (12 * BATCHES, 0)
    assert done["bestValidation"]["metrics"]["avgMetrics"]["validation_accuracy"] >= 0.95
    assert walk.experiment(server, number)["progress"] == 1
    validated = reported(server, "validation")
    assert validated == sorted(set(validated)), "nothing twice"
    assert validated[-1] == 12 * BATCHES
    trained = reported(server, "training")
    assert trained == sorted(set(trained))
    lines = walk.log(server, number)
    again = next(n for n, line in enumerate(lines) if re.search(r"Scheduling .*\.2\)", line))
    assert any("estoring trial from checkpoint" in line or "oading checkpoint" in line for line in lines[again:]), lines[again:]


def test_two_slots_train_together(serve: Callable[..., Server], torch_python: Path, tmp_path: Path) -> None:
    """The package's own launcher over two slots of a node: one trial, half the batches, lines told apart by rank; a kill leaves nothing."""
    server = serve(config=cluster_config(torch_python, tmp_path / "checkpoints"), slots=2)
    wanted = yaml.safe_load((EXAMPLE / "const.yaml").read_text())
    wanted |= {"entrypoint": "python3 -m determined.launch.torch_distributed python3 train.py", "resources": {"slots_per_trial": 2}}
    wanted["hyperparameters"]["epochs"] = 200
    number = walk.submit(server, wanted, {"train.py": (EXAMPLE / "train.py").read_text()})
    half = BATCHES // 2 + 1
    walk.until(lambda: len(reported(server, "validation")) >= 2, 90, lambda: walk.log(server, number)[-20:])
    assert reported(server, "validation")[:2] == [half, 2 * half]
    status, lines = server.call("GET", "/api/v1/trials/1/logs?rankIds=0")
    assert status == 200
    assert any("report_validation_metrics" in line["result"]["log"] for line in lines)
    walk.act(server, number, "kill")
    walk.until_state(server, number, "CANCELED")
    walk.nothing_left(server, "torch_distributed")


def reported(server: Server, group: str) -> list[int]:
    """The steps of trial 1's reports of one group, in order; none while there is no trial, or nothing from it."""
    status, rows = server.call("GET", f"/api/v1/trials/metrics/{group}_metrics?trialIds=1")
    if status == 404 or rows is None:
        return []
    assert status == 200, rows
    return [int(report["totalBatches"]) for row in (rows if isinstance(rows, list) else [rows]) for report in row["result"]["metrics"]]
