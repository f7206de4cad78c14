"""The reference master's own rates against ours, by the same load on the same kind of data.

The reference's figures: Determined 0.38.1 (Go) on PostgreSQL 15, `wrk -t1` on the same 2 shared cores, measured 2026-11-24 with 1,000 experiments.
"""

from collections.abc import Iterator
from pathlib import Path

from bench.cluster import Seed, Server
from bench.load import post, rate
from bench.tables import Row

NAME = "the reference's rates"
REPORT = (
    '\'{"metrics":{"trialId":%d,"trialRunId":1,"stepsCompleted":\' .. i .. \',"metrics":{"avgMetrics":{"loss":0.5,"accuracy":\' .. i .. \'}}},'
    '"group":"training"}\''
)
CREATE = '\'{"config":"name: bench \' .. i .. \'\\\\nsearcher: {name: single, metric: loss}\\\\n","unmanaged":true}\''
LINE = (
    '{"taskId":"%s","timestamp":"2026-11-24T10:00:00.123456Z","log":"step 17 says that the loss is 0.1234\\\\n",'
    '"stdtype":"stdout","level":"LOG_LEVEL_INFO","rankId":0}'
)
FILTER = (
    '{"projectId":1,"limit":100,"sort":"id=desc","filter":"{\\\\"filterGroup\\\\":{\\\\"kind\\\\":\\\\"group\\\\",\\\\"conjunction\\\\":\\\\"and\\\\",\\\\"children\\\\":'
    '[{\\\\"kind\\\\":\\\\"field\\\\",\\\\"columnName\\\\":\\\\"validation.loss.last\\\\",\\\\"location\\\\":\\\\"LOCATION_TYPE_VALIDATIONS\\\\",'
    '\\\\"type\\\\":\\\\"COLUMN_TYPE_NUMBER\\\\",\\\\"operator\\\\":\\\\">\\\\",\\\\"value\\\\":5}]},\\\\"showArchived\\\\":false}"}'
)


def rows(folder: Path, seconds: float) -> Iterator[Row]:
    """Every row of the reference's table."""
    seed = Seed(folder / "reference")
    seed.experiments(1000, reports=True)
    trial_id = seed.long_trial()
    seed.close()
    server = Server(folder / "reference")
    try:
        task_id = server.call("GET", f"/api/v1/trials/{trial_id}")["trial"]["taskId"]
        for name, connections, peer, wanted, path, script in _loads(trial_id, task_id):
            try:
                ours = rate(server.url + path, server.token, connections, seconds, script=script)
            except RuntimeError as error:
                yield Row(NAME, name, None, "/s", peer, "reference", wanted, note=str(error)[:60])
                continue
            yield Row(NAME, name, ours, "/s", peer, "reference", wanted)
    finally:
        server.stop()


def lines_body(task_id: str, count: int) -> str:
    """A post of `count` log lines, as a Lua expression."""
    return '\'{"logs":[' + ",".join([LINE % task_id] * count) + "]}'"


def _loads(trial_id: int, task_id: str) -> list[tuple[str, int, float, float, str, str]]:
    """(what, connections, the reference's rate, ratio wanted, path, wrk script)."""
    reports = f"/api/v1/trials/{trial_id}/metrics"
    logs = f"/api/v1/tasks/{task_id}/logs?limit=1000&orderBy=ORDER_BY_DESC"
    series = f"/api/v1/trials/time-series?trialIds={trial_id}&maxDatapoints=1000&metricIds=training.loss&startBatches=0"
    return [
        ("GET master", 16, 935, 5, "/api/v1/master", ""),
        ("GET me", 16, 444, 5, "/api/v1/me", ""),
        ("GET an experiment", 8, 178, 5, "/api/v1/experiments/500", ""),
        ("GET a trial", 8, 141, 5, "/api/v1/trials/500", ""),
        ("list of 100 experiments, newest first", 4, 15, 10, "/api/v1/experiments?limit=100&orderBy=ORDER_BY_DESC", ""),
        ("list of archived ones, limit 1", 8, 463, 10, "/api/v1/experiments?archived=true&limit=1", ""),
        ("search 100 runs by a metric", 4, 62, 10, "/api/v1/runs", post("/api/v1/runs", f"'{FILTER}'")),
        ("workloads, 100 of 5,000", 4, 49, 10, f"/api/v1/trials/{trial_id}/workloads?limit=100", ""),
        ("time series, 1,000 of 5,000", 2, 69, 5, series, ""),
        ("logs, newest 1,000 of 20,000", 2, 22, 10, logs, ""),
        ("metric report, 1 writer", 1, 193, 5, reports, post(reports, REPORT % trial_id)),
        ("metric report, 16 writers to one trial", 16, 237, 5, reports, post(reports, REPORT % trial_id)),
        ("100 log lines", 4, 116, 10, "/api/v1/task/logs", post("/api/v1/task/logs", lines_body(task_id, 100))),
        ("create an unmanaged experiment", 4, 75, 10, "/api/v1/experiments", post("/api/v1/experiments", CREATE)),
    ]
