"""What people ask of many runs at once: archive, pause, kill, delete, move. Each is decided by itself; what became of each is told."""

from collections.abc import Callable

from undeterred.domain.lifecycle.experiments import Verb
from undeterred.domain.query import filters
from undeterred.errors import Conflict, InvalidArgument, NotFound, WireError
from undeterred.services import experiment_actions, trials
from undeterred.services.identity import Caller
from undeterred.store import deletion, experiment_places, experiments, metrics, run_search
from undeterred.store.db import Tx
from undeterred.store.run_search import CandidateRow
from undeterred.terms import TrialState, is_terminal
from undeterred.wire.runs import MoveRunsRequest, RunActionResult

Act = Callable[[Tx, Caller, CandidateRow], str]
"""Does it to one run; what is wrong, or nothing."""
DELETED_AT_ONCE = 5000
_TOGETHER = "if filter is provided run id list must be empty"


def meant(tx: Tx, project_id: int, ids: list[int], text: object, either: bool = True) -> list[int]:
    """The runs that a request is about, each once; `text`: its filter document, if any. either: ids and filter together are refused."""
    if not isinstance(text, str):
        return list(dict.fromkeys(ids))
    if ids and either:
        raise InvalidArgument(_TOGETHER)
    return run_search.find(tx, project_id, filters.read(text)).ids(0, -1)


def act_on_many(tx: Tx, who: Caller, project_id: int, ids: list[int], do: Act, where: bool = True) -> list[RunActionResult]:
    """`do` for each of these runs of a project; what became of each. where: the answer about one that is not there names the project."""
    rows = {row.id: row for row in run_search.candidates(tx, project_id, ids)}
    place = f" in project with id '{project_id}'" if where else ""
    return [RunActionResult(id=i, error=do(tx, who, rows[i]) if i in rows else f"Run with id '{i}' not found{place}") for i in ids]


def archive(tx: Tx, _who: Caller, row: CandidateRow) -> str:
    """Archive one run that has ended."""
    return _archive(tx, row, True)


def unarchive(tx: Tx, _who: Caller, row: CandidateRow) -> str:
    """Take one run out of the archive."""
    return _archive(tx, row, False)


def pause(tx: Tx, who: Caller, row: CandidateRow) -> str:
    """Pause the experiment of a run that is its only one."""
    return _steer(tx, who, row, Verb.PAUSE, "Failed to pause associated experiment")


def resume(tx: Tx, who: Caller, row: CandidateRow) -> str:
    """Let the experiment of such a run go on."""
    return _steer(tx, who, row, Verb.ACTIVATE, "Failed to resume associated experiment")


def kill(tx: Tx, who: Caller, row: CandidateRow) -> str:
    """Kill one run; nothing happens to one that has ended."""
    if is_terminal(TrialState(row.state)):
        return ""
    try:
        trials.kill(tx, who, row.id)
    except WireError as error:
        return f"Failed to kill run: {_told(error)}"
    return ""


def clear(tx: Tx, project_id: int, run_id: int, batch: int = DELETED_AT_ONCE) -> bool:
    """Remove some of what a run reported and logged, if it may be deleted; true once nothing is left to remove."""
    rows = run_search.candidates(tx, project_id, [run_id])
    return not rows or bool(_undeletable(tx, rows[0])) or deletion.run_reports(tx, run_id, batch)


def delete(tx: Tx, _who: Caller, row: CandidateRow) -> str:
    """Delete one run that has ended, after `clear`; its experiment stays, and its checkpoints with that."""
    refused = _undeletable(tx, row)
    if not refused:
        deletion.run(tx, row.id, row.experiment_id)
        metrics.refresh_experiment(tx, row.experiment_id)
    return refused


def _undeletable(tx: Tx, row: CandidateRow) -> str:
    if not is_terminal(TrialState(row.state)):
        return "Run is not in a terminal state."
    return "Run has checkpoints that are registered as model versions." if deletion.holds_registered(tx, row.id) else ""


def move(tx: Tx, who: Caller, request: MoveRunsRequest) -> list[RunActionResult]:
    """Move runs to another project, each with all of its experiment. Raises NotFound, Conflict for archived projects."""
    source, target = request.source_project_id, request.destination_project_id
    for project_id, told in ((source, "cannot have runs moved from it"), (target, "cannot add new runs")):
        place = experiment_places.by_id(tx, project_id)
        if place is None:
            raise NotFound(f"project '{project_id}' not found")
        if place.project_archived or place.workspace_archived:
            raise Conflict(f"project ({project_id}) is archived and {told}")
        if place.going and project_id == target:
            raise Conflict(f"project ({project_id}) is being deleted and {told}")
    ids = meant(tx, source, request.run_ids, request.filter, either=False)
    if source == target:
        return []
    moving: dict[int, None] = {}

    def choose(_tx: Tx, _who: Caller, row: CandidateRow) -> str:
        if row.archived or row.experiment_archived:
            return "Run is archived."
        if row.multitrial and request.skip_multitrial:
            return f"Skipping run '{row.id}' (part of multi-trial)."
        moving[row.experiment_id] = None
        return ""

    refused = [result for result in act_on_many(tx, who, source, ids, choose) if result.error]
    for experiment_id in moving:
        experiments.move_to_project(tx, experiment_id, target)
    return refused + [RunActionResult(id=i) for i in run_search.runs_of(tx, list(moving))]


def _archive(tx: Tx, row: CandidateRow, archived: bool) -> str:
    if row.experiment_archived:
        return f"Run is part of archived Search (id: '{row.experiment_id}')."
    if bool(row.archived) == archived:
        return ""
    if not is_terminal(TrialState(row.state)):
        return "Run is not in terminal state."
    run_search.set_archived(tx, row.id, archived)
    return ""


def _steer(tx: Tx, who: Caller, row: CandidateRow, verb: Verb, failed: str) -> str:
    if row.archived or row.experiment_archived or row.place_archived:
        return "Run is archived."
    if row.multitrial:
        return f"Cannot pause/unpause run '{row.id}' (part of multi-trial)."
    (result,) = experiment_actions.act_on_many(tx, who, verb, -1, [row.experiment_id])
    return f"{failed}: {result.error}" if result.error else ""


def _told(error: WireError) -> str:
    return f"rpc error: code = {error.reason} desc = {error.text}"
