"""Groups of users."""

from msgspec import field

from undeterred.wire.base import Endpoint, Int32, Message
from undeterred.wire.common import Pagination
from undeterred.wire.users import User


class Group(Message):
    group_id: Int32 = 0
    name: str = ""


class GroupDetails(Message):
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
    summary="Assign Multiple Groups",
    tags=("Internal",),
    body="*",
)


class GetGroupRequest(Message):
    group_id: Int32 = 0


class GetGroupResponse(Message):
    group: GroupDetails | None = None


get_group = Endpoint(
    "GetGroup", "GET", "/api/v1/groups/{groupId}", GetGroupRequest, GetGroupResponse, summary="Get Group", tags=("Internal",)
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
    "GetGroups", "POST", "/api/v1/groups/search", GetGroupsRequest, GetGroupsResponse, summary="Get Groups", tags=("Internal",), body="*"
)


class CreateGroupRequest(Message):
    name: str = ""
    add_users: list[Int32] = field(default_factory=list)


class CreateGroupResponse(Message):
    group: GroupDetails | None = None


create_group = Endpoint(
    "CreateGroup", "POST", "/api/v1/groups", CreateGroupRequest, CreateGroupResponse, summary="Create Group", tags=("Internal",), body="*"
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
    summary="Update Group",
    tags=("Internal",),
    body="*",
)


class DeleteGroupRequest(Message):
    group_id: Int32 = 0


class DeleteGroupResponse(Message):
    pass


delete_group = Endpoint(
    "DeleteGroup", "DELETE", "/api/v1/groups/{groupId}", DeleteGroupRequest, DeleteGroupResponse, summary="Delete Group", tags=("Internal",)
)
