"""Moving experiments to another project: their runs get the new project's next numbers."""

from undeterred.errors import FailedPrecondition, NotFound
from undeterred.services import experiment_actions
from undeterred.services.identity import Caller
from undeterred.store import experiment_places, experiments
from undeterred.store.db import Tx
from undeterred.store.experiments import PlacedRow
from undeterred.wire.experiment_actions import ExperimentActionResult, MoveExperimentsRequest


def move(tx: Tx, experiment_id: int, project_id: int) -> None:
    """Move one experiment. Raises NotFound, FailedPrecondition."""
    row = experiment_actions.found(experiments.placed(tx, experiment_id), experiment_id)
    if row.archived:
        raise FailedPrecondition(f"experiment ({experiment_id}) is archived and cannot be moved")
    _check_source(tx, row.project_id)
    _check_target(tx, project_id)
    _move(tx, row, project_id)


def move_many(tx: Tx, who: Caller, request: MoveExperimentsRequest) -> list[ExperimentActionResult]:
    """Move some experiments of a project; what became of each."""
    _check_target(tx, request.destination_project_id)
    ids = experiment_actions.meant(tx, None, request.project_id, request.experiment_ids, request.filters)
    closed = frozenset(experiment_places.archived_projects(tx))
    if request.filters is not None and closed:
        rows = experiments.placed_by_ids(tx, request.project_id, ids)
        ids = [i for i in ids if rows[i].project_id not in closed]

    def one(tx: Tx, _who: Caller, row: PlacedRow) -> None:
        if row.archived or row.project_id in closed:
            raise FailedPrecondition("Experiment is archived.")
        _move(tx, row, request.destination_project_id)

    return experiment_actions.on_many(tx, who, request.project_id, ids, one)


def _check_target(tx: Tx, project_id: int) -> None:
    place = experiment_places.by_id(tx, project_id)
    if place is None:
        raise NotFound(f"project '{project_id}' not found")
    if place.project_archived or place.workspace_archived:
        raise FailedPrecondition(f"project ({project_id}) is archived and cannot add new experiments")
    if place.going:
        raise FailedPrecondition(f"project ({project_id}) is being deleted and cannot add new experiments")


def _check_source(tx: Tx, project_id: int) -> None:
    place = experiment_places.by_id(tx, project_id)
    if place is not None and (place.project_archived or place.workspace_archived):
        raise FailedPrecondition(f"project ({project_id}) is archived and cannot have experiments moved from it")


def _move(tx: Tx, row: PlacedRow, project_id: int) -> None:
    if row.project_id != project_id:
        experiments.move_to_project(tx, row.id, project_id)
