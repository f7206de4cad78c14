"""The message to everybody: when it holds, what it may say, and that there is only one."""

import pytest
from msgspec import UNSET

from undeterred.errors import InvalidArgument
from undeterred.services import cluster_messages
from undeterred.store.db import Database
from undeterred.wire.base import instant
from undeterred.wire.cluster import ClusterMessage, SetClusterMessageRequest

LONG_AGO, FAR = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"


def put(db: Database, **fields: object) -> None:
    db.write_now(cluster_messages.put, SetClusterMessageRequest(**fields))  # type: ignore[arg-type]


def text(db: Database, only_active: bool = False) -> str | None:
    found = db.read_now(cluster_messages.get, only_active)
    return found.message if isinstance(found, ClusterMessage) else None


def test_when_it_holds(db: Database) -> None:
    assert (text(db), text(db, True)) == (None, None)
    put(db, message="now", start_time=LONG_AGO, end_time=FAR)
    assert (text(db), text(db, True)) == ("now", "now")
    put(db, message="later", start_time="2998-01-01T00:00:00Z", duration="1h30m")
    assert (text(db), text(db, True)) == ("later", None), "the former one is closed, the new one has not begun"
    found = db.read_now(cluster_messages.get)
    assert isinstance(found, ClusterMessage)
    assert (found.start_time, found.end_time) == ("2998-01-01T00:00:00Z", "2998-01-01T01:30:00Z")
    put(db, message="")
    found = db.read_now(cluster_messages.get, True)
    assert isinstance(found, ClusterMessage)
    assert (found.message, found.start_time, found.end_time) == ("", "1970-01-01T00:00:00Z", UNSET)
    for _ in range(2):
        db.write_now(cluster_messages.remove)
        assert text(db) is None


def test_one_that_has_ended_is_gone(db: Database) -> None:
    soon = db.read_now(lambda tx: tx.now) + 3_600_000_000
    put(db, message="m", start_time=LONG_AGO, end_time=instant(soon))
    db.write_now(lambda tx: tx.run("UPDATE facts SET value = REPLACE(value, :was, '1') WHERE name = 'cluster_message'", was=str(soon)))
    assert (text(db), text(db, True)) == (None, None)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"message": "ü" * 251}, "at most 250 characters; got 251"),
        ({"start_time": "2020-01-02T00:00:00Z", "end_time": LONG_AGO}, "after start time"),
        ({"start_time": LONG_AGO, "end_time": "2020-01-02T00:00:00Z"}, "after current time"),
        ({"start_time": LONG_AGO, "duration": "1h"}, "after current time"),
        ({"end_time": FAR, "duration": "1h"}, "mutually exclusive"),
        ({"duration": "abc"}, "Go-formatted"),
        ({"duration": "-1h"}, "Go-formatted"),
        ({"duration": ""}, "Go-formatted"),
        ({"start_time": "9999-12-31T00:00:00Z", "duration": "48h"}, "year 9999"),
    ],
)
def test_what_is_refused_changes_nothing(db: Database, fields: dict[str, str], told: str) -> None:
    put(db, message="ü" * 250)
    with pytest.raises(InvalidArgument, match=told):
        put(db, **{"message": "m", **fields})
    assert text(db) == "ü" * 250
