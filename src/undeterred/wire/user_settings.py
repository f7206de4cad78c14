"""Settings that the web page keeps for a user."""

from msgspec import field

from undeterred.wire.base import Endpoint, Message


class UserWebSetting(Message):
    """A setting that the web page keeps for a user."""

    key: str = ""
    storage_path: str = ""
    value: str = ""


class GetUserSettingRequest(Message):
    pass


class GetUserSettingResponse(Message):
    settings: list[UserWebSetting] = field(default_factory=list)


get_user_setting = Endpoint(
    "GetUserSetting",
    "GET",
    "/api/v1/users/setting",
    GetUserSettingRequest,
    GetUserSettingResponse,
    summary="List the settings that are kept for you",
    tags=("Users",),
)


class ResetUserSettingRequest(Message):
    pass


class ResetUserSettingResponse(Message):
    pass


reset_user_setting = Endpoint(
    "ResetUserSetting",
    "POST",
    "/api/v1/users/setting/reset",
    ResetUserSettingRequest,
    ResetUserSettingResponse,
    summary="Remove all settings that are kept for you",
    tags=("Users",),
)


class PostUserSettingRequest(Message):
    settings: list[UserWebSetting] = field(default_factory=list)


class PostUserSettingResponse(Message):
    pass


post_user_setting = Endpoint(
    "PostUserSetting",
    "POST",
    "/api/v1/users/setting",
    PostUserSettingRequest,
    PostUserSettingResponse,
    summary="Keep settings for you; an empty value removes one",
    tags=("Users",),
    body="*",
)
