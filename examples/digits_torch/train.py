"""Trains a small convolutional network on handwritten digits with PyTorch and Determined's Trainer API.

The Trainer reports metrics and progress, saves checkpoints, resumes from the latest one and gives the slot back when asked; the trial says
only what one batch does. The same file runs by itself (`python3 train.py`), without a cluster.
"""

import logging
import os
from typing import Any

import determined as det
import torch
from determined import pytorch
from sklearn.datasets import load_digits
from torch import nn

# The Trainer of determined 0.38.1 restores random states by torch.load, which since PyTorch 2.6 refuses them unless told otherwise.
os.environ.setdefault("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")

ALONE = {"channels": 16, "lr": 0.01, "batch_size": 32, "epochs": 5}
TRAINING = 1437  # of 1797 images; the others validate


class Digits(pytorch.PyTorchTrial):
    """One hyperparameter set's model, optimiser and data."""

    def __init__(self, context: pytorch.PyTorchTrialContext, hparams: dict[str, Any]) -> None:
        self.context, self.hparams = context, hparams
        channels = hparams["channels"]
        self.model = context.wrap_model(
            nn.Sequential(
                nn.Conv2d(1, channels, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2),
                nn.Conv2d(channels, 2 * channels, 3, padding=1),
                nn.ReLU(),
                nn.Flatten(),
                nn.Linear(2 * channels * 4 * 4, 10),
            )
        )
        self.optimizer = context.wrap_optimizer(torch.optim.Adam(self.model.parameters(), lr=hparams["lr"]))
        self.loss = nn.CrossEntropyLoss()
        images, labels = load_digits(return_X_y=True)
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
        self.images = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8)[order] / 16
        self.labels = torch.tensor(labels)[order]

    def build_training_data_loader(self) -> pytorch.DataLoader:
        return self._loader(slice(0, TRAINING), shuffle=True)

    def build_validation_data_loader(self) -> pytorch.DataLoader:
        return self._loader(slice(TRAINING, None), shuffle=False)

    def train_batch(self, batch: Any, epoch_idx: int, batch_idx: int) -> dict[str, Any]:
        images, labels = batch
        loss = self.loss(self.model(images), labels)
        self.context.backward(loss)
        self.context.step_optimizer(self.optimizer)
        return {"loss": loss}

    def evaluate_batch(self, batch: Any, batch_idx: int) -> dict[str, Any]:
        images, labels = batch
        scores = self.model(images)
        return {"validation_loss": self.loss(scores, labels), "validation_accuracy": (scores.argmax(1) == labels).float().mean()}

    def _loader(self, part: slice, shuffle: bool) -> pytorch.DataLoader:
        data = torch.utils.data.TensorDataset(self.images[part], self.labels[part])
        return pytorch.DataLoader(data, batch_size=self.hparams["batch_size"], shuffle=shuffle)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format=det.LOG_FORMAT)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    info = det.get_cluster_info()
    hparams = {**ALONE, **(info.trial.hparams if info else {})}
    # TensorBoard files would need the tensorboard package; the master has the metrics anyway.
    with pytorch.init(hparams=hparams, enable_tensorboard_logging=False) as context:
        trainer = pytorch.Trainer(Digits(context, hparams), context)
        trainer.fit(
            max_length=pytorch.Epoch(hparams["epochs"]),
            validation_period=pytorch.Epoch(1),
            checkpoint_period=pytorch.Epoch(1),
            reporting_period=pytorch.Batch(20),
            checkpoint_policy="all",
            latest_checkpoint=info.latest_checkpoint if info else None,
        )


if __name__ == "__main__":
    main()
