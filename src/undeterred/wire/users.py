"""Users: read, create, change, passwords."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Message
from undeterred.wire.common import OrderBy, Pagination


class AgentUserGroup(Message):
    """The account under which tasks run on the machines: user and group, by number and name."""

    agent_uid: Int32 | UnsetType = UNSET
    agent_gid: Int32 | UnsetType = UNSET
    agent_user: str | UnsetType = UNSET
    agent_group: str | UnsetType = UNSET


class PatchUser(Message):
    """What is to change of a user; what is left out stays."""

    username: str | UnsetType = UNSET
    password: str | UnsetType = UNSET
    admin: bool | None = None
    active: bool | None = None
    display_name: str | UnsetType = UNSET
    agent_user_group: AgentUserGroup | None = None
    is_hashed: bool = False
    remote: bool | UnsetType = UNSET


class User(Message):
    """Somebody who may log in, or could once."""

    id: Int32 = 0
    username: str = ""
    admin: bool = False
    active: bool = False
    agent_user_group: AgentUserGroup | None = None
    display_name: str = ""
    modified_at: Instant | None = None
    remote: bool = False
    last_auth_at: Instant | UnsetType = UNSET


class GetUsersRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED"
    SORT_BY_DISPLAY_NAME = "SORT_BY_DISPLAY_NAME"
    SORT_BY_USER_NAME = "SORT_BY_USER_NAME"
    SORT_BY_ADMIN = "SORT_BY_ADMIN"
    SORT_BY_ACTIVE = "SORT_BY_ACTIVE"
    SORT_BY_MODIFIED_TIME = "SORT_BY_MODIFIED_TIME"
    SORT_BY_NAME = "SORT_BY_NAME"
    SORT_BY_LAST_AUTH_TIME = "SORT_BY_LAST_AUTH_TIME"
    SORT_BY_REMOTE = "SORT_BY_REMOTE"


class GetUsersRequest(Message):
    sort_by: GetUsersRequestSortBy = GetUsersRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    name: str = ""
    active: bool | UnsetType = UNSET
    admin: bool | UnsetType = UNSET
    role_id_assigned_directly_to_user: list[Int32] = field(default_factory=list)


class GetUsersResponse(Message):
    users: list[User] = field(default_factory=list)
    pagination: Pagination | None = None


get_users = Endpoint(
    "GetUsers",
    "GET",
    "/api/v1/users",
    GetUsersRequest,
    GetUsersResponse,
    summary="List users, filtered and sorted",
    tags=("Users",),
    query=True,
)


class GetUserRequest(Message):
    user_id: Int32 = 0


class GetUserResponse(Message):
    user: User | None = None


get_user = Endpoint(
    "GetUser", "GET", "/api/v1/users/{userId}", GetUserRequest, GetUserResponse, summary="Show one user by id", tags=("Users",)
)


class GetUserByUsernameRequest(Message):
    username: str = ""


class GetUserByUsernameResponse(Message):
    user: User | None = None


get_user_by_username = Endpoint(
    "GetUserByUsername",
    "GET",
    "/api/v1/users/{username}/by-username",
    GetUserByUsernameRequest,
    GetUserByUsernameResponse,
    summary="Show one user by user name",
    tags=("Users",),
)


class GetMeRequest(Message):
    pass


class GetMeResponse(Message):
    user: User | None = None


get_me = Endpoint(
    "GetMe", "GET", "/api/v1/me", GetMeRequest, GetMeResponse, summary="Show the user that you are logged in as", tags=("Users",)
)


class PostUserRequest(Message):
    user: User | None = None
    password: str = ""
    is_hashed: bool = False


class PostUserResponse(Message):
    user: User | None = None


post_user = Endpoint(
    "PostUser",
    "POST",
    "/api/v1/users",
    PostUserRequest,
    PostUserResponse,
    summary="Make a user, with a password or without",
    tags=("Users",),
    body="*",
)


class SetUserPasswordRequest(Message):
    user_id: Int32 = 0
    password: str = ""


class SetUserPasswordResponse(Message):
    user: User | None = None


set_user_password = Endpoint(
    "SetUserPassword",
    "POST",
    "/api/v1/users/{userId}/password",
    SetUserPasswordRequest,
    SetUserPasswordResponse,
    summary="Set a user's password and end that user's login sessions",
    tags=("Users",),
    body="password",
)


class PatchUserRequest(Message):
    user_id: Int32 = 0
    user: PatchUser | None = None


class PatchUserResponse(Message):
    user: User | None = None


patch_user = Endpoint(
    "PatchUser",
    "PATCH",
    "/api/v1/users/{userId}",
    PatchUserRequest,
    PatchUserResponse,
    summary="Change a user's names, password, rights or agent user and group",
    tags=("Users",),
    body="user",
)


class UserFilters(Message):
    """What users must be like for a change of many of them."""

    name: str = ""
    admin: bool | UnsetType = UNSET


class PatchUsersRequest(Message):
    user_ids: list[Int32] = field(default_factory=list)
    activate: bool = False
    filters: UserFilters | None = None


class UserActionResult(Message):
    """What became of one user of many: an error, or nothing."""

    error: str = ""
    id: Int32 = 0


class PatchUsersResponse(Message):
    results: list[UserActionResult] = field(default_factory=list)


patch_users = Endpoint(
    "PatchUsers",
    "PATCH",
    "/api/v1/users",
    PatchUsersRequest,
    PatchUsersResponse,
    summary="Activate or deactivate many users at once",
    tags=("Internal",),
    body="*",
)
