"""Searches that are kept say what plain SQL says, whatever happened, and say so after the very change."""

import asyncio
import json
import random
from typing import Any

import pytest

from undeterred.domain.query import sorts
from undeterred.domain.query.filters import EVERYTHING, Condition, Filter, Group
from undeterred.services import kept_rows, search_views
from undeterred.services import run_search as search_of_runs
from undeterred.services.kept_rows import KeptRows, Piece
from undeterred.services.search_views import SearchViews
from undeterred.store import checkpoints, deletion, experiment_search, experiments, metrics, projects, run_search, trials, users
from undeterred.store.checkpoints import OwnerRow
from undeterred.store.db import Database, Tx
from undeterred.store.metrics import Bests
from undeterred.store.table_page import TablePage
from undeterred.wire.encode import encode
from undeterred.wire.runs import SearchRunsRequest

TABLES = {"runs": run_search.find, "experiments": experiment_search.find}
SORTS = {
    "runs": "id startTime state checkpointSize searcherMetricsVal localId experimentName user experimentId resourcePool archived duration",
    "experiments": "id name state numTrials checkpointSize searcherMetricsVal user progress forkedFrom resourcePool externalTrialId endTime",
}
DEEP = ("validation.loss.last", "validation.loss.min", "hp.lr", "hp.deep.x", "metadata.m")


def number(rng: random.Random) -> Any:
    return rng.choice([1, 2, 2.5, -1, 1e300, 0, "NaN", "Infinity", "-Infinity", None, "text"])


def condition(rng: random.Random) -> Condition:
    kind = rng.randrange(6)
    sign = rng.choice(["=", "!=", "<", ">=", "isEmpty", "notEmpty"])
    if kind == 0:
        return Condition("validation.loss.last", "VALIDATIONS", sign, "NUMBER", rng.choice([0, 1, 2]))
    if kind == 1:
        return Condition("hp.lr", "RUN_HYPERPARAMETERS", sign, "NUMBER", 2)
    if kind == 2:
        return Condition("metadata.m", "RUN_METADATA", sign, "TEXT", "red")
    if kind == 3:
        return Condition("state", "EXPERIMENT", rng.choice(["=", "!="]), "", "COMPLETED")
    if kind == 4:
        return Condition("user", "EXPERIMENT", "=", "NUMBER", rng.choice([1, 2]))
    return Condition("searcherMetricsVal", "EXPERIMENT", sign, "NUMBER", 1)


def random_search(tx: Tx, rng: random.Random) -> tuple[str, TablePage]:
    table = rng.choice(sorted(TABLES))
    parts = tuple(condition(rng) for _ in range(rng.randrange(3)))
    where = Group(rng.random() < 0.5, parts) if parts else EVERYTHING
    wanted = rng.choice([None, Filter(where, rng.random() < 0.5), Filter(where, True)])
    deep = DEEP if table == "runs" else DEEP[:4]
    chosen = [f"{rng.choice([*SORTS[table].split(), *deep])}={rng.choice(['asc', 'desc'])}" for _ in range(rng.randrange(3))]
    order = sorts.read(",".join(chosen), table == "runs") if chosen else ()
    return f"{table} {wanted} {chosen}", TABLES[table](tx, rng.choice([None, 1, 2]), wanted, order)


def second_project(tx: Tx) -> None:
    tx.run("INSERT INTO projects (id, name, workspace_id, user_id, created_at, key) VALUES (2, 'two', 1, 1, 0, 'TWO')")


def made(tx: Tx, rng: random.Random) -> None:
    values = {"job_id": "j", "config": "{}", "original_config": "", "state": "PAUSED", "started_at": rng.randrange(3), "owner_id": 1}
    values |= {"name": rng.choice(["b", "a", "Ä"]), "project_id": rng.choice([1, 2]), "unmanaged": 0}
    values |= {"searcher_name": rng.choice(["single", "random"]), "hyperparameters": json.dumps({"lr": number(rng)})}
    experiment = trials.parent(tx, experiments.insert(tx, values))
    assert experiment is not None
    for _ in range(rng.randrange(3)):
        number_before = tx.value("SELECT MAX(id) FROM trials") or 0
        hparams = json.dumps({"lr": number(rng), "deep": {"x": rng.choice([1, "a", None, [2], True])}})
        trials.insert(tx, experiment, f"00000000-0000-0000-0000-{number_before + 1:012d}", hparams, state="ACTIVE")


def change_something(tx: Tx, rng: random.Random) -> None:
    runs = tx.column("SELECT id FROM trials ORDER BY id")
    what = rng.randrange(11)
    if what < 2 or not runs:
        made(tx, rng)
        return
    run = rng.choice(runs)
    experiment = tx.value("SELECT experiment_id FROM trials WHERE id = :id", id=run)
    if what == 2:
        trials.change(tx, run, metadata=rng.choice([None, '{"m":"red"}', '{"m":["blue","red"]}', '{"m":3}']))
    elif what == 3:
        value = rng.choice([1.0, 2.0, -3.0, None])
        summary = json.dumps({"validation_metrics": {"loss": {"last": number(rng), "min": number(rng), "type": "number"}}})
        metrics.note(tx, run, 5, summary, 1, None, Bests(None, value, value, None, None))
        if value is not None:
            metrics.improve_experiment(tx, experiment, run, value, True)
    elif what == 4:
        checkpoints.count(tx, OwnerRow(*_owner(run, experiment)), 1, rng.choice([5, 7]))
    elif what == 5:
        run_search.set_archived(tx, run, rng.random() < 0.5)
    elif what == 6:
        experiments.update(tx, experiment, {"state": rng.choice(["COMPLETED", "ERROR"]), "name": rng.choice("ab"), "archived": 0})
    elif what == 7:
        experiments.move_to_project(tx, experiment, rng.choice([1, 2]))
    elif what == 8:
        projects.update(tx, 2, {"name": rng.choice(["x", "y"]), "key": rng.choice(["K1", "K2"]), "archived": rng.randrange(2)})
    elif what == 9:
        users.update(tx, 1, {"display_name": rng.choice(["a", "z"])})
        tx.ring("sessions")
    elif rng.random() < 0.5:
        deletion.run(tx, run, experiment)
    else:
        deletion.experiment(tx, experiment)


def _owner(run: int, experiment: int) -> list[Any]:
    given = {"trial_id": run, "experiment_id": experiment}
    return [given.get(name) for name in OwnerRow.__struct_fields__]


def compare_pages(tx: Tx, views: SearchViews, fresh: SearchViews) -> None:
    for order in ("id=desc", "searcherMetricsVal=asc", "localId=asc", "duration=desc"):
        request = SearchRunsRequest(sort=order, limit=2 if order[0] == "s" else 100)
        assert encode(search_of_runs.page(tx, views, request)) == encode(search_of_runs.page(tx, fresh, request)), order


def compare(tx: Tx, views: SearchViews, searches: list[int]) -> int:
    """How many of these searches (numbers of random ones) were kept; all are as SQL says."""
    kept = 0
    with views.turn():
        for seed in searches:
            name, search = random_search(tx, random.Random(seed))
            found = views.window(search, 0, -1)
            if found is not None:
                kept += 1
                assert found == search_views.asked(search, 0, -1), name
    return kept


@pytest.mark.parametrize("seed", range(4))
def test_they_say_what_sql_says(db: Database, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(search_views, "VIEWS_MAX", rng.choice([5, 100]))
    monkeypatch.setattr(search_views, "FEW", rng.choice([3, 1000]))
    views = SearchViews(db)
    searches = [rng.randrange(1000) for _ in range(30)]

    async def play() -> None:
        await db.write(second_project)
        for _ in range(25):
            for _ in range(rng.choice([0, 1, 2, 12])):
                await db.write(change_something, rng)
            assert await db.read(compare, views, searches) >= 10
            await db.read(compare_pages, views, SearchViews(db))

    asyncio.run(play())


def test_windows_are_those_of_sql(db: Database) -> None:
    rng, views = random.Random(1), SearchViews(db)

    def windows(tx: Tx) -> None:
        with views.turn():
            search = run_search.find(tx, None, None, ())
            for offset in (0, 2, -1, 99):
                for limit in (0, 2, -1, -2, -3, -7):
                    assert views.window(search, offset, limit) == search_views.asked(search, offset, limit), (offset, limit)

    async def play() -> None:
        await db.write(second_project)
        for _ in range(6):
            await db.write(made, rng)
        await db.read(windows)

    asyncio.run(play())


def test_what_the_time_changes_is_not_kept(db: Database) -> None:
    def check(tx: Tx) -> None:
        def lasting(column: str, value: object, order: str = "") -> bool:
            wanted = Filter(Condition(column, "RUN", "=", "", value))
            return run_search.find(tx, None, wanted, sorts.read(order, True) if order else ()).lasting

        assert lasting("externalRunId", "x")
        assert not lasting("externalRunId", "x", "duration=asc")
        assert lasting("localId", "UNC-1")
        assert lasting("parentArchived", True)
        assert not lasting("startTime", "now")

    db.read_now(check)


def test_a_change_costs_few_looks_at_others(db: Database) -> None:
    """A view is mended where it changed: the whole is asked for once."""
    rng, views, whole = random.Random(3), SearchViews(db), list[Any]()

    def look(tx: Tx) -> None:
        with views.turn():
            search = run_search.find(tx, None, None, sorts.read("searcherMetricsVal=asc", True))
            found = views.window(search, 0, -1)
            assert found == search_views.asked(search, 0, -1)
            whole.append(views._views[search.name].found)

    async def play() -> None:
        await db.write(second_project)
        for _ in range(30):
            await db.write(made, rng)
        await db.read(look)
        for run in (3, 5, 3):
            await db.write(lambda tx, run: trials.change(tx, run, searcher_metric_value=rng.random()), run)
            await db.read(look)

    asyncio.run(play())
    assert all(found is whole[0] for found in whole)


@pytest.mark.parametrize("gone", [True, False])
def test_what_is_seen_before_it_rings_misleads_nobody(db: Database, gone: bool) -> None:
    """A commit may be seen by a reading that begins before the event loop has heard of it."""
    rng, views = random.Random(3), SearchViews(db)

    def search_in(tx: Tx) -> TablePage:
        return run_search.find(tx, 1, Filter(EVERYTHING, False), sorts.read("searcherMetricsVal=asc", True))

    def look(tx: Tx) -> None:
        with views.turn():
            assert views.window(search_in(tx), 0, -1) == search_views.asked(search_in(tx), 0, -1)

    def several(tx: Tx) -> None:
        while len(tx.column("SELECT id FROM trials WHERE project_id = 1")) < 7:
            made(tx, rng)
        for value, run in enumerate(runs_of(tx)):
            trials.change(tx, run, searcher_metric_value=float(value))

    def runs_of(tx: Tx) -> list[int]:
        return tx.column("SELECT id FROM trials WHERE project_id = 1 ORDER BY id")

    def states(tx: Tx) -> list[Any]:
        return tx.all(lambda *row: row, "SELECT archived, searcher_metric_value FROM trials ORDER BY id")

    def change_middle(tx: Tx, runs: list[int]) -> None:
        for run in runs[1:-1]:
            run_search.set_archived(tx, run, True) if gone else trials.change(tx, run, searcher_metric_value=100.0 - run)

    async def play() -> None:
        await db.write(second_project)
        await db.write(several)
        await db.read(look)
        runs = await db.read(runs_of)
        await db.write(lambda tx: trials.change(tx, runs[0], searcher_metric_value=3.5))
        before = await db.read(states)
        changing = asyncio.ensure_future(db.write(change_middle, runs))
        await asyncio.sleep(0)  # it is on its way; this function now keeps the event loop from hearing of it
        while db.read_now(states) == before:
            pass
        assert not changing.done()
        db.read_now(look)
        await changing
        await db.read(look)

    asyncio.run(play())


def test_a_search_that_nobody_repeats_is_let_go(db: Database) -> None:
    rng, views = random.Random(3), SearchViews(db)

    def look(tx: Tx, order: str) -> None:
        with views.turn():
            views.window(run_search.find(tx, None, None, sorts.read(order, True)), 0, 10)

    async def play() -> None:
        await db.write(second_project)
        await db.write(made, rng)
        await db.read(look, "state=asc")
        for run in range(search_views.FEW + 1):
            db.bell.ring(f"run:{run}")
        await db.read(look, "id=asc")
        assert len(views._views) == 1

    asyncio.run(play())


def test_rows_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = KeptRows()
    monkeypatch.setattr(kept_rows, "BYTES_MAX", 4 * 600)
    for run in range(6):
        rows.keep(run, run // 2, Piece(b"x" * 100, None, b""))
    assert [rows.find(run) is not None for run in range(6)] == [False, False, True, True, True, True]
    rows.find(2)
    rows.keep(6, 6, Piece(b"x" * 100, None, b""))
    assert (rows.find(2) is not None, rows.find(3)) == (True, None)
    rows.forget({2}, {2})
    assert [run for run in range(7) if rows.find(run)] == [6]
    rows.keep(7, 6, Piece(b"x" * kept_rows.ROW_MAX, None, b""))
    assert rows.find(7) is None


def test_what_goes_on_counts_its_seconds() -> None:
    piece = Piece(b'{"duration":', 1_000_000, b"}")
    assert (piece.at(3_400_000), piece.at(3_500_000)) == (b'{"duration":2}', b'{"duration":3}')
