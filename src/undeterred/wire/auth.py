"""Login, logout and who is asking."""

from undeterred.wire.base import Endpoint, Message
from undeterred.wire.users import User


class LoginRequest(Message):
    username: str = ""
    password: str = ""
    is_hashed: bool = False


class LoginResponse(Message):
    token: str = ""
    user: User | None = None


login = Endpoint(
    "Login",
    "POST",
    "/api/v1/auth/login",
    LoginRequest,
    LoginResponse,
    summary="Trade a user name and a password for a token",
    tags=("Authentication",),
    body="*",
    public=True,
)


class CurrentUserRequest(Message):
    pass


class CurrentUserResponse(Message):
    user: User | None = None


current_user = Endpoint(
    "CurrentUser",
    "GET",
    "/api/v1/auth/user",
    CurrentUserRequest,
    CurrentUserResponse,
    summary="Show the user whose token this is",
    tags=("Authentication",),
)


class LogoutRequest(Message):
    pass


class LogoutResponse(Message):
    pass


logout = Endpoint(
    "Logout",
    "POST",
    "/api/v1/auth/logout",
    LogoutRequest,
    LogoutResponse,
    summary="End the session of the token that is sent",
    tags=("Authentication",),
)
