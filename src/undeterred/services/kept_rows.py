"""Rows of a table as the wire shows them, ready JSON, until what they show changes: most rows of a page are those of the page before."""

from collections import OrderedDict
from typing import Final, NamedTuple

BYTES_MAX: Final = 4 * 1024 * 1024  # of all rows together
ROW_MAX: Final = 16 * 1024  # a longer row is made anew each time


class Piece(NamedTuple):
    """The JSON of a row: `head`, then the whole seconds since `since` (µs) and `tail` where that is not None."""

    head: bytes
    since: int | None
    tail: bytes

    def at(self, now: int) -> bytes:
        """The row at an instant (µs)."""
        return self.head if self.since is None else b"%b%d%b" % (self.head, (now - self.since + 500_000) // 1_000_000, self.tail)


class KeptRows:
    """The runs that were shown last, by id; used within turns of `SearchViews`, which tells what to forget."""

    def __init__(self) -> None:
        self._pieces: OrderedDict[int, tuple[Piece, int]] = OrderedDict()
        self._runs_of: dict[int, set[int]] = {}
        self._bytes = 0

    def find(self, run_id: int) -> Piece | None:
        found = self._pieces.get(run_id)
        if found is None:
            return None
        self._pieces.move_to_end(run_id)
        return found[0]

    def keep(self, run_id: int, experiment_id: int, piece: Piece) -> None:
        """Remember a row that is not kept yet, and forget those that were not shown for longest."""
        size = _size(piece)
        if size > ROW_MAX:
            return
        self._pieces[run_id] = piece, experiment_id
        self._runs_of.setdefault(experiment_id, set()).add(run_id)
        self._bytes += size
        while self._bytes > BYTES_MAX:
            self._forget(next(iter(self._pieces)))

    def forget(self, runs: set[int], experiments: set[int]) -> None:
        """These have changed."""
        for run_id in runs:
            self._forget(run_id)
        for experiment_id in experiments:
            for run_id in tuple(self._runs_of.get(experiment_id, ())):
                self._forget(run_id)

    def clear(self) -> None:
        self._pieces.clear()
        self._runs_of.clear()
        self._bytes = 0

    def _forget(self, run_id: int) -> None:
        found = self._pieces.pop(run_id, None)
        if found is None:
            return
        piece, experiment_id = found
        self._bytes -= _size(piece)
        others = self._runs_of[experiment_id]
        others.discard(run_id)
        if not others:
            del self._runs_of[experiment_id]


def _size(piece: Piece) -> int:
    return len(piece.head) + len(piece.tail) + 500  # with what Python needs around them
