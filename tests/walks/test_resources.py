"""The real `det resources …` after a run: whose it was, and for how long."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from tests.support.det import Det
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(360)]


def test_what_a_run_used(det: Det, tmp_path: Path) -> None:
    here = tmp_path / "work"
    (here / "model").mkdir(parents=True)
    (here / "model" / "train.py").write_text(walk.STEPS)
    config = walk.config(labels=["a,b"], environment=walk.environ(STEPS=6, PAUSE=0.05, EVERY=3))
    (here / "short.yaml").write_text(yaml.safe_dump(config))
    det("experiment", "create", "short.yaml", "model", cwd=here)
    walk.until_state(det.server, 1, "COMPLETED")

    span = ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z")
    (used,) = csv.DictReader(det("resources", "allocations", *span).splitlines())
    slots, hours = int(used["slots"]), float(used["slot_hours"])
    assert (used["task_type"], used["username"], used["experiment_id"], slots) == ("TRIAL", "determined", "1", 1)
    told = list(csv.DictReader(det("resources", "raw", *span).splitlines()))
    assert {row["kind"] for row in told} == {"training", "validation", "checkpointing"}
    assert {(row["experiment_id"], row["username"], row["labels"]) for row in told} == {("1", "determined", "a\\,b")}
    assert len(json.loads(det("resources", "raw", *span, "--json"))["resourceEntries"]) == len(told)

    days = [(datetime.now(UTC) + timedelta(days=n)).date().isoformat() for n in (-1, 1)]
    rows = list(csv.DictReader(det("resources", "aggregated", *days).splitlines()))
    assert {(row["aggregation_type"], row["aggregation_key"]) for row in rows} == {
        ("username", "determined"),
        ("experiment_label", "a,b"),
        ("resource_pool", "default"),
        ("total", "total"),
    }
    assert sum(float(row["seconds"]) for row in rows if row["aggregation_type"] == "total") == pytest.approx(hours * 3600, abs=0.01)
    monthly = csv.DictReader(det("resources", "aggregated", days[0][:7], days[1][:7], "--monthly").splitlines())
    assert sum(float(row["seconds"]) for row in monthly if row["aggregation_type"] == "total") == pytest.approx(hours * 3600, abs=0.01)
