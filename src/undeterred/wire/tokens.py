"""Access tokens."""

from msgspec import UNSET, UnsetType, field

from undeterred.wire.base import Endpoint, Enum, Instant, Int32, Message
from undeterred.wire.common import OrderBy, Pagination


class TokenType(Enum):
    TOKEN_TYPE_UNSPECIFIED = "TOKEN_TYPE_UNSPECIFIED"
    TOKEN_TYPE_USER_SESSION = "TOKEN_TYPE_USER_SESSION"
    TOKEN_TYPE_ACCESS_TOKEN = "TOKEN_TYPE_ACCESS_TOKEN"


class TokenInfo(Message):
    """An access token: whose it is, until when, and whether it is revoked; never the token itself."""

    id: Int32 = 0
    user_id: Int32 = 0
    expiry: Instant | None = None
    created_at: Instant | None = None
    token_type: TokenType = TokenType.TOKEN_TYPE_UNSPECIFIED
    revoked: bool = False
    description: str = ""


class PostAccessTokenRequest(Message):
    user_id: Int32 = 0
    lifespan: str | UnsetType = UNSET
    description: str = ""


class PostAccessTokenResponse(Message):
    token: str = ""
    token_id: Int32 = 0


post_access_token = Endpoint(
    "PostAccessToken",
    "POST",
    "/api/v1/tokens",
    PostAccessTokenRequest,
    PostAccessTokenResponse,
    summary="Make a long-lived access token for a user; it is shown only once",
    tags=("Tokens",),
    body="*",
)


class GetAccessTokensRequestSortBy(Enum):
    SORT_BY_UNSPECIFIED = "SORT_BY_UNSPECIFIED"
    SORT_BY_USER_ID = "SORT_BY_USER_ID"
    SORT_BY_EXPIRY = "SORT_BY_EXPIRY"
    SORT_BY_CREATED_AT = "SORT_BY_CREATED_AT"
    SORT_BY_TOKEN_TYPE = "SORT_BY_TOKEN_TYPE"
    SORT_BY_REVOKED = "SORT_BY_REVOKED"
    SORT_BY_DESCRIPTION = "SORT_BY_DESCRIPTION"


class GetAccessTokensRequest(Message):
    sort_by: GetAccessTokensRequestSortBy = GetAccessTokensRequestSortBy.SORT_BY_UNSPECIFIED
    order_by: OrderBy = OrderBy.ORDER_BY_UNSPECIFIED
    offset: Int32 = 0
    limit: Int32 = 0
    token_ids: list[Int32] = field(default_factory=list)
    username: str = ""
    show_inactive: bool = False


class GetAccessTokensResponse(Message):
    token_info: list[TokenInfo] = field(default_factory=list)
    pagination: Pagination | None = None


get_access_tokens = Endpoint(
    "GetAccessTokens",
    "GET",
    "/api/v1/tokens",
    GetAccessTokensRequest,
    GetAccessTokensResponse,
    summary="List access tokens: whose, until when, and whether revoked",
    tags=("Tokens",),
    query=True,
)


class PatchAccessTokenRequest(Message):
    token_id: Int32 = 0
    description: str | UnsetType = UNSET
    set_revoked: bool = False


class PatchAccessTokenResponse(Message):
    token_info: TokenInfo | None = None


patch_access_token = Endpoint(
    "PatchAccessToken",
    "PATCH",
    "/api/v1/tokens/{tokenId}",
    PatchAccessTokenRequest,
    PatchAccessTokenResponse,
    summary="Change the description of an access token, or revoke it for good",
    tags=("Tokens",),
    body="*",
)
