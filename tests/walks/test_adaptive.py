"""examples/digits/adaptive.yaml through a server: eight draws on two slots, the worse ones are stopped at their rungs."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.support.det import cluster_config
from tests.support.needs import ROOT
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(600)]

EXAMPLE = ROOT / "examples" / "digits"


def test_the_worse_ones_are_stopped(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    server = serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=2)
    wanted = yaml.safe_load((EXAMPLE / "adaptive.yaml").read_text())
    wanted["hyperparameters"]["seconds_per_epoch"] = 0.05  # so that the word to stop comes in time
    wanted["searcher"]["max_trials"] = 8
    wanted["reproducibility"] = {"experiment_seed": 4}
    number = walk.submit(server, wanted, {name: (EXAMPLE / name).read_text() for name in ("train.py", "network.py")})
    walk.until_state(server, number, "COMPLETED", "ERROR", timeout_s=120)
    done = walk.experiment(server, number)
    assert (done["state"], done["progress"]) == ("STATE_COMPLETED", 1), walk.log(server, number)[-20:]
    trials = walk.trials(server, number)
    assert len(trials) == 8
    assert {(each["state"], each["restarts"]) for each in trials} == {("STATE_COMPLETED", 0)}
    lengths = [int(each["latestValidation"]["metrics"]["avgMetrics"]["epochs"]) for each in trials]
    assert max(lengths) == 16, lengths
    assert min(lengths) < 16, lengths
    best = max(each["bestValidation"]["metrics"]["avgMetrics"]["validation_accuracy"] for each in trials)
    assert best >= 0.95
    assert sum(each["totalBatchesProcessed"] for each in trials) == sum(
        length * (1437 // each["hparams"]["batch_size"]) for length, each in zip(lengths, trials, strict=True)
    ), "each stopped after a whole epoch"
