"""The harness's own PyTorch ways through a server: a class-based trial that crashes and resumes, and shards of a checkpoint from two ranks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.det import cluster_config
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.torch, pytest.mark.timeout(540)]

MODEL = """
import os
import determined as det
import torch
from determined import pytorch
from torch import nn

class Counts(pytorch.PyTorchCallback):
    epochs = 0
    def on_training_epoch_end(self, epoch_idx): self.epochs += 1
    def state_dict(self): return {"epochs": self.epochs}
    def load_state_dict(self, state):
        self.epochs = state["epochs"]
        print("loaded after", self.epochs, flush=True)

class Line(pytorch.PyTorchTrial):
    def __init__(self, context):
        self.context, self.counts = context, Counts()
        self.model = context.wrap_model(nn.Linear(4, 1))
        self.optimizer = context.wrap_optimizer(torch.optim.SGD(self.model.parameters(), lr=context.get_hparam("lr")))
        print("data", context.get_data_config(), "deep", context.get_hparam("nested")["deep"], flush=True)
        inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(1))
        self.data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))
    def build_training_data_loader(self):
        return pytorch.DataLoader(self.data, batch_size=self.context.get_per_slot_batch_size())
    def build_validation_data_loader(self): return pytorch.DataLoader(self.data, batch_size=16)
    def build_callbacks(self): return {"counts": self.counts}
    def train_batch(self, batch, epoch_idx, batch_idx):
        if batch_idx == 13 and det.get_cluster_info().trial._trial_run_id == 1:
            raise RuntimeError("planned")
        loss = nn.functional.mse_loss(self.model(batch[0]), batch[1])
        self.context.backward(loss)
        self.context.step_optimizer(self.optimizer)
        return {"loss": loss}
    def evaluate_batch(self, batch): return {"error": nn.functional.mse_loss(self.model(batch[0]), batch[1])}
"""
LEGACY = {
    "entrypoint": "model_def:Line",
    "searcher": {"name": "single", "metric": "error", "max_length": {"batches": 24}},
    "hyperparameters": {"lr": 0.01, "global_batch_size": 8, "nested": {"deep": {"type": "const", "val": [1, 2]}}},
    "data": {"where": "here"},
    "records_per_epoch": 64,
    "scheduling_unit": 4,
    "min_validation_period": {"batches": 6},
    "min_checkpoint_period": {"epochs": 1},
    "checkpoint_policy": "all",
    "optimizations": {"aggregation_frequency": 2},
    "profiling": {"enabled": True},
    "max_restarts": 1,
}
RANKS = """
import os, pathlib, time
import torch.distributed
from determined import core
torch.distributed.init_process_group("gloo")
ranks = core.DistributedContext.from_torch_distributed()
with core.init(distributed=ranks) as context:
    own = ranks.rank
    print("gathered", ranks.allgather({"rank": own}), ranks.broadcast(own), flush=True)
    place = pathlib.Path(f"place{own}")
    (place / "both").mkdir(parents=True)
    (place / "both" / f"part{own}").write_text(str(own))
    upload = lambda metadata: context.checkpoint.upload(place, metadata, shard=True)
    kept = upload({"steps_completed": 1, f"by{own}": own, "all": {str(own): own}})
    with context.checkpoint.restore_path(kept) as path:
        print("restored", sorted(os.listdir(path / "both")), flush=True)
    try:
        upload({"steps_completed": 2, "conflict": own})
    except RuntimeError as error:
        print("refused", "conflict" in str(error), flush=True)
    while not context.preempt.should_preempt():
        time.sleep(0.1)
    print("left", flush=True)
"""


def test_a_trial_class_resumes_after_a_crash(serve: Callable[..., Server], torch_python: Path, tmp_path: Path) -> None:
    """The old form of an entrypoint, periods in epochs and batches: from its last checkpoint on, with PyTorch >= 2.6 and without tensorboard."""
    server = serve(config=cluster_config(torch_python, tmp_path / "checkpoints"), slots=1)
    number = walk.submit(server, walk.config(**LEGACY), {"model_def.py": MODEL})
    walk.until_state(server, number, "COMPLETED", "ERROR", timeout_s=120)
    done, lines = walk.trial(server, number), walk.log(server, number)
    assert (done["state"], done["restarts"], done["totalBatchesProcessed"]) == ("STATE_COMPLETED", 1, 24), "\n".join(lines[-60:])
    assert "loaded after 1" in lines, [line for line in lines if "loaded" in line or "Restoring" in line]
    assert lines.count("data {'where': 'here'} deep [1, 2]") == 2
    assert sum("RuntimeError: planned" in line for line in lines) == 1
    reports = walk.get(server, f"/api/v1/trials/metrics/trial_metrics?trialIds={done['id']}&group=validation")["result"]["metrics"]
    assert [(report["totalBatches"], report["trialRunId"]) for report in reports] == [(6, 1), (12, 1), (18, 2), (24, 2)]
    kept = walk.get(server, f"/api/v1/trials/{done['id']}/checkpoints")["checkpoints"]
    assert {each["metadata"]["steps_completed"] for each in kept} == {6, 8, 12, 16, 18, 24}, "one an epoch, and one a validation"
    events = list((tmp_path / "checkpoints").glob(f"*/tensorboard/experiment/{number}/trial/{done['id']}/events.out.tfevents.*"))
    assert any(b"Determined/loss" in path.read_bytes() for path in events), events


def test_two_ranks_share_a_checkpoint_and_a_pause(serve: Callable[..., Server], torch_python: Path, tmp_path: Path) -> None:
    """Each rank's files and metadata come together, what contradicts is refused to all of them, and all of them hear of a pause."""
    server = serve(config=cluster_config(torch_python, tmp_path / "checkpoints"), slots=2)
    launch = "python3 -m determined.launch.torch_distributed python3 train.py"
    number = walk.submit(server, walk.config(entrypoint=launch, resources={"slots_per_trial": 2}), {"train.py": RANKS})

    def lines(text: str) -> int:
        return walk.log(server, number).count(text)

    walk.until(lambda: lines("refused True") == 2, 90, lambda: walk.log(server, number)[-40:])
    assert lines("gathered [{'rank': 0}, {'rank': 1}] 0") == 2
    assert lines("restored ['part0', 'part1']") == 2
    (kept,) = walk.get(server, f"/api/v1/experiments/{number}/checkpoints")["checkpoints"]
    assert kept["metadata"] == {"steps_completed": 1, "by0": 0, "by1": 1, "all": {"0": 0, "1": 1}}
    assert {"both/", "both/part0", "both/part1"} == set(kept["resources"])
    walk.act(server, number, "pause")
    walk.until_line(server, number, "allocation preempted after all resources exited", 60)
    assert lines("left") == 2
    assert walk.trial(server, number)["state"] == "STATE_PAUSED"
    walk.act(server, number, "kill")
    walk.nothing_left(server, "torch_distributed")
