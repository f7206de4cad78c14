"""Reports of metrics: one row a trial, group and step as long as it is live; a later run archives what it does over.

Every function here that a report needs is one statement.
"""

import msgspec

from undeterred.store.db import Tx


class ReporterRow(msgspec.Struct, frozen=True):
    """What a report must know of its trial and experiment; `summary` is JSON."""

    experiment_id: int
    run_id: int
    metrics_run_id: int
    older_batches: int | None
    total_batches: int
    best_validation_id: int | None
    best_signed: float | None
    searcher_metric_value: float | None
    latest_validation_id: int | None
    latest_validation_at: int | None
    best_checkpoint_signed: float | None
    best_checkpoint: str | None
    request_id: str | None
    summary: str | None
    unmanaged: int
    experiment_state: str
    searcher_name: str
    searcher_metric: str
    smaller_is_better: int


class ReportRow(msgspec.Struct, frozen=True):
    """A stored report; `body` is JSON, `reported_at` µs."""

    id: int
    trial_id: int
    metric_group: str
    batches: int
    run_id: int
    reported_at: int | None
    body: str
    signed: float | None
    searched: int
    archived: int


COLUMNS = "id, trial_id, metric_group, batches, run_id, reported_at, body, signed, searched, archived"
LIVE = "archived = 0 AND profiling = 0"
_SAME_KIND = {
    "training": "metric_group = 'training'",
    "validation": "metric_group = 'validation'",
}


def reporter(tx: Tx, trial_id: int) -> ReporterRow | None:
    """The trial that reports."""
    return tx.one(
        ReporterRow,
        "SELECT t.experiment_id, t.run_id, t.metrics_run_id, t.older_batches, t.total_batches, t.best_validation_id, t.best_signed,"
        " t.searcher_metric_value, t.latest_validation_id, t.latest_validation_at, t.best_checkpoint_signed, t.best_checkpoint,"
        " t.request_id, t.summary_metrics, e.unmanaged, e.state, e.searcher_name, e.searcher_metric, e.smaller_is_better"
        " FROM trials t JOIN experiments e ON e.id = t.experiment_id WHERE t.id = :id",
        id=trial_id,
    )


def insert(
    tx: Tx, trial_id: int, group: str, batches: int, run_id: int, at: int, body: str, signed: float | None = None, searched: int = 0
) -> int | None:
    """A new report's id; None where the step has a live report of this group already."""
    found = tx.value(
        "INSERT INTO metrics (trial_id, metric_group, batches, run_id, reported_at, body, signed, searched)"
        " VALUES (:trial, :grp, :batches, :run, :at, :body, :signed, :searched) ON CONFLICT DO NOTHING RETURNING id",
        trial=trial_id,
        grp=group,
        batches=batches,
        run=run_id,
        at=at,
        body=body,
        signed=signed,
        searched=searched,
    )
    return None if found is None else int(found)


def insert_profiling(tx: Tx, trial_id: int, group: str, batches: int, run_id: int, at: int, body: str) -> None:
    """System metrics, kept as they come; the same report again is not kept twice."""
    given = {"trial": trial_id, "grp": group, "batches": batches, "run": run_id, "at": at, "body": body}
    tx.run(
        "INSERT INTO metrics (trial_id, metric_group, batches, run_id, reported_at, body, profiling)"
        " SELECT CAST(:trial AS BIGINT), :grp, CAST(:batches AS BIGINT), CAST(:run AS BIGINT), CAST(:at AS BIGINT), :body, 1"
        " WHERE NOT EXISTS (SELECT 1 FROM metrics WHERE trial_id = :trial AND metric_group = :grp AND reported_at = :at"
        " AND profiling = 1 AND batches = :batches AND run_id = :run AND body = :body)",
        **given,
    )


def live(tx: Tx, trial_id: int, group: str, batches: int) -> ReportRow | None:
    """The live report of a step."""
    return tx.one(
        ReportRow,
        f"SELECT {COLUMNS} FROM metrics WHERE trial_id = :trial AND metric_group = :grp AND batches = :batches AND {LIVE}",
        trial=trial_id,
        grp=group,
        batches=batches,
    )


def merge(tx: Tx, report_id: int, run_id: int, at: int, body: str, signed: float | None, searched: int) -> None:
    """More metrics at a step that has a report."""
    tx.run(
        "UPDATE metrics SET run_id = :run, reported_at = :at, body = :body, signed = :signed, searched = :searched WHERE id = :id",
        id=report_id,
        run=run_id,
        at=at,
        body=body,
        signed=signed,
        searched=searched,
    )


def archive_beyond(tx: Tx, trial_id: int, run_id: int, group: str, batches: int) -> int:
    """A run begins again at a step: older runs' reports beyond it are archived, those at it too where they are of the same kind
    (training, validation, or any other group). How many."""
    same = _SAME_KIND.get(group, "metric_group NOT IN ('training', 'validation')")
    return tx.run(
        f"UPDATE metrics SET archived = 1 WHERE trial_id = :trial AND {LIVE} AND run_id < :run"
        f" AND (batches > :batches OR (batches = :batches AND {same}))",
        trial=trial_id,
        run=run_id,
        batches=batches,
    )


def all_live(tx: Tx, trial_id: int) -> list[ReportRow]:
    """Every live report of a trial, in the order of arrival."""
    return tx.all(ReportRow, f"SELECT {COLUMNS} FROM metrics WHERE trial_id = :trial AND {LIVE} ORDER BY id", trial=trial_id)


def searched(tx: Tx, trial_id: int) -> list[ReportRow]:
    """The live validations that have the searcher metric, in the order of arrival."""
    sql = f"SELECT {COLUMNS} FROM metrics WHERE trial_id = :trial AND metric_group = 'validation' AND {LIVE} AND searched = 1 ORDER BY id"
    return tx.all(ReportRow, sql, trial=trial_id)


def live_validations(tx: Tx, trial_id: int) -> list[ReportRow]:
    """Every live validation of a trial, in the order of arrival."""
    sql = f"SELECT {COLUMNS} FROM metrics WHERE trial_id = :trial AND metric_group = 'validation' AND {LIVE} ORDER BY id"
    return tx.all(ReportRow, sql, trial=trial_id)


def value(tx: Tx, values: list[tuple[int, float | None, int]]) -> None:
    """What validations are worth to the search: (id, signed, searched) of each."""
    sql = "UPDATE metrics SET signed = :signed, searched = :searched WHERE id = :id"
    tx.many(sql, [{"id": i, "signed": signed, "searched": searched} for i, signed, searched in values])


def set_bests(tx: Tx, trial_id: int, bests: "Bests") -> None:
    """A trial's best and latest validation."""
    tx.run(f"UPDATE trials SET {_BESTS.removeprefix(', ')} WHERE id = :id", id=trial_id, **msgspec.structs.asdict(bests))
    tx.ring(f"run:{trial_id}")


def page(tx: Tx, trial_id: int, group: str, after: int, limit: int) -> list[ReportRow]:
    """Live reports of a group beyond a step, by step."""
    return tx.all(
        ReportRow,
        f"SELECT {COLUMNS} FROM metrics WHERE trial_id = :trial AND metric_group = :grp AND {LIVE} AND batches > :after"
        " ORDER BY batches LIMIT :limit",
        trial=trial_id,
        grp=group,
        after=after,
        limit=limit,
    )


def burn_first_number(tx: Tx) -> None:
    """Numbers of reports begin with 2, as the reference's do: recorded conversations compare small numbers as they are."""
    insert(tx, 0, "", 0, 0, tx.now, "{}")
    tx.run("DELETE FROM metrics WHERE trial_id = 0")


def profiling(tx: Tx, trial_id: int, groups: list[str], after_id: int, limit: int) -> list[ReportRow]:
    """The next system metrics of a trial in these groups, in the order of arrival."""
    return tx.all(
        ReportRow,
        f"SELECT {COLUMNS} FROM metrics WHERE trial_id = :trial AND profiling = 1 AND {tx.dialect.member('metric_group', 'groups', 'text')}"
        " AND id > :after ORDER BY id LIMIT :limit",
        trial=trial_id,
        groups=tx.dialect.bag(groups),
        after=after_id,
        limit=limit,
    )


class Bests(msgspec.Struct, frozen=True):
    """The best and the latest validation of a trial; `signed` and `value` are None where the best is NaN or there is none."""

    best_id: int | None
    signed: float | None
    value: float | None
    latest_id: int | None
    latest_at: int | None


_NOTE = (
    "UPDATE trials SET total_batches = :total, summary_metrics = :summary, metrics_run_id = :run, older_batches = :older,"
    " last_activity_at = :now"
)
_BESTS = (
    ", best_validation_id = :best_id, best_signed = :signed, searcher_metric_value = :value, latest_validation_id = :latest_id,"
    " latest_validation_at = :latest_at"
)


def note(
    tx: Tx, trial_id: int, total_batches: int, summary: str, run_id: int, older_batches: int | None, bests: Bests | None = None
) -> None:
    """What a report changed of its trial. bests: where they may have changed."""
    given = {} if bests is None else msgspec.structs.asdict(bests)
    tx.run(
        f"{_NOTE}{'' if bests is None else _BESTS} WHERE id = :id",
        id=trial_id,
        total=total_batches,
        summary=summary,
        run=run_id,
        older=older_batches,
        now=tx.now,
        **given,
    )
    tx.ring(f"run:{trial_id}")


def improve_experiment(tx: Tx, experiment_id: int, trial_id: int, value: float, smaller_is_better: bool) -> bool:
    """The experiment's best, where this is better."""
    worse = "best_metric > :value" if smaller_is_better else "best_metric < :value"
    sql = f"UPDATE experiments SET best_trial_id = :trial, best_metric = :value WHERE id = :id AND (best_metric IS NULL OR {worse})"
    better = tx.run(sql, id=experiment_id, trial=trial_id, value=value) > 0
    if better:
        tx.ring(f"experiment:{experiment_id}")  # lists are sorted by it
    return better


def refresh_experiment(tx: Tx, experiment_id: int) -> None:
    """The experiment's best, looked up anew: a trial's best may have become worse."""
    best = tx.one(
        lambda trial, value: (int(trial), value),
        "SELECT id, searcher_metric_value FROM trials WHERE experiment_id = :id AND best_signed IS NOT NULL ORDER BY best_signed, id LIMIT 1",
        id=experiment_id,
    )
    tx.ring(f"experiment:{experiment_id}")
    if best is None:
        tx.run("UPDATE experiments SET best_metric = NULL WHERE id = :id", id=experiment_id)
    else:
        tx.run(
            "UPDATE experiments SET best_trial_id = :trial, best_metric = :value WHERE id = :id",
            id=experiment_id,
            trial=best[0],
            value=best[1],
        )
