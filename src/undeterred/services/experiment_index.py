"""Which experiments a list shows: for now asked from the database."""

from collections.abc import Callable

from undeterred.store import experiment_list
from undeterred.store.db import Tx
from undeterred.store.experiment_list import Filter, Sort
from undeterred.wire.common import Pagination

Window = Callable[[int, int, int], Pagination]


class ExperimentIndex:
    """Finds windows of lists."""

    def window(self, tx: Tx, wanted: Filter, sort: Sort, offset: int, limit: int, window: Window) -> tuple[int, list[int]]:
        """How many experiments are wanted, and the ids of those in the window."""
        total = experiment_list.count(tx, wanted)
        shown = window(offset, limit, total)
        size = -1 if shown.end_index < shown.start_index else shown.end_index - shown.start_index
        return total, experiment_list.ids(tx, wanted, sort, shown.start_index, size) if size else []
