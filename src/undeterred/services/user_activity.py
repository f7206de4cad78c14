"""What a user looked at last."""

from undeterred.errors import InvalidArgument
from undeterred.services.identity import Caller
from undeterred.services.shown_projects import shown
from undeterred.store import projects
from undeterred.store.db import Tx
from undeterred.wire.projects import Project
from undeterred.wire.user_activity import ActivityType, EntityType, PostUserActivityRequest

LIMIT_MAX = 500


def note(tx: Tx, who: Caller, request: PostUserActivityRequest) -> None:
    """Remember that the caller looked at a project now; one that is not there is not noticed."""
    if request.activity_type != ActivityType.ACTIVITY_TYPE_GET:
        raise InvalidArgument(f"missing mapping for activity type {request.activity_type} to model")
    if request.entity_type != EntityType.ENTITY_TYPE_PROJECT:
        raise InvalidArgument(f"missing mapping for entity type {request.entity_type} to model")
    if projects.exists(tx, request.entity_id):
        projects.note_look(tx, who.user_id, request.entity_id)


def seen_projects(tx: Tx, who: Caller, limit: int) -> list[Project]:
    """The projects the caller looked at, the latest first; limit 0 is none."""
    if not 0 <= limit <= LIMIT_MAX:
        raise InvalidArgument(f"Bad request: limit is required and must be <= {LIMIT_MAX}")
    return [_keyless(shown(row)) for row in projects.seen_by(tx, who.user_id, limit)]


def _keyless(project: Project) -> Project:
    project.key = ""  # this list never has it
    return project
