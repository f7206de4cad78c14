"""Reports of use: what overlaps a span, to the second; days and months; what trials did with their time."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.services.test_experiments import create, made_layers
from undeterred.config.master import MasterConfig
from undeterred.errors import InvalidArgument
from undeterred.services import usage_reports
from undeterred.services.identity import Caller
from undeterred.services.usage_reports import DAY_US, SECOND
from undeterred.store import usage_reports as rows
from undeterred.store.db import Database, Tx
from undeterred.wire.base import instant, instant_us
from undeterred.wire.usage_reports import ResourceAllocationAggregatedEntry, ResourceAllocationAggregatedRequest
from undeterred.wire.usage_reports import ResourceAllocationAggregationPeriod as Period

DAILY, MONTHLY = Period.RESOURCE_ALLOCATION_AGGREGATION_PERIOD_DAILY, Period.RESOURCE_ALLOCATION_AGGREGATION_PERIOD_MONTHLY
NOON = instant_us("2024-02-28T12:00:00Z")
CONFIG = "name: one\nentrypoint: x\nsearcher: {{name: single, metric: loss}}\nresources: {{slots_per_trial: 0}}\nlabels: {labels}\n"


class Used:
    """Experiments whose allocations ran when a test says."""

    def __init__(self, db: Database, admin: Caller, config: MasterConfig, data: Path) -> None:
        self.db, self.admin, self.layers = db, admin, made_layers(config, data)

    def experiment(self, begun: int | None, ended: int | None, slots: int = 1, labels: str = "[]") -> int:
        """An experiment of the administrator's with one allocation; its trial's id."""
        made = create(self.db, self.admin, self.layers, CONFIG.format(labels=labels), activate=True)

        def ran(tx: Tx) -> None:
            where = "task_id IN (SELECT id FROM tasks WHERE experiment_id = :id)"
            tx.run(
                f"UPDATE allocations SET state = :state, slots_wanted = :slots, started_at = :begun, ended_at = :ended WHERE {where}",
                state="PENDING" if begun is None else "RUNNING" if ended is None else "TERMINATED",
                slots=slots,
                begun=begun,
                ended=ended,
                id=made.id,
            )

        self.db.write_now(ran)
        assert made.trial_ids
        return int(made.trial_ids[0])

    def tell(self, trial_id: int, at: int, group: str, batches: int) -> None:
        """The trial reported a metric then."""
        sql = "INSERT INTO metrics (trial_id, metric_group, batches, run_id, reported_at, body) VALUES (:trial, :group, :batches, 1, :at, '{}')"
        self.db.write_now(lambda tx: tx.run(sql, trial=trial_id, group=group, batches=batches, at=at))

    def aggregated(self, first: str, last: str, period: Period = DAILY) -> list[ResourceAllocationAggregatedEntry]:
        request = ResourceAllocationAggregatedRequest(start_date=first, end_date=last, period=period)
        return self.db.read_now(usage_reports.aggregated, request)


@pytest.fixture
def used(db: Database, admin: Caller, config: MasterConfig, tmp_path: Path) -> Used:
    return Used(db, admin, config, tmp_path)


def told(entries: list[ResourceAllocationAggregatedEntry]) -> list[tuple[str, Any]]:
    return [(entry.period_start, entry.seconds) for entry in entries]


def test_days_and_months(used: Used) -> None:
    used.experiment(NOON, NOON + 3 * DAY_US, slots=2, labels="[a, b]")
    used.experiment(NOON + DAY_US, NOON + DAY_US + 10 * SECOND, labels="[b]")
    half, day = DAY_US / 2 / SECOND, DAY_US / SECOND
    whole = [("2024-02-28", half * 2), ("2024-02-29", day * 2 + 10), ("2024-03-01", day * 2), ("2024-03-02", half * 2)]
    assert told(used.aggregated("2020-01-01", "2030-01-01")) == whole
    assert told(used.aggregated("2024-02-29", "2024-03-01")) == whole[1:3]
    assert used.aggregated("2024-03-03", "2024-03-09") == used.aggregated("2024-01-01", "2024-02-27") == []
    (leap,) = used.aggregated("2024-02-29", "2024-02-29")
    assert (leap.by_username, leap.by_resource_pool) == ({"admin": day * 2 + 10}, {"default": day * 2 + 10})
    assert leap.by_experiment_label == {"a": day * 2, "b": day * 2 + 10}
    assert told(used.aggregated("2024-01", "2024-12", MONTHLY)) == [("2024-02", half * 2 + day * 2 + 10), ("2024-03", day * 2 + half * 2)]
    assert told(used.aggregated("2024-03", "2024-03", MONTHLY)) == [("2024-03", day * 2 + half * 2)]


def test_a_day_between_without_use_is_shown(used: Used) -> None:
    for at in (NOON, NOON + 2 * DAY_US):
        used.experiment(at, at + SECOND)
    assert told(used.aggregated("2024-02-01", "2024-03-31")) == [("2024-02-28", 1), ("2024-02-29", 0), ("2024-03-01", 1)]


def test_what_runs_counts_up_to_now(db: Database, used: Used) -> None:
    begun = db.read_now(lambda tx: tx.now) - 1000 * SECOND
    used.experiment(begun, None)
    used.experiment(None, None)
    before = db.read_now(lambda tx: tx.now)
    seconds = sum(float(entry.seconds) for entry in used.aggregated("2020-01-01", "9999-12-31"))
    after = db.read_now(lambda tx: tx.now)
    assert (before - begun) / SECOND <= seconds <= (after - begun) / SECOND


@pytest.mark.parametrize(
    ("first", "last", "period", "words"),
    [
        ("2024-01-02", "2024-01-01", DAILY, "start date cannot be after end date"),
        ("2024-01", "2024-02", DAILY, "invalid start date"),
        ("2024-01-01", "2024-02-30", DAILY, "invalid end date"),
        ("", "", DAILY, "invalid start date"),
        ("2024-01-01", "2024-02-01", MONTHLY, "invalid start date"),
        ("2024-13", "2024-14", MONTHLY, "invalid start date"),
        ("2024-01-01", "2024-01-01", Period.RESOURCE_ALLOCATION_AGGREGATION_PERIOD_UNSPECIFIED, "no aggregation period"),
    ],
)
def test_what_is_no_span_of_days(used: Used, first: str, last: str, period: Period, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        used.aggregated(first, last, period)


def test_the_ends_of_time(used: Used) -> None:
    assert used.aggregated("0001-01-01", "9999-12-31") == used.aggregated("0001-01", "9999-12", MONTHLY) == []


def test_what_trials_did_with_their_time(db: Database, used: Used) -> None:
    trial_id = used.experiment(NOON, NOON + 100 * SECOND, slots=1, labels='["x,y"]')
    db.write_now(lambda tx: tx.run("UPDATE trials SET started_at = :at WHERE id = :id", at=NOON - SECOND, id=trial_id))
    used.tell(trial_id, NOON + 10 * SECOND, "training", 1)
    used.tell(trial_id, NOON + 12 * SECOND, "validation", 1)
    used.tell(trial_id, NOON + 13 * SECOND, "other", 1)
    used.tell(trial_id, NOON + 30 * SECOND, "training", 2)
    used.tell(used.experiment(None, None), NOON + 5 * SECOND, "training", 1)  # never started: it used nothing
    entries = db.read_now(usage_reports.raw, NOON + 4 * SECOND, NOON + 20 * SECOND)
    found = [
        (entry.kind, instant_us(str(entry.start_time)) - NOON, instant_us(str(entry.end_time)) - NOON, entry.seconds) for entry in entries
    ]
    assert found == [
        ("training", 0, 10 * SECOND, 6),
        ("validation", 10 * SECOND, 12 * SECOND, 2),
        ("training", 12 * SECOND, 30 * SECOND, 8),
    ]
    assert {(entry.username, entry.user_id, tuple(entry.labels)) for entry in entries} == {("admin", 1, ("x,y",))}
    assert db.read_now(usage_reports.raw, NOON + 200 * SECOND, NOON + 300 * SECOND) == []


def test_a_report_has_a_bound(db: Database, used: Used, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_reports, "ENTRIES_MAX", 3)
    trial_id = used.experiment(NOON, NOON + 100 * SECOND)
    for n in range(5):
        used.tell(trial_id, NOON + n * SECOND, "training", n)
    with pytest.raises(InvalidArgument, match="ask for a shorter span"):
        db.read_now(usage_reports.raw, NOON, NOON + DAY_US)
    assert len(db.read_now(usage_reports.raw, NOON + SECOND, NOON + 3 * SECOND)) == 2, "the rest of the trial does not count"


def test_only_what_overlaps_is_read(db: Database, used: Used) -> None:
    early, late = (used.experiment(NOON + n * DAY_US, NOON + n * DAY_US + SECOND) for n in (0, 5))
    waiting = used.experiment(None, None)

    def trials_of(after: int, before: int) -> list[int | None]:
        return [row.trial_id for row in db.read_now(rows.used, after, before)]

    assert trials_of(NOON, NOON + DAY_US) == [early, waiting]
    assert trials_of(NOON + DAY_US, NOON + 9 * DAY_US) == [late, waiting]
    assert trials_of(NOON + SECOND, NOON + SECOND) == [early, waiting], "its end belongs to it"


@pytest.mark.parametrize(
    ("after", "before", "words"),
    [
        (None, instant(NOON), "no start"),
        (instant(NOON), None, "no end"),
        (instant(NOON + 1), instant(NOON), "cannot be after"),
        ("2024-01-01", instant(NOON), "RFC 3339"),
    ],
)
def test_what_is_no_span(after: str | None, before: str | None, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        usage_reports.span(after, before)


def test_labels_are_json(used: Used) -> None:
    used.experiment(NOON, NOON + SECOND, labels=json.dumps(["é"]))
    assert used.aggregated("2024-02-28", "2024-02-28")[0].by_experiment_label == {"é": 1}
