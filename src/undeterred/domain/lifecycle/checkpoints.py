"""Checkpoints: what becomes of their state, and which ones an experiment's policy lets go."""

import math
from collections import defaultdict
from collections.abc import Iterable

import msgspec

from undeterred.terms import CheckpointState


class Checkpoint(msgspec.Struct, frozen=True):
    """A checkpoint beside the validation at the same steps of its trial. metric: the searcher's, None without one; validation_id: 0
    without one; kept: a model version, or another trial's warm start, needs it."""

    uuid: str
    trial_id: int
    steps: int
    metric: float | None = None
    validation_id: int = 0
    state: CheckpointState = CheckpointState.COMPLETED
    kept: bool = False


class Policy(msgspec.Struct, frozen=True):
    """How many are kept: the best of the experiment, the best of each trial, the latest of each trial."""

    save_experiment_best: int = 0
    save_trial_best: int = 1
    save_trial_latest: int = 1


NOTHING = Policy(0, 0, 0)
"""For an experiment that is deleted: every checkpoint goes, also those without a metric."""

_Key = tuple[int, float, int]


def collectable(checkpoints: Iterable[Checkpoint], policy: Policy, smaller_is_better: bool = True) -> list[Checkpoint]:
    """The checkpoints of one experiment to delete, in the given order.

    One goes if it is neither among the experiment's best nor its trial's best (or has no metric), and is not among its trial's latest.
    Those that are kept for somebody else count in the ranks, and stay.
    """
    here = [each for each in checkpoints if each.state is CheckpointState.COMPLETED]
    keys = {each.uuid: _key(each, smaller_is_better) for each in here}
    by_trial: dict[int, list[Checkpoint]] = defaultdict(list)
    for each in here:
        by_trial[each.trial_id].append(each)
    experiment_rank = _ranks([keys[each.uuid] for each in here])
    best_rank = {trial: _ranks([keys[each.uuid] for each in own]) for trial, own in by_trial.items()}
    latest_rank = {trial: _ranks([(0, float(-each.steps), 0) for each in own]) for trial, own in by_trial.items()}

    def goes(each: Checkpoint) -> bool:
        key = keys[each.uuid]
        beaten = experiment_rank[key] > policy.save_experiment_best and best_rank[each.trial_id][key] > policy.save_trial_best
        old = latest_rank[each.trial_id][(0, float(-each.steps), 0)] > policy.save_trial_latest
        return (beaten or each.metric is None) and old and not each.kept

    return [each for each in here if goes(each)]


def after_files(before: dict[str, int], left: dict[str, int], state: CheckpointState) -> CheckpointState:
    """The state once these files are left. before, left: sizes by path; nothing left is DELETED, the same files change nothing."""
    if not left:
        return CheckpointState.DELETED
    return state if left == before else CheckpointState.PARTIALLY_DELETED


def may(before: CheckpointState, after: CheckpointState) -> bool:
    """True where a checkpoint may go from one state to the other; what is deleted does not come back."""
    match before:
        case CheckpointState.ACTIVE:
            return after in (CheckpointState.COMPLETED, CheckpointState.ERROR, CheckpointState.DELETED)
        case CheckpointState.COMPLETED | CheckpointState.ERROR:
            return after in (CheckpointState.PARTIALLY_DELETED, CheckpointState.DELETED)
        case CheckpointState.PARTIALLY_DELETED:
            return after is CheckpointState.DELETED
        case CheckpointState.DELETED:
            return False


def _key(each: Checkpoint, smaller_is_better: bool) -> _Key:
    """Numbers first, the best in front, then NaN, then those without a metric; equal ones by validation."""
    if each.metric is None:
        return (2, 0.0, each.validation_id)
    if math.isnan(each.metric):
        return (1, 0.0, each.validation_id)
    return (0, each.metric if smaller_is_better else -each.metric, each.validation_id)


def _ranks(keys: list[_Key]) -> dict[_Key, int]:
    """Rank from 1; equal keys share the better one."""
    ranks: dict[_Key, int] = {}
    for place, key in enumerate(sorted(keys), 1):
        ranks.setdefault(key, place)
    return ranks
