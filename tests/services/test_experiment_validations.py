"""How an experiment's best validation got better."""

from pathlib import Path

import pytest

from tests.services.test_experiments import UNMANAGED, create, made_layers
from undeterred.config.master import MasterConfig
from undeterred.errors import NotFound
from undeterred.services import experiment_validations
from undeterred.services.identity import Caller
from undeterred.store import trials
from undeterred.store.db import Database, Tx


@pytest.mark.parametrize(
    ("smaller", "values", "better"), [(True, [3, 4, 2, 2, 5, 1], [3, 2, 1]), (False, [3, 4, 2, 5, 5, 6], [3, 4, 5, 6])]
)
def test_only_what_is_better_than_all_before_is_told(
    db: Database, admin: Caller, config: MasterConfig, tmp_path: Path, smaller: bool, values: list[int], better: list[int]
) -> None:
    text = UNMANAGED.replace("metric: loss", f"metric: loss, smaller_is_better: {str(smaller).lower()}")
    create(db, admin, made_layers(config, tmp_path), text, unmanaged=True)

    def report(tx: Tx) -> None:
        parent = trials.parent(tx, 1)
        assert parent is not None
        ids = [trials.insert(tx, parent, f"r{n}", "{}") for n in range(2)]
        sign = 1 if smaller else -1
        given = [(n, value * sign, 0) for n, value in enumerate(values)] + [(99, -1000, 1)]
        for n, signed, archived in given:
            tx.run(
                "INSERT INTO metrics (trial_id, metric_group, batches, run_id, reported_at, body, signed, searched, archived)"
                " VALUES (:trial, 'validation', :n, 1, :n, '{}', :signed, 1, :archived)",
                trial=ids[n % 2],
                n=n,
                signed=signed,
                archived=archived,
            )

    db.write_now(report)
    told = db.read_now(experiment_validations.history, 1)
    assert [entry.searcher_metric for entry in told] == better
    assert [entry.trial_id for entry in told] == [1 + values.index(value) % 2 for value in better]
    with pytest.raises(NotFound, match="no validations for experiment"):
        db.read_now(experiment_validations.best_metric, 1)
    db.write_now(lambda tx: tx.run("UPDATE experiments SET best_metric = 0.1"))
    assert db.read_now(experiment_validations.best_metric, 1) == 0.1
    for ask in (experiment_validations.history, experiment_validations.best_metric):
        with pytest.raises(NotFound, match="experiment '9' not found"):
            db.read_now(ask, 9)
