"""What may not grow with the cluster: a list of 100 out of 100k experiments against the same out of 1k, whatever filter and sort; start; memory.

Both servers hold experiments of every look (bench/seed.py); 100 of them are rare in each, so that a selective filter shows a full page of both.
"""

import json
import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import NamedTuple

from bench.cluster import Server, first_answer_s
from bench.seed import Seed
from bench.tables import Row

NAME = "growth"
FACTOR = 1.5
SORTS = "ID DESCRIPTION START_TIME END_TIME STATE NUM_TRIALS PROGRESS USER NAME FORKED_FROM RESOURCE_POOL PROJECT_ID CHECKPOINT_SIZE"
SORTS += " CHECKPOINT_COUNT SEARCHER_METRIC_VAL"
UNSELECTIVE = ["archived=false", "archived=true", "states=STATE_COMPLETED", "states=STATE_PAUSED&states=STATE_ERROR", "userIds=2"]
UNSELECTIVE += ["users=determined", "labels=l3", "name=exp", "name=9", "description=d", "projectId=1", "archived=false&userIds=2&name=1"]
SELECTIVE = [
    "labels=rare",
    "userIds=1",
    "states=STATE_ERROR",
    "projectId=2",
    "name=needle",
    "name=NEEDLE",
    "name=nothing",
    "labels=nothing",
]
SELECTIVE += ["experimentIdFilter.lt=150", "projectId=2&userIds=1&labels=rare&states=STATE_ERROR&name=needle"]
OFFSETS = ["offset=800", "offset=-100", "archived=false&offset=500&sortBy=SORT_BY_NAME"]
BY_NAME = "&sortBy=SORT_BY_NAME&orderBy=ORDER_BY_DESC"
ROUNDS = 12
NOBODYS = count(10_000_000)  # ids that no experiment has


class Timed(NamedTuple):
    """The time of a list on each server, s: as nobody asked for it before, at rest, and each right after an experiment has changed."""

    query: str
    first: list[float]
    rest: list[float]
    changed: list[float]
    shown: list[int]


def rows(folder: Path, small: int, large: int) -> Iterator[Row]:
    """Start, memory, then the lists on both sizes, alternating: the worst cases."""
    for size in (small, large):
        seed = Seed(folder / f"list-{size}")
        seed.many(size)
        seed.close()
    yield _limit(f"start to first answer, {large:,} experiments", first_answer_s(folder / f"list-{large}", 3), "s", 1.5)
    servers = [Server(folder / f"list-{size}") for size in (small, large)]
    try:
        sleep(1)
        yield _limit(f"idle memory, {large:,} experiments, just started", servers[1].memory_mb(), "MB", 120)
        at_once = [_time(server, "/api/v1/experiments?limit=100") for server in servers]
        yield Row(NAME, "the very first list after the start", at_once[1] * 1000, "ms", at_once[0] * 1000, f"{small:,}", better="less")
        sleep(8)  # the large one makes its index behind the first answers
        yield from _verdicts([_measure(servers, query) for query in _queries()])
        yield _limit(f"idle memory, {large:,} experiments, after every list", servers[1].memory_mb(), "MB", 120)
        yield _limit(f"idle CPU, {large:,} experiments", servers[1].cpu_share(5) * 100, "% of a core", 1)
    finally:
        for server in servers:
            server.stop()


def _queries() -> list[str]:
    found = [f"sortBy=SORT_BY_{sort}&orderBy=ORDER_BY_{order}" for sort in SORTS.split() for order in ("ASC", "DESC")]
    found += [*UNSELECTIVE, *SELECTIVE, *OFFSETS]
    found += [f"{wanted}{BY_NAME}" for wanted in (*UNSELECTIVE, *SELECTIVE)]
    return random.Random(1).sample(found, len(found))


def _measure(servers: list[Server], query: str) -> Timed:
    path = f"/api/v1/experiments?limit=100&{query}"
    unheard = (f"{path}&experimentIdFilter.notIn={next(NOBODYS)}" for _ in range(5))  # another filter each time
    first = [[_time(server, each) for server in servers] for each in (path, *unheard)]
    shown = [len(json.loads(server.client.raw("GET", path))["experiments"]) for server in servers]
    rest = [[_time(server, path) for server in servers] for _ in range(ROUNDS)]
    changed = [[_changed(server, path) for server in servers] for _ in range(5)]
    return Timed(query, _least(first), _least(rest), _least(changed), shown)


def _least(rounds: list[list[float]]) -> list[float]:
    """The least disturbed of each server's times."""
    return [min(times[i] for times in rounds) for i in (0, 1)]


def _verdicts(timed: list[Timed]) -> Iterator[Row]:
    alike = [each for each in timed if each.shown[0] == each.shown[1]]
    for each in sorted(alike, key=lambda each: each.rest[0] / each.rest[1])[:4]:
        yield _growth(f"list of {each.shown[1]}, at rest: {each.query}", each.rest)
    rest = [each.rest[1] / each.rest[0] for each in alike]
    yield Row(NAME, f"list, at rest: median of {len(alike)} lists", median(rest), "x", FACTOR, "at most", 1, "less")
    for each in sorted(alike, key=lambda each: each.changed[0] / each.changed[1])[:2]:
        yield _growth(f"list of {each.shown[1]}, after a change: {each.query}", each.changed)
    changed = [each.changed[1] / each.changed[0] for each in alike]
    yield Row(NAME, f"list, after a change: median of {len(alike)} lists", median(changed), "x", FACTOR, "at most", 1, "less")
    for each in sorted(alike, key=lambda each: each.first[0] / each.first[1])[:4]:
        yield _growth(f"list of {each.shown[1]}, never asked before: {each.query}", each.first)
    first = [each.first[1] / each.first[0] for each in alike]
    yield Row(NAME, f"list, never asked before: median of {len(alike)} lists", median(first), "x", FACTOR, "at most", 1, "less")
    for each in timed:
        if each.shown[0] != each.shown[1]:
            yield Row(NAME, f"not compared: {each.query}", None, "", note=f"shows {each.shown[0]} and {each.shown[1]}")


def _growth(name: str, times: list[float]) -> Row:
    note = f"{times[1] * 1000:.1f} against {times[0] * 1000:.1f} ms"
    return Row(NAME, name, times[1] / times[0], "x", FACTOR, "at most", 1, "less", note)


def _time(server: Server, path: str) -> float:
    begun = perf_counter()
    server.client.raw("GET", path)
    return perf_counter() - begun


def _changed(server: Server, path: str) -> float:
    """The time of a list right after an experiment has changed."""
    experiment_id = random.randrange(100, 900)
    server.client.raw("PATCH", f"/api/v1/experiments/{experiment_id}", {"notes": f"at {perf_counter()}"})
    return _time(server, path)


def _limit(name: str, value: float, unit: str, limit: float) -> Row:
    return Row(NAME, name, value, unit, limit, "at most", 1, "less")
