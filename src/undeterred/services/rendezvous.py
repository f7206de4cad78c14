"""Meetings of an allocation's processes: each brings something and leaves with what all of them brought. Kept in memory: who is cut off asks again."""

import uuid
from typing import Any

from undeterred.errors import FailedPrecondition, InvalidArgument

PEERS_MAX = 65_536


class Meeting:
    """One all-gather. `brought` grows until `peers` have come."""

    def __init__(self, peers: int) -> None:
        self.peers = peers
        self.brought: list[Any] = []

    def whole(self) -> bool:
        """Whether all have come."""
        return len(self.brought) >= self.peers


class Meetings:
    """The meetings that are under way, by allocation and request."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Meeting] = {}

    def join(self, allocation_id: str, request_uuid: str, peers: int, data: Any) -> Meeting:
        """Bring data to a meeting; the last one closes it. FailedPrecondition where peers do not agree on their number."""
        key = (allocation_id, checked(request_uuid))
        if not 1 <= peers <= PEERS_MAX:
            raise InvalidArgument(f"numPeers must be between 1 and {PEERS_MAX}, not {peers}")
        meeting = self._open.setdefault(key, Meeting(peers))
        if meeting.peers != peers:
            raise FailedPrecondition(f"numPeers is {peers} here and {meeting.peers} for those who came before")
        meeting.brought.append(data)
        if meeting.whole():
            self._open.pop(key, None)
        return meeting

    def leave(self, allocation_id: str, request_uuid: str, meeting: Meeting, data: Any) -> None:
        """Who gives up takes its data with it."""
        if not meeting.whole():
            meeting.brought = [each for each in meeting.brought if each is not data]
            if not meeting.brought:
                self._open.pop((allocation_id, checked(request_uuid)), None)


def checked(request_uuid: str) -> str:
    """The request's UUID in one spelling; InvalidArgument for another text."""
    try:
        if len(request_uuid) not in (32, 36, 38, 45):
            raise InvalidArgument(f"invalid UUID length: {len(request_uuid)}")
        return str(uuid.UUID(request_uuid))
    except ValueError as error:
        raise InvalidArgument(f"invalid UUID format: {request_uuid}") from error
