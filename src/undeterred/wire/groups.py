"""Groups of users."""

from msgspec import field

from undeterred.wire.base import Endpoint, Int32, Message
from undeterred.wire.common import Pagination
from undeterred.wire.users import User


class Group(Message):
    """A group of users."""

    group_id: Int32 = 0
    name: str = ""


class GroupDetails(Message):
    """A group with its members."""

    group_id: Int32 = 0
    name: str = ""
    users: list[User] = field(default_factory=list)


class GroupSearchResult(Message):
    group: Group | None = None
    num_members: Int32 = 0


class AssignMultipleGroupsRequest(Message):
    user_ids: list[Int32] = field(default_factory=list)
    add_groups: list[Int32] = field(default_factory=list)
    remove_groups: list[Int32] = field(default_factory=list)


class AssignMultipleGroupsResponse(Message):
    pass


assign_multiple_groups = Endpoint(
    "AssignMultipleGroups",
    "PATCH",
    "/api/v1/users/assignments",
    AssignMultipleGroupsRequest,
    AssignMultipleGroupsResponse,
    summary="Add users to groups and take them out of groups, many at once",
    tags=("Internal",),
    body="*",
)


class GetGroupRequest(Message):
    group_id: Int32 = 0


class GetGroupResponse(Message):
    group: GroupDetails | None = None


get_group = Endpoint(
    "GetGroup",
    "GET",
    "/api/v1/groups/{groupId}",
    GetGroupRequest,
    GetGroupResponse,
    summary="Show one group and its members",
    tags=("Internal",),
)


class GetGroupsRequest(Message):
    user_id: Int32 = 0
    name: str = ""
    offset: Int32 = 0
    limit: Int32 = 0


class GetGroupsResponse(Message):
    groups: list[GroupSearchResult] = field(default_factory=list)
    pagination: Pagination | None = None


get_groups = Endpoint(
    "GetGroups",
    "POST",
    "/api/v1/groups/search",
    GetGroupsRequest,
    GetGroupsResponse,
    summary="Find groups of users by name or member",
    tags=("Internal",),
    body="*",
)


class CreateGroupRequest(Message):
    name: str = ""
    add_users: list[Int32] = field(default_factory=list)


class CreateGroupResponse(Message):
    group: GroupDetails | None = None


create_group = Endpoint(
    "CreateGroup",
    "POST",
    "/api/v1/groups",
    CreateGroupRequest,
    CreateGroupResponse,
    summary="Make a group of users",
    tags=("Internal",),
    body="*",
)


class UpdateGroupRequest(Message):
    group_id: Int32 = 0
    name: str = ""
    add_users: list[Int32] = field(default_factory=list)
    remove_users: list[Int32] = field(default_factory=list)


class UpdateGroupResponse(Message):
    group: GroupDetails | None = None


update_group = Endpoint(
    "UpdateGroup",
    "PUT",
    "/api/v1/groups/{groupId}",
    UpdateGroupRequest,
    UpdateGroupResponse,
    summary="Rename a group, add members or take members out",
    tags=("Internal",),
    body="*",
)


class DeleteGroupRequest(Message):
    group_id: Int32 = 0


class DeleteGroupResponse(Message):
    pass


delete_group = Endpoint(
    "DeleteGroup",
    "DELETE",
    "/api/v1/groups/{groupId}",
    DeleteGroupRequest,
    DeleteGroupResponse,
    summary="Delete a group of users; its members stay",
    tags=("Internal",),
)
