"""The reference master's own rates against ours, by the same load on the same kind of data.

The reference's figures: Determined 0.38.1 (Go) on PostgreSQL 15 with its default settings, `wrk -t1` on the same 2 shared cores, keep-alive, an
admin's token; measured 2026-11-24 with 1,000 unmanaged experiments (a trial each, three validation reports each), one trial with 5,000 training
points, 20,000 log lines of one task. They are constants here: that master is not at hand where the bench runs.
"""

import random
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

from bench.cluster import Server
from bench.load import post, rate
from bench.seed import Seed
from bench.spy import Profiler
from bench.tables import Row

NAME = "the reference's rates"
EXPERIMENTS = 1000


class Load(NamedTuple):
    """peer: the reference's requests/s. wanted: ours over the peer's, at least. script: for wrk, where it is a POST."""

    name: str
    connections: int
    peer: float
    wanted: float
    path: str
    script: str = ""


def rows(folder: Path, seconds: int, rounds: int, profiler: Profiler | None) -> Iterator[Row]:
    """Every row of the reference's table: reads first, then writes (to a trial of their own), each in rounds of shuffled order, the best counts."""
    seed = Seed(folder / "reference")
    seed.reported(EXPERIMENTS)
    long, written = seed.long_trial(), seed.trial()
    seed.close()
    server = Server(folder / "reference")
    try:
        task = server.call("GET", f"/api/v1/trials/{written}")["trial"]["taskId"]
        long_task = server.call("GET", f"/api/v1/trials/{long}")["trial"]["taskId"]
        for loads in (_reads(long, long_task), _writes(written, task)):
            yield from measured(NAME, server, loads, seconds, rounds, "reference", profiler)
    finally:
        server.stop()


def measured(
    group: str, server: Server, loads: list[Load], seconds: int, rounds: int, peer: str, profiler: Profiler | None
) -> Iterator[Row]:
    """The best of `rounds` short runs of each load, the order shuffled anew in each; the worst and best of them in the note."""
    found: dict[str, list[tuple[float, float]]] = {load.name: [] for load in loads}
    failed: dict[str, str] = {}
    for number in range(rounds):
        for load in random.Random(number).sample(loads, len(loads)):
            if load.name in failed:
                continue
            watched = profiler.watch(server.process.pid, load.name) if profiler and number == rounds - 1 else nullcontext()
            try:
                with watched:
                    found[load.name].append(rate(server.url + load.path, server.token, load.connections, seconds, load.script))
            except RuntimeError as error:
                failed[load.name] = str(error)[-60:]
    for load in loads:
        if load.name in failed:
            yield Row(group, load.name, None, "/s", load.peer, peer, load.wanted, note=failed[load.name])
            continue
        best, p99 = max(found[load.name])
        note = f"p99 {p99:.3g} ms; slowest round {min(found[load.name])[0]:,.0f}"
        yield Row(group, load.name, best, "/s", load.peer, peer, load.wanted, note=note)


def report_body(trial_id: int) -> str:
    """A report of two values at a step of its own, as a Lua expression."""
    return (
        f'\'{{"metrics":{{"trialId":{trial_id},"trialRunId":1,"stepsCompleted":\' .. i .. '
        '\',"metrics":{"avgMetrics":{"loss":\' .. (1 / i) .. \',"accuracy":\' .. (1 - 1 / i) .. \'}}},"group":"training"}\''
    )


def lines_body(task_id: str, count: int) -> str:
    """A post of `count` log lines, each with a time and text of its own, as a Lua expression."""
    line = f'{{"taskId":"{task_id}","timestamp":"2026-11-24T10:00:@Z","log":"step @ says that the loss is 0.@\\\\n",'
    line += '"stdtype":"stdout","level":"LOG_LEVEL_INFO","rankId":0}'
    return own_lines('{{"logs":[{}]}}', line, count)


def own_lines(around: str, line: str, count: int) -> str:
    """`around` (with {} for the lines) and a line `count` times, every @ another second and microsecond, as a cheap Lua expression of `i`."""
    digits = len(str(count - 1))
    lines = ",".join(line.replace("@", f"@{k:0{digits}}") for k in range(count))
    head = f"string.format('%02d.%0{6 - digits}d', math.floor(i / 1e{6 - digits}) % 60, i % 1e{6 - digits})"
    return f"(string.gsub('{around.format(lines)}', '@', {head}))"


def _filter() -> str:
    """Runs whose last validation loss is above 5: four in ten, as the JSON text of a JSON text."""
    field = '{"kind":"field","columnName":"validation.loss.last","location":"LOCATION_TYPE_VALIDATIONS","type":"COLUMN_TYPE_NUMBER",'
    field += '"operator":">","value":5}'
    whole = f'{{"filterGroup":{{"kind":"group","conjunction":"and","children":[{field}]}},"showArchived":false}}'
    quoted = whole.replace('"', '\\\\"')
    return f'{{"projectId":1,"limit":100,"sort":"id=desc","filter":"{quoted}"}}'


def _reads(trial_id: int, task_id: str) -> list[Load]:
    series = f"/api/v1/trials/time-series?trialIds={trial_id}&maxDatapoints=1000&metricIds=training.loss&startBatches=0"
    return [
        Load("GET master", 16, 935, 5, "/api/v1/master"),
        Load("GET me", 16, 444, 5, "/api/v1/me"),
        Load("GET an experiment", 8, 178, 5, "/api/v1/experiments/500"),
        Load("GET a trial", 8, 141, 5, "/api/v1/trials/500"),
        Load("list of 100 experiments, newest first", 4, 15, 10, "/api/v1/experiments?limit=100&orderBy=ORDER_BY_DESC"),
        Load("list of archived ones, there are none", 8, 463, 10, "/api/v1/experiments?archived=true&limit=1"),
        Load("search 100 runs by a metric", 4, 62, 10, "/api/v1/runs", post(f"'{_filter()}'")),
        Load("workloads, 100 of 5,000", 4, 49, 10, f"/api/v1/trials/{trial_id}/workloads?limit=100"),
        Load("time series, 1,000 of 5,000", 2, 69, 5, series),
        Load("logs, newest 1,000 of 20,000", 2, 22, 10, f"/api/v1/tasks/{task_id}/logs?limit=1000&orderBy=ORDER_BY_DESC"),
    ]


def _writes(trial_id: int, task_id: str) -> list[Load]:
    reports = f"/api/v1/trials/{trial_id}/metrics"
    config = "name: bench ' .. i .. '\\\\nhyperparameters: {lr: 0.1}\\\\nsearcher: {name: single, metric: loss}\\\\n"
    return [
        Load("metric report, 1 writer", 1, 193, 5, reports, post(report_body(trial_id))),
        Load("metric report, 16 writers to one trial", 16, 237, 5, reports, post(report_body(trial_id))),
        Load("100 log lines", 4, 116, 10, "/api/v1/task/logs", post(lines_body(task_id, 100))),
        Load("create an unmanaged experiment", 4, 75, 10, "/api/v1/experiments", post(f"""'{{"config":"{config}","unmanaged":true}}'""")),
    ]
