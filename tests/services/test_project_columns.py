"""Columns that a project's tables offer, ranges of their numbers, values of metadata."""

import json
from typing import Any

import pytest

from tests.services.reporting import ADMIN, Lab
from undeterred.errors import NotFound
from undeterred.services import project_columns, run_reports
from undeterred.store.db import Database
from undeterred.wire.project_columns import ProjectColumn


def beyond_fixed(columns: list[ProjectColumn]) -> dict[str, str]:
    return {c.column: c.type.value.removeprefix("COLUMN_TYPE_") for c in columns if "." in c.column}


def write(db: Database, sql: str, **given: Any) -> None:
    db.write_now(lambda tx: tx.run(sql, **given))


def test_metrics_of_the_best_trial_are_columns_of_experiments(db: Database) -> None:
    lab = Lab(db, searcher="random")
    worse, best = lab.trial(), lab.trial()
    lab.report(worse, "validation", 1, {"loss": 2.0, "only_here": 1})
    lab.report(best, "validation", 1, {"loss": 1.0, "text": "a", "ok": True, "list": [1], "object": {}, "when": "2026-01-02T03:04:05Z"})
    lab.report(best, "z", 2, {"mixed": 1, "odd": "NaN"})
    lab.report(best, "z", 3, {"mixed": "text", "odd": 1})
    found = beyond_fixed(db.read_now(project_columns.of_experiments, 1))
    numbers = {f"{name}.{each}": "NUMBER" for name in ("validation.loss", "z.odd") for each in ("last", "max", "mean", "min")}
    others = {"list": "ARRAY", "object": "UNSPECIFIED", "ok": "TEXT", "text": "TEXT", "when": "DATE"}
    assert found == numbers | {f"validation.{name}.last": kind for name, kind in others.items()} | {"z.mixed.last": "TEXT"}
    ranges = {r.metrics_name: [r.min, r.max] for r in db.read_now(project_columns.ranges, 1)}
    assert ranges["validation.loss.mean"] == ranges["searcherMetricsVal"] == [1, 1]
    assert ranges["z.odd.last"] == [1, 1]
    assert "z.odd.max" not in ranges, "NaN is no end of a range"
    lab.report(worse, "z", 1, {"mixed": 1})
    of_runs = beyond_fixed(db.read_now(project_columns.of_runs, 1))
    assert "validation.only_here.last" in of_runs, "every run counts among runs"
    assert {name: kind for name, kind in of_runs.items() if "mixed" in name} == {"z.mixed.last": "UNSPECIFIED"}, "two runs, two types"


def test_hyperparameters_as_they_are_declared(db: Database) -> None:
    Lab(db)
    space = {
        "lr": {"type": "log", "minval": -3, "maxval": 0, "base": 10},
        "cat": {"type": "categorical", "vals": [1]},
        "name": {"type": "const", "val": "x"},
        "flag": {"type": "const", "val": True},
        "deep": {"n": {"type": "const", "val": 3}},
        "plain": 0.5,
    }
    write(db, "UPDATE experiments SET hyperparameters = :space", space=json.dumps(space))
    assert beyond_fixed(db.read_now(project_columns.of_experiments, 1)) == {
        "hp.cat": "UNSPECIFIED", "hp.deep.n": "NUMBER", "hp.flag": "UNSPECIFIED", "hp.lr": "NUMBER", "hp.name": "TEXT", "hp.plain": "NUMBER",
    }  # fmt: skip


def test_metadata_and_its_values(db: Database) -> None:
    lab = Lab(db, unmanaged=0)
    first, second = lab.trial(), lab.trial()
    sent = {"team": "red", "n": 1, "day": "2026-01-02", "tags": ["p", {"k": 1}, 2], "o": {"team": "in"}, "yes": True, "none": None, "e": {}}
    db.write_now(run_reports.post_metadata, ADMIN, first, sent)
    db.write_now(run_reports.post_metadata, ADMIN, second, {"team": "blue", "n": "text", "day": "some"})
    columns = [(c.column, c.type.value[12:]) for c in db.read_now(project_columns.of_runs, 1) if c.column.startswith(("metadata.", "hp."))]
    assert columns == [
        ("hp.lr", "NUMBER"), ("metadata.day", "DATE"), ("metadata.day", "TEXT"), ("metadata.n", "NUMBER"), ("metadata.n", "TEXT"),
        ("metadata.o.team", "TEXT"), ("metadata.tags", "ARRAY"), ("metadata.team", "TEXT"), ("metadata.yes", "TEXT"),
    ]  # fmt: skip

    def values(key: str) -> list[str]:
        return db.read_now(project_columns.metadata_values, 1, key)

    assert values("team") == ["blue", "red"]
    assert values("tags") == ["p", '{"k":1}']
    assert values("o.team") == ["in"]
    assert values("day") == ["some"], "a date is no text"
    assert values("n") == ["text"]
    assert values("o") == values("nope") == values("team.deeper") == []


def test_an_unknown_project(db: Database) -> None:
    for ask in (project_columns.of_experiments, project_columns.of_runs, project_columns.ranges):
        with pytest.raises(NotFound, match="project '99' not found"):
            db.read_now(ask, 99)
    with pytest.raises(NotFound, match="project '99' not found"):
        db.read_now(project_columns.metadata_values, 99, "x")
