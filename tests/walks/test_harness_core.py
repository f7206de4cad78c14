"""The Core API of the real harness through a server: odd lines and values, warm starts and continuations, searches whose points fail, two processes."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.det import Det, cluster_config
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(400)]

ODD = """
import json, sys, time
import determined as det
from determined import core
from determined.common.api import bindings
from determined.experimental import client
info = det.get_cluster_info()
print("[rank=99999999999999999999] no rank", flush=True)
sys.stdout.buffer.write(bytes(range(256)) + b"\\n" + 20000 * b"\\0" + b"\\n")
print("tokens act as", client.whoami().username, len(json.dumps(info.trial.hparams)) > 200_000, flush=True)
with core.init() as context:
    train = context.train
    context.profiler.on(sampling_interval=1, samples_per_report=1)
    values = {"nan": float("nan"), "inf": float("inf"), "big": 10**30, "text": "a\\tb \\u2028", "lone": "\\ud800", "none": None}
    values |= {"deep": {"a": [1, {"b": True}]}, "": 3, "a.b": 4}
    train.report_training_metrics(steps_completed=1, metrics=values)
    train.report_training_metrics(steps_completed=2, metrics={"nan": 1.0, "inf": float("-inf"), "big": 1})
    train.report_metrics("in ference/x", 1, {"ok": True, "f": 0.5})
    train.report_validation_metrics(steps_completed=2, metrics={"accuracy": float("nan")})
    while train.get_experiment_best_validation() is None:
        train.report_validation_metrics(steps_completed=3, metrics={"accuracy": 0.5})
        time.sleep(0.1)
    train.set_metadata({"who": "me", "nested": {"deep": [1, 2.5]}})
    print("metadata", train.get_metadata(), "best", train.get_experiment_best_validation(), flush=True)
    with context.checkpoint.store_path({"steps_completed": 3, "odd": "\\u2028"}) as (path, uuid):
        (path / "\\u2028 \\u00e9.txt").write_text("1")
    series = lambda: bindings.get_GetTrialProfilerAvailableSeries(client._determined._session, trialId=info.trial.trial_id, follow=False)
    while not {"cpu_util_simple", "memory_free"} <= {label.name for found in series() for label in found.labels}:
        time.sleep(0.1)
    print("profiled", flush=True)
sys.stdout.write("no end")
"""
KEPT = """
import determined as det
from determined import core
info = det.get_cluster_info()
with core.init(tensorboard_mode=core.TensorboardMode.MANUAL) as context:
    begin = 0
    if info.latest_checkpoint:
        with context.checkpoint.restore_path(info.latest_checkpoint) as path:
            begin = int((path / "step").read_text())
    print("begun at", begin, "of", info.trial._steps_completed, "by", info.trial.hparams["by"], flush=True)
    for step in range(begin + 1, begin + 4):
        context.train.report_validation_metrics(steps_completed=step, metrics={"accuracy": step})
        with context.checkpoint.store_path({"steps_completed": step}) as (path, uuid):
            (path / "step").write_text(str(step))
"""
POINTS = """
import determined as det
from determined import core
point = det.get_cluster_info().trial.hparams
with core.init(tensorboard_mode=core.TensorboardMode.MANUAL) as context:
    if point["a"] == 2:
        raise ValueError("a bad point")
    if point["a"] == 3:
        raise det.InvalidHP("no such point")
    context.train.report_validation_metrics(steps_completed=1, metrics={"accuracy": point["a"]})
"""
TWO = """
import sys
from determined import core
from determined.experimental import core_v2
own = int(sys.argv[1])
ranks = core.DistributedContext(rank=own, size=2, local_rank=own, local_size=2, cross_rank=0, cross_size=1, chief_ip="localhost")
config = core_v2.Config(name="two", external_experiment_id="two", external_trial_id="one")
manual = core.TensorboardMode.MANUAL
with core_v2.init_context(distributed=ranks, config=config, checkpoint_storage=sys.argv[2], tensorboard_mode=manual) as context:
    with context.checkpoint.store_path({"steps_completed": 1, f"by{own}": own}, shard=True) as (path, uuid):
        (path / f"part{own}").write_text(str(own))
    if own == 0:
        context.train.report_validation_metrics(steps_completed=1, metrics={"loss": 1.5})
"""


@pytest.fixture
def server(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> Server:
    return serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=2)


@pytest.mark.parametrize("dialect", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_odd_lines_and_values(
    serve: Callable[..., Server], task_python: Path, tmp_path: Path, dialect: str, request: pytest.FixtureRequest
) -> None:
    """What a program may print or report without thinking neither ends it nor holds it up, and comes back as it was."""
    database = {"db": {"url": request.getfixturevalue("postgres").fresh()}} if dialect == "postgres" else {}
    server = serve(config=cluster_config(task_python, tmp_path / "checkpoints") | database, slots=1)
    wide = {f"parameter{n}": "v" * 1000 for n in range(250)}  # more than a variable of the environment may hold
    number = walk.submit(server, walk.config(hyperparameters=wide), {"train.py": ODD})
    walk.until_state(server, number, "COMPLETED", "ERROR", timeout_s=60)
    done, lines = walk.trial(server, number), walk.log(server, number)
    assert done["state"] == "STATE_COMPLETED", "\n".join(lines[-30:])
    assert {"[rank=99999999999999999999] no rank", "tokens act as determined True", "profiled", "no end"} <= set(lines)
    assert sum(line.count("\0") for line in lines) == 20001
    assert "metadata {'nested': {'deep': [1, 2.5]}, 'who': 'me'} best 0.5" in lines, [line for line in lines if "metadata" in line]

    first, second = reports(server, "training")
    assert first == {
        "nan": "NaN", "inf": "Infinity", "big": 1e30, "text": "a\tb \u2028", "lone": "\ufffd", "none": None, "deep": {"a": [1, {"b": True}]}, "": 3, "a.b": 4,
    }  # fmt: skip
    assert second == {"nan": 1.0, "inf": "-Infinity", "big": 1}
    assert reports(server, "in%20ference%2Fx") == [{"ok": True, "f": 0.5}]
    assert reports(server, "validation")[0] == {"accuracy": "NaN"}
    assert done["bestValidation"]["metrics"]["avgMetrics"] == {"accuracy": 0.5}
    summary = done["summaryMetrics"]["avg_metrics"]
    assert (summary["big"]["count"], summary["nan"]["max"], summary["deep"]["type"]) == (2, "NaN", "object")
    (kept,) = walk.get(server, f"/api/v1/trials/{done['id']}/checkpoints")["checkpoints"]
    assert kept["metadata"] == {"steps_completed": 3, "odd": "\u2028"}
    assert kept["resources"]["\u2028 \u00e9.txt"] == "1"
    written = list((tmp_path / "checkpoints").glob(f"*/tensorboard/experiment/{number}/trial/{done['id']}/events.out.tfevents.*"))
    assert any(b"Determined/big" in path.read_bytes() for path in written), "TensorBoard's files are brought to the storage"


def reports(server: Server, group: str) -> list[dict[str, Any]]:
    """The values of trial 1's reports of a group, in order of their steps."""
    rows = walk.get(server, f"/api/v1/trials/metrics/trial_metrics?trialIds=1&group={group}")["result"]["metrics"]
    return [next(iter(row["metrics"].values())) for row in rows]


def test_warm_start_and_continuation(det: Det) -> None:
    """A new trial begins at another's last checkpoint and its steps count from there; a continued one goes on as itself, in a second task."""
    server = det.server

    def begun(number: int) -> list[str]:
        return [line for line in walk.log(server, number) if line.startswith("begun at")]

    first = walk.submit(server, walk.config(hyperparameters={"by": "first"}), {"train.py": KEPT})
    walk.until_state(server, first, "COMPLETED")
    kept = walk.trial(server, first)
    searcher = walk.config()["searcher"]
    for source in ({"source_trial_id": kept["id"]}, {"source_checkpoint_uuid": kept["bestCheckpoint"]["uuid"]}):
        warm = walk.submit(server, walk.config(hyperparameters={"by": "warm"}, searcher=searcher | source), {"train.py": KEPT})
        walk.until_state(server, warm, "COMPLETED")
        found = walk.trial(server, warm)
        assert begun(warm) == ["begun at 3 of 0 by warm"]
        assert (found["totalBatchesProcessed"], found["warmStartCheckpointUuid"]) == (6, kept["bestCheckpoint"]["uuid"])

    det("e", "continue", str(first), "--config", "hyperparameters.by=again", "-f")
    walk.until_state(server, first, "COMPLETED")
    again = walk.trial(server, first)
    assert begun(first) == ["begun at 0 of 0 by first", "begun at 3 of 3 by again"]
    assert (again["id"], again["restarts"], again["totalBatchesProcessed"], len(again["taskIds"])) == (kept["id"], 0, 6, 2)
    assert again["summaryMetrics"]["validation_metrics"]["accuracy"]["count"] == 6
    assert "accuracy" in det("trial", "describe", str(kept["id"]))


def test_a_grid_goes_on_where_points_fail(server: Server) -> None:
    """A point that raises is tried again and then given up, one that says it is invalid is not; the best of the rest is the experiment's."""
    space = {"a": {"type": "int", "minval": 1, "maxval": 3, "count": 3}, "deep": {"b": {"type": "categorical", "vals": [None]}}}
    wanted = walk.config(max_restarts=1, hyperparameters=space, searcher=walk.config()["searcher"] | {"name": "grid"})
    number = walk.submit(server, wanted, {"train.py": POINTS})
    walk.until_state(server, number, "COMPLETED", "ERROR", timeout_s=60)
    done = walk.experiment(server, number)
    assert (done["state"], done["progress"], done["numTrials"]) == ("STATE_COMPLETED", 1, 3)
    ends = {each["hparams"]["a"]: (each["state"], each["restarts"], each["hparams"]["deep"]) for each in walk.trials(server, number)}
    assert ends == {
        1: ("STATE_COMPLETED", 0, {"b": None}),
        2: ("STATE_ERROR", 1, {"b": None}),
        3: ("STATE_COMPLETED", 0, {"b": None}),
    }
    assert walk.get(server, f"/api/v1/experiments/{number}/searcher/best_searcher_validation_metric") == {"metric": 1}


def test_two_processes_of_one_unmanaged_trial(det: Det, tmp_path: Path) -> None:
    """Both have a part in its checkpoint; the cluster knows one experiment, one trial, one end."""
    command = [str(det.program.parent / "python"), "-W", "ignore", "-c", TWO]
    running = [
        subprocess.Popen(
            [*command, str(rank), str(tmp_path / "own")], env=det.environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for rank in (0, 1)
    ]
    said = [process.communicate(timeout=180)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    (found,) = walk.get(det.server, "/api/v1/experiments")["experiments"]
    trial = walk.trial(det.server, found["id"])
    assert (found["state"], trial["state"], trial["totalBatchesProcessed"]) == ("STATE_COMPLETED", "STATE_COMPLETED", 1)
    (kept,) = walk.get(det.server, f"/api/v1/trials/{trial['id']}/checkpoints")["checkpoints"]
    assert kept["metadata"] == {"steps_completed": 1, "by0": 0, "by1": 1}
    assert {"part0", "part1"} <= set(kept["resources"])
    assert {path.name for path in (tmp_path / "own" / kept["uuid"]).iterdir()} == {"part0", "part1", "metadata.json"}
