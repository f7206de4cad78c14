"""Answers about things that are not there."""

from undeterred.errors import NotFound


def no_trial(trial_id: int) -> NotFound:
    """The answer about a trial that is not there."""
    return NotFound(f"trial '{trial_id}' not found")


def no_experiment(experiment_id: int) -> NotFound:
    """The answer about an experiment that is not there."""
    return NotFound(f"experiment '{experiment_id}' not found")


def no_checkpoint(uuid: str) -> NotFound:
    """The answer about a checkpoint that is not there."""
    return NotFound(f"checkpoint '{uuid}' not found")
