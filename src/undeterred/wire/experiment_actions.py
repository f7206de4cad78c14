"""Verbs on one experiment and on many of a project: activate, pause, cancel, kill, archive, delete, move."""

from msgspec import field

from undeterred.wire.base import Endpoint, Int32, Message
from undeterred.wire.experiments import ExperimentState


class ActivateExperimentRequest(Message):
    id: Int32 = 0


class ActivateExperimentResponse(Message):
    pass


activate_experiment = Endpoint(
    "ActivateExperiment",
    "POST",
    "/api/v1/experiments/{id}/activate",
    ActivateExperimentRequest,
    ActivateExperimentResponse,
    summary="Let a paused experiment train, or go on from its checkpoints",
    tags=("Experiments",),
)


class BulkExperimentFilters(Message):
    """What experiments must be like for a verb on many of them."""

    description: str = ""
    name: str = ""
    labels: list[str] = field(default_factory=list)
    archived: bool | None = None
    states: list[ExperimentState] = field(default_factory=list)
    user_ids: list[Int32] = field(default_factory=list)
    project_id: Int32 = 0
    excluded_experiment_ids: list[Int32] = field(default_factory=list)


class ActivateExperimentsRequest(Message):
    experiment_ids: list[Int32] = field(default_factory=list)
    filters: BulkExperimentFilters | None = None
    project_id: Int32 = 0


class ExperimentActionResult(Message):
    """What became of one experiment of many: an error, or nothing."""

    error: str = ""
    id: Int32 = 0


class ActivateExperimentsResponse(Message):
    results: list[ExperimentActionResult] = field(default_factory=list)


activate_experiments = Endpoint(
    "ActivateExperiments",
    "POST",
    "/api/v1/projects/{projectId}/experiments/activate",
    ActivateExperimentsRequest,
    ActivateExperimentsResponse,
    summary="Let paused experiments of a project train or go on",
    tags=("Experiments",),
    body="*",
)


class PauseExperimentRequest(Message):
    id: Int32 = 0


class PauseExperimentResponse(Message):
    pass


pause_experiment = Endpoint(
    "PauseExperiment",
    "POST",
    "/api/v1/experiments/{id}/pause",
    PauseExperimentRequest,
    PauseExperimentResponse,
    summary="Pause an experiment once its trials have saved checkpoints",
    tags=("Experiments",),
)


class PauseExperimentsRequest(Message):
    experiment_ids: list[Int32] = field(default_factory=list)
    filters: BulkExperimentFilters | None = None
    project_id: Int32 = 0


class PauseExperimentsResponse(Message):
    results: list[ExperimentActionResult] = field(default_factory=list)


pause_experiments = Endpoint(
    "PauseExperiments",
    "POST",
    "/api/v1/projects/{projectId}/experiments/pause",
    PauseExperimentsRequest,
    PauseExperimentsResponse,
    summary="Pause experiments of a project once their trials have saved",
    tags=("Experiments",),
    body="*",
)


class CancelExperimentRequest(Message):
    id: Int32 = 0


class CancelExperimentResponse(Message):
    pass


cancel_experiment = Endpoint(
    "CancelExperiment",
    "POST",
    "/api/v1/experiments/{id}/cancel",
    CancelExperimentRequest,
    CancelExperimentResponse,
    summary="Stop an experiment for good after its trials have saved",
    tags=("Experiments",),
)


class CancelExperimentsRequest(Message):
    experiment_ids: list[Int32] = field(default_factory=list)
    filters: BulkExperimentFilters | None = None
    project_id: Int32 = 0


class CancelExperimentsResponse(Message):
    results: list[ExperimentActionResult] = field(default_factory=list)


cancel_experiments = Endpoint(
    "CancelExperiments",
    "POST",
    "/api/v1/projects/{projectId}/experiments/cancel",
    CancelExperimentsRequest,
    CancelExperimentsResponse,
    summary="Stop experiments of a project for good after they have saved",
    tags=("Experiments",),
    body="*",
)


class KillExperimentRequest(Message):
    id: Int32 = 0


class KillExperimentResponse(Message):
    pass


kill_experiment = Endpoint(
    "KillExperiment",
    "POST",
    "/api/v1/experiments/{id}/kill",
    KillExperimentRequest,
    KillExperimentResponse,
    summary="Stop all trials of an experiment for good, without saving anything",
    tags=("Experiments",),
)


class KillExperimentsRequest(Message):
    experiment_ids: list[Int32] = field(default_factory=list)
    filters: BulkExperimentFilters | None = None
    project_id: Int32 = 0


class KillExperimentsResponse(Message):
    results: list[ExperimentActionResult] = field(default_factory=list)


kill_experiments = Endpoint(
    "KillExperiments",
    "POST",
    "/api/v1/projects/{projectId}/experiments/kill",
    KillExperimentsRequest,
    KillExperimentsResponse,
    summary="Stop experiments of a project for good, without saving anything",
    tags=("Experiments",),
    body="*",
)


class ArchiveExperimentRequest(Message):
    id: Int32 = 0


class ArchiveExperimentResponse(Message):
    pass


archive_experiment = Endpoint(
    "ArchiveExperiment",
    "POST",
    "/api/v1/experiments/{id}/archive",
    ArchiveExperimentRequest,
    ArchiveExperimentResponse,
    summary="Put an experiment that has ended into the archive",
    tags=("Experiments",),
)


class ArchiveExperimentsRequest(Message):
    experiment_ids: list[Int32] = field(default_factory=list)
    filters: BulkExperimentFilters | None = None
    project_id: Int32 = 0


class ArchiveExperimentsResponse(Message):
    results: list[ExperimentActionResult] = field(default_factory=list)


archive_experiments = Endpoint(
    "ArchiveExperiments",
    "POST",
    "/api/v1/projects/{projectId}/experiments/archive",
    ArchiveExperimentsRequest,
    ArchiveExperimentsResponse,
    summary="Put ended experiments of a project into the archive",
    tags=("Experiments",),
    body="*",
)


class UnarchiveExperimentRequest(Message):
    id: Int32 = 0


class UnarchiveExperimentResponse(Message):
    pass


unarchive_experiment = Endpoint(
    "UnarchiveExperiment",
    "POST",
    "/api/v1/experiments/{id}/unarchive",
    UnarchiveExperimentRequest,
    UnarchiveExperimentResponse,
    summary="Take an experiment out of the archive",
    tags=("Experiments",),
)


class UnarchiveExperimentsRequest(Message):
    experiment_ids: list[Int32] = field(default_factory=list)
    filters: BulkExperimentFilters | None = None
    project_id: Int32 = 0


class UnarchiveExperimentsResponse(Message):
    results: list[ExperimentActionResult] = field(default_factory=list)


unarchive_experiments = Endpoint(
    "UnarchiveExperiments",
    "POST",
    "/api/v1/projects/{projectId}/experiments/unarchive",
    UnarchiveExperimentsRequest,
    UnarchiveExperimentsResponse,
    summary="Take experiments of a project out of the archive",
    tags=("Experiments",),
    body="*",
)


class DeleteExperimentsRequest(Message):
    experiment_ids: list[Int32] = field(default_factory=list)
    filters: BulkExperimentFilters | None = None
    project_id: Int32 = 0


class DeleteExperimentsResponse(Message):
    results: list[ExperimentActionResult] = field(default_factory=list)


delete_experiments = Endpoint(
    "DeleteExperiments",
    "DELETE",
    "/api/v1/projects/{projectId}/experiments/delete",
    DeleteExperimentsRequest,
    DeleteExperimentsResponse,
    summary="Delete ended experiments of a project with all that belongs to them",
    tags=("Experiments",),
    body="*",
)


class DeleteExperimentRequest(Message):
    experiment_id: Int32 = 0


class DeleteExperimentResponse(Message):
    pass


delete_experiment = Endpoint(
    "DeleteExperiment",
    "DELETE",
    "/api/v1/experiments/{experimentId}",
    DeleteExperimentRequest,
    DeleteExperimentResponse,
    summary="Delete an ended experiment with its trials, logs and checkpoints",
    tags=("Experiments",),
)


class MoveExperimentRequest(Message):
    experiment_id: Int32 = 0
    destination_project_id: Int32 = 0


class MoveExperimentResponse(Message):
    pass


move_experiment = Endpoint(
    "MoveExperiment",
    "POST",
    "/api/v1/experiments/{experimentId}/move",
    MoveExperimentRequest,
    MoveExperimentResponse,
    summary="Move an experiment to another project",
    tags=("Experiments",),
    body="*",
)


class MoveExperimentsRequest(Message):
    experiment_ids: list[Int32] = field(default_factory=list)
    destination_project_id: Int32 = 0
    filters: BulkExperimentFilters | None = None
    project_id: Int32 = 0


class MoveExperimentsResponse(Message):
    results: list[ExperimentActionResult] = field(default_factory=list)


move_experiments = Endpoint(
    "MoveExperiments",
    "POST",
    "/api/v1/projects/{projectId}/experiments/move",
    MoveExperimentsRequest,
    MoveExperimentsResponse,
    summary="Move experiments of a project to another project",
    tags=("Experiments",),
    body="*",
)
