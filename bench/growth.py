"""What grows with the cluster: a list of 100 out of 100k experiments against the same out of 1k, whatever the filter and sort; start and memory."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

from bench.cluster import Seed, Server
from bench.tables import Row

NAME = "growth: 100k experiments against 1k"
SORTS: tuple[str, ...] = (
    "ID",
    "DESCRIPTION",
    "START_TIME",
    "END_TIME",
    "STATE",
    "NUM_TRIALS",
    "PROGRESS",
    "USER",
    "NAME",
    "FORKED_FROM",
    "RESOURCE_POOL",
)
SORTS += ("PROJECT_ID", "CHECKPOINT_SIZE", "CHECKPOINT_COUNT", "SEARCHER_METRIC_VAL")
FILTERS: tuple[str, ...] = (
    "archived=false",
    "states=STATE_PAUSED",
    "userIds=2",
    "users=determined",
    "labels=l3",
    "labels=l3&labels=l5",
    "name=exp",
)
FILTERS += (
    "name=of%20b",
    "name=nothing",
    "description=d3",
    "projectId=1",
    "offset=800",
    "archived=false&userIds=2&labels=l1&name=f",
    "experimentIdFilter.lt=900",
)
ROUNDS = 15


def rows(folder: Path, small: int, large: int) -> Iterator[Row]:
    """Time of each list on both sizes, alternating; the worst ones, then start and memory."""
    servers = []
    for count in (small, large):
        data = folder / f"list-{count}"
        seed = Seed(data)
        print(f"  seeding {count:,} experiments …", flush=True)
        seed.experiments(count, reports=False)
        seed.close()
        servers.append(Server(data))
    try:
        yield _limit(
            "start to first answer, empty" if small == 0 else f"start to first answer, {large:,} experiments",
            servers[1].first_answer_s,
            "s",
            1.5,
        )
        yield _limit(f"idle memory, {large:,} experiments, before a list", servers[1].memory_mb(), "MB", 120)
        yield from _lists(servers)
        yield _limit(f"idle memory, {large:,} experiments, after every list", servers[1].memory_mb(), "MB", 120)
    finally:
        for server in servers:
            server.stop()


def _lists(servers: list[Server]) -> Iterator[Row]:
    queries = [f"sortBy=SORT_BY_{s}&orderBy=ORDER_BY_{o}" for s in SORTS for o in ("ASC", "DESC")]
    queries += [*FILTERS, *(f"{f}&sortBy=SORT_BY_NAME&orderBy=ORDER_BY_DESC" for f in FILTERS)]
    for server in servers:
        server.call("GET", "/api/v1/experiments?limit=1")
    sleep(8)  # the large one reads its index behind the first answers
    found = []
    for query in queries:
        took = [_time(servers, f"/api/v1/experiments?limit=100&{query}") for _ in range(ROUNDS)]
        small, large = (min(t[i] for t in took) for i in (0, 1))  # the least disturbed of each
        found.append((large / small, large, query))
    found.sort(reverse=True)
    for ratio, seconds, query in found[:5]:
        yield Row(NAME, f"slowest growth: {query}", ratio, "x", 1.5, "limit", 1, "less", f"{seconds * 1000:.1f} ms")
    yield Row(NAME, f"median growth over {len(found)} lists", median(f[0] for f in found), "x", 1.5, "limit", 1, "less")


def _time(servers: list[Server], path: str) -> list[float]:
    took = []
    for server in servers:
        begun = perf_counter()
        server.call("GET", path)
        took.append(perf_counter() - begun)
    return took


def _limit(name: str, value: float, unit: str, limit: float) -> Row:
    return Row(NAME, name, value, unit, limit, "limit", 1, "less")
