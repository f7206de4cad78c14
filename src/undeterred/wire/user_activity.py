"""What a user looked at last."""

from msgspec import field

from undeterred.wire.base import Endpoint, Enum, Int32, Message
from undeterred.wire.projects import Project


class ActivityType(Enum):
    ACTIVITY_TYPE_UNSPECIFIED = "ACTIVITY_TYPE_UNSPECIFIED"
    ACTIVITY_TYPE_GET = "ACTIVITY_TYPE_GET"


class EntityType(Enum):
    ENTITY_TYPE_UNSPECIFIED = "ENTITY_TYPE_UNSPECIFIED"
    ENTITY_TYPE_PROJECT = "ENTITY_TYPE_PROJECT"


class PostUserActivityRequest(Message):
    activity_type: ActivityType = ActivityType.ACTIVITY_TYPE_UNSPECIFIED
    entity_type: EntityType = EntityType.ENTITY_TYPE_UNSPECIFIED
    entity_id: Int32 = 0


class PostUserActivityResponse(Message):
    pass


post_user_activity = Endpoint(
    "PostUserActivity",
    "POST",
    "/api/v1/users/activity",
    PostUserActivityRequest,
    PostUserActivityResponse,
    summary="Note that you looked at a project just now",
    tags=("Users",),
    body="*",
)


class GetProjectsByUserActivityRequest(Message):
    limit: Int32 = 0


class GetProjectsByUserActivityResponse(Message):
    projects: list[Project] = field(default_factory=list)


get_projects_by_user_activity = Endpoint(
    "GetProjectsByUserActivity",
    "GET",
    "/api/v1/user/projects/activity",
    GetProjectsByUserActivityRequest,
    GetProjectsByUserActivityResponse,
    summary="List the projects that you looked at last",
    tags=("Projects",),
    query=True,
)
