"""Trains a classifier of handwritten digits through Determined's Core API: metrics, progress, checkpoints, exact resumption, preemption.

The same file runs by itself (`python3 train.py`): then nothing is reported, and checkpoints stay in the user's data folder.
"""

import time
from pathlib import Path
from typing import Any

import determined as det
import numpy as np
from determined import core
from network import TRAINING, Network, load_data

ALONE = {"hidden": 32, "lr": 0.1, "momentum": 0.9, "batch_size": 32, "epochs": 20, "checkpoint_every": 5, "seconds_per_epoch": 0}


def main() -> None:
    info = det.get_cluster_info()
    trial = info.trial if info else None
    # MANUAL: metrics go to the master alone, no TensorBoard files are written beside them.
    with core.init(tensorboard_mode=core.TensorboardMode.MANUAL) as context:
        train(
            context,
            {**ALONE, **(trial.hparams if trial else {})},
            trial.trial_seed if trial else 0,
            info.latest_checkpoint if info else None,
        )


def train(context: core.Context, hparams: dict[str, Any], seed: int, latest_checkpoint: str | None) -> Network:
    """Train from the latest checkpoint, or from nothing, to the last epoch or until the cluster wants the slot back."""
    images, labels, unseen_images, unseen_labels = load_data(seed)
    network = Network(hparams["hidden"], seed)
    if latest_checkpoint:
        with context.checkpoint.restore_path(latest_checkpoint) as folder:
            network.load(Path(folder))
        say(f"resumed from checkpoint {latest_checkpoint} at step {network.steps}")

    size, epochs = hparams["batch_size"], hparams["epochs"]
    per_epoch = TRAINING // size
    for epoch in range(network.steps // per_epoch, epochs):
        # The order of an epoch depends on seed and epoch alone, so a resumed run sees what an uninterrupted one would have seen.
        order = np.random.default_rng([seed, 2, epoch]).permutation(TRAINING)
        batches = [order[start : start + size] for start in range(0, per_epoch * size, size)]
        losses = [network.step(images[batch], labels[batch], hparams["lr"], hparams["momentum"]) for batch in batches]
        validation = network.evaluate(unseen_images, unseen_labels)
        context.train.report_training_metrics(steps_completed=network.steps, metrics={"loss": float(np.mean(losses))})
        # "epochs" is what an adaptive search goes by (time_metric in adaptive.yaml): it must be in every validation.
        seen = {"epochs": epoch + 1, **{f"validation_{name}": value for name, value in validation.items()}}
        context.train.report_validation_metrics(steps_completed=network.steps, metrics=seen)
        context.train.report_progress((epoch + 1) / epochs)
        say(f"epoch {epoch + 1}/{epochs}: loss {np.mean(losses):.4f}, validation accuracy {validation['accuracy']:.4f}")
        time.sleep(hparams["seconds_per_epoch"])

        last, wanted = epoch + 1 == epochs, context.preempt.should_preempt()
        if last or wanted or (epoch + 1) % hparams["checkpoint_every"] == 0:
            save(context, network)
        if wanted and not last:
            say(f"the slot is wanted elsewhere: stopping after epoch {epoch + 1}, to go on from the checkpoint")
            break
    return network


def save(context: core.Context, network: Network) -> None:
    with context.checkpoint.store_path({"steps_completed": network.steps}) as (folder, uuid):
        network.save(folder)
    say(f"saved checkpoint {uuid} at step {network.steps}")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
