"""examples/digits without a cluster: it learns, quickly, and a run that was interrupted ends with the very same network."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.needs import ROOT

EXAMPLE = ROOT / "examples" / "digits"

RESUME = """
import sys; sys.path.insert(0, ".")
import json, determined
from determined import core
from train import ALONE, train

class Preempt:
    def __init__(self, context, after): self.context, self.after = context, after
    def __getattr__(self, name): return getattr(self.context, name)
    @property
    def preempt(self): return self
    def should_preempt(self):
        self.after -= 1
        return self.after == 0

hparams = {**ALONE, "epochs": 6, "checkpoint_every": 100}
with core.init(tensorboard_mode=core.TensorboardMode.MANUAL, checkpoint_storage=sys.argv[1]) as context:
    saved = []
    plain_store = context.checkpoint.store_path
    def store(metadata):
        opened = plain_store(metadata)
        class Noted:
            def __enter__(self):
                self.path, uuid = opened.__enter__(); saved.append(uuid); return self.path, uuid
            def __exit__(self, *error): return opened.__exit__(*error)
        return Noted()
    context.checkpoint.store_path = store
    whole = train(context, hparams, 3, None)
    first = train(Preempt(context, 2), hparams, 3, None)
    second = train(context, hparams, 3, saved[-1])
same = all((whole.weights[name] == second.weights[name]).all() for name in whole.weights)
print(json.dumps({"same": bool(same), "first": first.steps, "second": second.steps, "whole": whole.steps, "saved": len(saved)}))
"""


@pytest.mark.realclient
def test_it_learns_quickly(task_python: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    words = run([str(task_python), "train.py"], tmp_path)
    assert time.monotonic() - began < 60
    last = [line for line in words.splitlines() if line.startswith("epoch 20/20")]
    assert last, words
    assert float(last[0].rsplit(" ", 1)[1]) >= 0.95


@pytest.mark.realclient
def test_an_interrupted_run_ends_with_the_same_network(task_python: Path, tmp_path: Path) -> None:
    found = json.loads(run([str(task_python), "-c", RESUME, str(tmp_path / "checkpoints")], tmp_path).splitlines()[-1])
    assert found == {"same": True, "first": 2 * 44, "second": 6 * 44, "whole": 6 * 44, "saved": 3}


def run(command: list[str], home: Path) -> str:
    """The output of a command in the example's folder, with checkpoints in a home of its own."""
    settings = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, timeout=180, check=False, env=settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
