"""What a search is told: events wait in a table until the search loop has handed them to `domain.search` in one commit with its answer."""

import msgspec

from undeterred.domain.search.values import Event
from undeterred.store.db import Tx

_decoder = msgspec.json.Decoder(Event)


class EventRow(msgspec.Struct, frozen=True):
    """An unread event."""

    id: int
    payload: str


def add(tx: Tx, experiment_id: int, event: Event) -> None:
    """Leave an event for the search of an experiment."""
    tx.run(
        "INSERT INTO search_events (experiment_id, kind, payload) VALUES (:experiment, :kind, :payload)",
        experiment=experiment_id,
        kind=type(event).__name__,
        payload=msgspec.json.encode(event).decode(),
    )
    tx.ring("search")


def experiments_with_unread(tx: Tx) -> list[int]:
    """Experiments whose search has something to read."""
    return [int(i) for i in tx.column("SELECT DISTINCT experiment_id FROM search_events ORDER BY experiment_id")]


def unread(tx: Tx, experiment_id: int, limit: int = 200) -> list[tuple[int, Event]]:
    """The oldest unread events with their numbers."""
    rows = tx.all(
        EventRow, "SELECT id, payload FROM search_events WHERE experiment_id = :id ORDER BY id LIMIT :limit", id=experiment_id, limit=limit
    )
    return [(row.id, _decoder.decode(row.payload)) for row in rows]


def done(tx: Tx, experiment_id: int, up_to: int) -> None:
    """These events are in the search's state now."""
    tx.run("DELETE FROM search_events WHERE experiment_id = :id AND id <= :up_to", id=experiment_id, up_to=up_to)
