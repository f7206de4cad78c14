"""Users as the wire shows them."""

import msgspec
from msgspec import UNSET

from undeterred.store.users import UserRow
from undeterred.wire.base import instant
from undeterred.wire.users import AgentUserGroup, User

_group = msgspec.json.Decoder(AgentUserGroup)


def shown(row: UserRow) -> User:
    """A user; one who never logged in has no lastAuthAt."""
    return User(
        id=row.id,
        username=row.username,
        admin=bool(row.admin),
        active=bool(row.active),
        agent_user_group=None if row.agent_user_group is None else _group.decode(row.agent_user_group),
        display_name=row.display_name,
        modified_at=instant(row.modified_at),
        remote=bool(row.remote),
        last_auth_at=UNSET if row.last_auth_at is None else instant(row.last_auth_at),
    )
