"""examples/digits_torch without a cluster, where PyTorch is installed: it learns, quickly, and goes on from a checkpoint."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.needs import ROOT

EXAMPLE = ROOT / "examples" / "digits_torch"

RESUME = """
import sys; sys.path.insert(0, ".")
import logging, determined as det
from determined import pytorch
from train import ALONE, Digits
logging.basicConfig(level=logging.INFO, format=det.LOG_FORMAT)
with pytorch.init(hparams=ALONE, enable_tensorboard_logging=False) as context:
    pytorch.Trainer(Digits(context, ALONE), context).fit(
        max_length=pytorch.Epoch(6), validation_period=pytorch.Epoch(1), latest_checkpoint=sys.argv[1])
"""


@pytest.mark.torch
@pytest.mark.slow
def test_it_learns_quickly_and_goes_on_from_its_checkpoint(torch_python: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    words = run([str(torch_python), "train.py"], tmp_path)
    assert time.monotonic() - began < 90
    assert best(words) >= 0.95, words
    checkpoint = re.findall(r"saved checkpoint ([0-9a-f-]{36})", words)[-1]
    more = run([str(torch_python), "-c", RESUME, checkpoint], tmp_path)
    steps = [int(text) for text in re.findall(r"report_training_metrics\(steps_completed=(\d+)", more)]
    assert min(steps) > 225, f"5 epochs of 45 batches were done; it should go on after them: {steps}"
    assert best(more) >= 0.95


def best(words: str) -> float:
    """The best validation accuracy that was reported."""
    return max(float(text) for text in re.findall(r"'validation_accuracy': (?:np\.float32\()?([0-9.]+)", words))


def run(command: list[str], home: Path) -> str:
    settings = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, timeout=300, check=False, env=settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
