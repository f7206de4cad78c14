"""What the master is told: log lines in order and exactly once, and the states of the task."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from undeterred.supervisor.link import Link, Refused, Stopped
from undeterred.supervisor.spool import Spool

BATCH_LINES = 1000
GATHER_S = 0.1  # the shortest time between two posts while the task lives
AGAIN_S = 1.0  # before the spool is read again where that failed


class Shipper(threading.Thread):
    """Sends the spool until it is closed and empty; ends early when the master answers Gone."""

    def __init__(self, spec: dict[str, Any], spool: Spool, on_gone: Callable[[], None] = lambda: None) -> None:
        super().__init__(name="ship", daemon=True)
        self._on_gone = on_gone
        self._spec, self._spool, self._link = spec, spool, Link(spec)
        self._path = f"/internal/v1/allocations/{quote(spec['allocation_id'], safe='')}/logs"

    def run(self) -> None:
        """Send batch after batch."""
        spool, last = self._spool, 0.0
        while True:
            with spool.changed:
                while spool.acknowledged >= spool.end and not spool.closed:
                    spool.changed.wait()
                wait_s = last + GATHER_S - time.monotonic()
                while wait_s > 0 and not spool.closed and spool.end - spool.acknowledged < BATCH_LINES:
                    spool.changed.wait(wait_s)
                    wait_s = last + GATHER_S - time.monotonic()
                if spool.acknowledged >= spool.end:
                    return
            last = time.monotonic()
            try:
                self._send()
            except (Refused, Stopped):
                self._give_up()
            except OSError:  # of the spool itself: it passes, or the folder was taken away
                if self._link.abandoned():
                    self._give_up()
                else:
                    time.sleep(AGAIN_S)

    def _give_up(self) -> None:
        self._on_gone()
        self._spool.acknowledge(self._spool.end)

    def _send(self) -> None:
        first, lines = self._spool.take(BATCH_LINES)
        head = json.dumps({"epoch": self._spec["epoch"], "containerId": self._spec["container_id"], "first": first})
        body = b"".join((head[:-1].encode(), b', "lines": [', b",".join(lines), b"]}"))
        answer = self._link.report(self._path, body)
        following = answer.get("next")
        self._spool.acknowledge(first + len(lines) if not isinstance(following, int | str) else int(following))


def state(link: Link, spec: dict[str, Any], name: str, **more: Any) -> None:
    """Report STARTING, RUNNING or TERMINATED, until it is acknowledged."""
    path = f"/internal/v1/allocations/{quote(spec['allocation_id'], safe='')}/resources/{quote(spec['resources_id'], safe='')}/state"
    body = {"epoch": spec["epoch"], "containerId": spec["container_id"], "state": name}
    body.update({key: value for key, value in more.items() if value is not None})
    link.report(path, json.dumps(body).encode())
