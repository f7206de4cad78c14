"""Letting go of checkpoints: who wishes it, which ones a policy lets go, and what the rows say afterwards.

The files themselves are removed by whoever can reach the storage: it takes `waiting` wishes, removes what matches, and says with `removed`
which files are left. A registered checkpoint is never let go.
"""

import fnmatch
import json

from undeterred.domain.lifecycle import checkpoints as life
from undeterred.domain.lifecycle.checkpoints import Checkpoint, Policy
from undeterred.services import checkpoints as service
from undeterred.services.identity import Caller
from undeterred.services.shown_checkpoints import searcher_metric
from undeterred.store import checkpoint_lists, checkpoint_removals, checkpoints
from undeterred.store.checkpoint_removals import RemovalRow
from undeterred.store.db import Tx

EVERYTHING = ["**/*"]


def request(tx: Tx, who: Caller, uuids: list[str], globs: list[str]) -> None:
    """Somebody wants files of checkpoints removed; all are looked at before any is noted."""
    service.check_globs(globs)
    rows = service.removable(tx, uuids)
    if rows and globs:
        checkpoint_removals.add(tx, [row.uuid for row in rows], json.dumps(globs), who.user_id)
        tx.ring("checkpoints")


def collect(tx: Tx, experiment_id: int, policy: Policy, smaller_is_better: bool, keep_used: bool = True) -> list[str]:
    """Note a wish for every checkpoint of an experiment that its policy lets go; their uuids.
    keep_used: spare those that a model version or another trial's warm start needs (they count in the ranks all the same)."""
    rows = [
        Checkpoint(
            uuid=row.uuid,
            trial_id=row.trial_id,
            steps=row.batches,
            metric=searcher_metric(row.signed, row.searched, int(smaller_is_better)),
            validation_id=row.validation_id or 0,
            kept=bool(row.kept) and keep_used,
        )
        for row in checkpoint_lists.collectable(tx, experiment_id)
    ]
    gone = [each.uuid for each in life.collectable(rows, policy, smaller_is_better)]
    if gone:
        checkpoint_removals.add(tx, gone, json.dumps(EVERYTHING), None)
        tx.ring("checkpoints")
    return gone


def waiting(tx: Tx, limit: int = 20) -> list[RemovalRow]:
    """The oldest wishes that are not fulfilled."""
    return checkpoint_removals.waiting(tx, limit)


def left(resources: dict[str, int], globs: list[str]) -> dict[str, int]:
    """The files (path -> size) that none of the patterns names; folders (ending in /) go with their last file."""
    files = {path: size for path, size in resources.items() if not _matches(path, globs)}
    if any(not path.endswith("/") for path in files):
        return files
    return {}


def removed(tx: Tx, removal_id: int, uuid: str, files: dict[str, int]) -> None:
    """A wish is fulfilled: these files (path -> size) are left of the checkpoint."""
    row = checkpoints.get(tx, uuid)
    if row is not None:
        service.keep(tx, row, files)
    checkpoint_removals.done(tx, removal_id)


def _matches(path: str, globs: list[str]) -> bool:
    for glob in globs:
        if glob in ("**/*", "**") or fnmatch.fnmatchcase(path, glob):
            return True
        if glob.startswith("**/") and fnmatch.fnmatchcase(path.rpartition("/")[2], glob[3:]):
            return True
    return False
