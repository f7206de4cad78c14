"""Projects and workspaces that go for good while they hold experiments.

The state DELETING is shown at once and beside it stands one wish for each project that holds something; the sweep loop looks at it again and
again until the last experiment is gone, and then removes the project, and with the last of them the workspace. An experiment that still
runs is killed first. What cannot be deleted ends the wish: the place is shown as DELETE_FAILED, says why, and is left to be asked for again.
"""

import json

from undeterred.domain.lifecycle import experiments as states
from undeterred.domain.lifecycle import texts
from undeterred.errors import FailedPrecondition
from undeterred.services import collecting, lives
from undeterred.store import collections, deletion, experiments, place_deletion, projects, workspaces
from undeterred.store.collections import CollectionRow
from undeterred.store.db import Tx
from undeterred.store.place_deletion import GoingRow, LeavingRow
from undeterred.terms import ExperimentState, is_stopping

AT_ONCE = 100
"""So many experiments of a project are on their way out together."""
LOOK_US = 250_000
STOPPING_LOOK_US = 2_000_000  # while there is nothing but tasks that have been told to end
HOLDS_MODELS = "workspace ({}) contains models; move or delete models first"
_GOING, _FAILED = "DELETING", "DELETE_FAILED"


def check(tx: Tx, project_ids: list[int]) -> None:
    """FailedPrecondition while a model version holds a checkpoint of these projects: nothing of them is deleted then."""
    for project_id in project_ids:
        experiment_id = place_deletion.registered(tx, project_id)
        if experiment_id is not None:
            raise FailedPrecondition(f"project ({project_id}): {_kept(experiment_id)}; delete the model versions first")


def delete(tx: Tx, project_id: int) -> bool:
    """Delete a project: true if it held nothing and is gone, false if a wish to delete it stands."""
    if place_deletion.is_empty(tx, project_id):
        projects.delete(tx, project_id)
        return True
    row = place_deletion.going(tx, project_id)
    assert row is not None, "whoever asks has looked at it"
    for experiment_id in place_deletion.stuck(tx, project_id):
        _delete_experiment(tx, experiment_id, ExperimentState.DELETE_FAILED)
    if row.state != _GOING:
        projects.update(tx, project_id, {"state": _GOING, "error_message": ""})
        collections.add(tx, "project", None, {"project": project_id})
    tx.ring("sweep")
    return False


def delete_workspace(tx: Tx, workspace_id: int) -> None:
    """Delete a workspace with its projects, now if they hold nothing."""
    held = [delete(tx, project_id) for project_id in projects.ids_in(tx, workspace_id)]
    if all(held):
        workspaces.delete(tx, workspace_id)
    else:
        workspaces.update(tx, workspace_id, {"state": _GOING, "error_message": ""})


def advance(tx: Tx, wish: CollectionRow) -> None:
    """One look at a project that is to go: send its next experiments on their way; when none is left it goes itself."""
    row = place_deletion.going(tx, json.loads(wish.wanted)["project"])
    if row is None or row.state != _GOING:
        collections.done(tx, wish.id)
        return
    leaving = place_deletion.first(tx, row.id, AT_ONCE)
    if not leaving:
        collections.done(tx, wish.id)
        projects.delete(tx, row.id)
        _settle(tx, row)
        return
    error = next((told for each in leaving if (told := _send_away(tx, each))), "")
    if error:
        fail(tx, wish, error)
    else:
        only_stopping = all(is_stopping(ExperimentState(each.state)) for each in leaving)
        collections.look_again(tx, wish.id, tx.now + (STOPPING_LOOK_US if only_stopping else LOOK_US))


def fail(tx: Tx, wish: CollectionRow, error: str) -> None:
    """A project cannot be deleted: it says so, its workspace too if that is to go, and nothing more is done."""
    collections.done(tx, wish.id)
    row = place_deletion.going(tx, json.loads(wish.wanted)["project"])
    if row is None:
        return
    projects.update(tx, row.id, {"state": _FAILED, "error_message": error})
    if row.workspace_state == _GOING:
        workspaces.update(tx, row.workspace_id, {"state": _FAILED, "error_message": f"project {row.id}: {error}"})


def _send_away(tx: Tx, row: LeavingRow) -> str:
    """The next step of an experiment towards its end; why there is none, if it cannot be deleted."""
    state = ExperimentState(row.state)
    if state is ExperimentState.DELETE_FAILED:
        return f"experiment {row.id}: {place_deletion.error_of(tx, row.id)}"
    wanted = states.leaving(state, bool(row.unmanaged))
    if wanted is state:
        return ""
    if deletion.is_registered(tx, row.id):
        return _kept(row.id)
    if wanted is ExperimentState.DELETING:
        _delete_experiment(tx, row.id, state)
    elif experiments.move(tx, row.id, state, wanted):
        lives.advance(tx, row.id)
        tx.ring("trials")
    return ""


def _delete_experiment(tx: Tx, experiment_id: int, state: ExperimentState) -> None:
    if experiments.move(tx, experiment_id, state, ExperimentState.DELETING):
        collecting.of_experiment(tx, experiment_id, delay_us=0)


def _settle(tx: Tx, gone: GoingRow) -> None:
    """A project of this workspace is gone; a workspace that is to go goes with its last one."""
    if gone.workspace_state != _GOING or projects.ids_in(tx, gone.workspace_id):
        return
    if place_deletion.holds_models(tx, gone.workspace_id):
        workspaces.update(tx, gone.workspace_id, {"state": _FAILED, "error_message": HOLDS_MODELS.format(gone.workspace_id)})
        return
    workspaces.delete(tx, gone.workspace_id)


def _kept(experiment_id: int) -> str:
    return f"experiment {experiment_id}: {texts.REGISTERED}"
