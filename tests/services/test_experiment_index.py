"""The index of experiments says what plain SQL says, whatever happened, and says so after the very change."""

import asyncio
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest

from undeterred.errors import NotFound, Unavailable
from undeterred.services import experiment_index, experiment_lists, experiment_masks, experiment_orders, experiment_texts
from undeterred.services.experiment_index import ExperimentIndex
from undeterred.store import experiment_keys, experiment_list, experiments
from undeterred.store.db import Database, Tx
from undeterred.store.experiment_list import SORTS, STATE_ORDER, Filter, Sort
from undeterred.wire.experiments import GetExperimentLabelsRequest

WORDS = ["alpha", "Beta", "ÄÖ", "100% sure", "gamma_x", "a\\b", "BERT", ""]
LABELS = ['["red"]', '["red","blue"]', "[]", '["a b"]', '["Red"]']


def somewhat(rng: random.Random, values: Any, none: float = 0.3) -> Any:
    return None if rng.random() < none else rng.choice(values)


def random_values(rng: random.Random) -> dict[str, Any]:
    return {
        "state": rng.choice(STATE_ORDER),
        "name": f"{rng.choice(WORDS)} {rng.choice(WORDS)}",
        "description": somewhat(rng, WORDS, none=0.2),
        "labels": rng.choice(LABELS),
        "owner_id": rng.choice([1, 2]),
        "project_id": rng.choice([1, 2]),
        "parent_id": somewhat(rng, range(1, 5)),
        "resource_pool": rng.choice(["", "default", "Big"]),
        "started_at": rng.randrange(5),
        "ended_at": somewhat(rng, range(5)),
        "archived": rng.randrange(2),
        "progress": somewhat(rng, [0.0, 0.25, 1.0]),
        "best_metric": somewhat(rng, [-1.5, -1.0, 0.0, 2.5, float("inf")]),
        "num_trials": rng.randrange(3),
        "checkpoint_count": rng.randrange(3),
        "checkpoint_size": rng.choice([0, 5, 2**40]),
    }


def fixed() -> dict[str, Any]:
    return {"job_id": "j", "project_id": 1, "config": "{}", "original_config": ""}


def second_project(tx: Tx) -> None:
    tx.run("INSERT INTO projects (id, name, workspace_id, user_id, created_at, key) VALUES (2, 'two', 1, 1, 0, 'TWO')")


def random_filter(rng: random.Random) -> Filter:
    def maybe(value: Any, otherwise: Any) -> Any:
        return value if rng.random() < 0.25 else otherwise

    return Filter(
        name=maybe(rng.choice(["a", "BETA", "äö", "%", "_x", "0%\\%", "\\\\", "zzz"]), ""),
        description=maybe(rng.choice(["alp", "Ä", "a%", "%"]), ""),
        labels=maybe(rng.choice([("red",), ("red", "blue"), ("nope",)]), ()),
        archived=maybe(rng.random() < 0.5, None),
        states=maybe(tuple(rng.sample(STATE_ORDER, 3)), ()),
        owner_ids=maybe(rng.choice([(1,), (1, 2), (9,), ()]), None),
        project_id=maybe(rng.choice([1, 2, 7]), 0),
        not_in_projects=maybe(rng.choice([(2,), (1, 2), (9,)]), ()),
        at_least=maybe(rng.randrange(40), None),
        at_most=maybe(rng.randrange(40), None),
        incl=maybe((1, 5, 9, 999), ()),
        not_in=maybe((2, 3, 999), ()),
    )


def change_something(tx: Tx, rng: random.Random) -> None:
    ids = tx.column("SELECT id FROM experiments ORDER BY id")
    what = rng.random()
    if what < 0.5 or not ids:
        experiments.insert(tx, fixed() | random_values(rng))
    elif what < 0.6:
        experiments.changed(tx, rng.choice(ids))  # nothing that lists see
    elif what < 0.9:
        values = random_values(rng)
        experiments.update(tx, rng.choice(ids), {name: values[name] for name in rng.sample(sorted(values), 4)})
    else:
        gone = rng.choice(ids)
        tx.run("DELETE FROM experiments WHERE id = :id", id=gone)
        experiments.changed(tx, gone)


def compare(tx: Tx, index: ExperimentIndex, rng: random.Random, rounds: int) -> None:
    index.refresh(tx)
    for _ in range(rounds):
        sort = Sort(rng.choice(sorted(SORTS)), rng.random() < 0.5)
        compare_one(tx, index, random_filter(rng), sort, rng.choice([0, 0, 1, 7, -3, 500]), rng.choice([0, 1, 5, -1, -2, -3]))


def compare_one(tx: Tx, index: ExperimentIndex, wanted: Filter, sort: Sort, offset: int, limit: int) -> None:
    total, ids = index.window(tx, wanted, sort, offset, limit, experiment_lists.window)
    shown = experiment_lists.window(offset, limit, total)
    size = -1 if shown.end_index < shown.start_index else shown.end_index - shown.start_index
    assert total == experiment_list.count(tx, wanted), wanted
    plain = experiment_list.ids(tx, wanted, sort, shown.start_index, size) if size else []
    assert ids == plain, (wanted, sort, offset, limit)


def in_small_pieces(monkeypatch: pytest.MonkeyPatch, rng: random.Random) -> None:
    """Sizes that matter with many experiments, now and then so small that they do with a few."""
    for module, name, least in (
        (experiment_index, "PIECE", 3),
        (experiment_index, "LATE_MAX", 2),
        (experiment_index, "PAGES_MAX", 3),
        (experiment_masks, "MASKS_MAX", 2),
        (experiment_masks, "CHANGES_MAX", 9),
        (experiment_masks, "_FEW", 3),
        (experiment_orders, "_RUN", 4),
        (experiment_orders, "_FEW", 1),
        (experiment_orders, "_PART_LEAST", 1),
        (experiment_orders, "_PART_MOST", 4),
        (experiment_texts, "_GROUP", 3),
    ):
        monkeypatch.setattr(module, name, rng.choice([least, getattr(module, name)]))


def rename_somebody(tx: Tx, rng: random.Random) -> None:
    shown = rng.choice(["", "Aaron", "zoe"])
    tx.run("UPDATE users SET display_name = :shown WHERE id = :id", shown=shown, id=rng.choice([1, 2]))
    tx.ring("sessions")


@pytest.mark.parametrize("seed", range(6))
def test_it_says_what_sql_says(db: Database, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    in_small_pieces(monkeypatch, rng)
    index = ExperimentIndex(db)

    async def play() -> None:
        await db.write(second_project)
        for turn in range(25):
            for _ in range(rng.choice([1, 2, 12])):
                await db.write(change_something, rng)
            if turn % 5 == 4:
                await db.write(rename_somebody, rng)
            await db.read(compare, index, rng, 12)
            assert index._ready or not index._building

    asyncio.run(play())


@pytest.mark.parametrize("seed", range(3))
def test_lists_asked_for_again_and_again_follow_every_change(db: Database, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    in_small_pieces(monkeypatch, rng)
    index = ExperimentIndex(db)
    lists = [(random_filter(rng), Sort(rng.choice(sorted(SORTS)), rng.random() < 0.5)) for _ in range(10)]

    def ask(tx: Tx) -> None:
        index.refresh(tx)
        for wanted, sort in rng.sample(lists, 4):
            for _ in range(2):
                compare_one(tx, index, wanted, sort, 0, 5)

    async def play() -> None:
        await db.write(second_project)
        for _ in range(60):
            for _ in range(rng.choice([0, 1, 3])):
                await db.write(change_something, rng)
            await db.read(ask)
        assert index._ready

    asyncio.run(play())


def test_every_order_and_kind_of_filter_with_many(db: Database) -> None:
    rng = random.Random(11)
    index = ExperimentIndex(db)
    none = Filter()
    kinds = [
        none,
        Filter(archived=False),
        Filter(states=("PAUSED", "ERROR")),
        Filter(owner_ids=(2,)),
        Filter(project_id=2),
        Filter(name="a"),
    ]
    kinds += [
        Filter(name="g_m"),
        Filter(description="alp"),
        Filter(labels=("red",)),
        Filter(at_most=300),
        Filter(at_least=30, name="b", archived=True),
    ]

    def make(tx: Tx) -> None:
        for _ in range(700):
            experiments.insert(tx, fixed() | random_values(rng))

    def ask(tx: Tx) -> None:
        index.refresh(tx)
        for column in SORTS:
            for wanted in kinds:
                for descending in (False, True):
                    compare_one(tx, index, wanted, Sort(column, descending), rng.choice([0, 90]), rng.choice([5, 60]))
        assert index._ready

    async def play() -> None:
        await db.write(second_project)
        await db.write(make)
        await db.read(ask)
        for _ in range(30):
            await db.write(change_something, rng)
        await db.read(ask)

    asyncio.run(play())


def test_what_comes_back_is_there_again(db: Database) -> None:
    index = ExperimentIndex(db)

    def insert(tx: Tx, experiment_id: int, name: str) -> None:
        experiments.insert(tx, fixed() | {"id": experiment_id, "state": "PAUSED", "name": name, "started_at": 0, "owner_id": 1})

    def remove(tx: Tx, experiment_id: int) -> None:
        tx.run("DELETE FROM experiments WHERE id = :id", id=experiment_id)
        experiments.changed(tx, experiment_id)

    def named(tx: Tx) -> list[int]:
        index.refresh(tx)
        compare_one(tx, index, Filter(name="b"), Sort("id"), 0, 0)
        return index.window(tx, Filter(), Sort("name"), 0, 0, experiment_lists.window)[1]

    async def play() -> None:
        for experiment_id, name in ((1, "b"), (2, "a"), (3, "c")):
            await db.write(insert, experiment_id, name)
        assert await db.read(named) == [2, 1, 3]
        await db.write(remove, 2)
        assert await db.read(named) == [1, 3]
        await db.write(insert, 2, "bb")
        assert await db.read(named) == [1, 2, 3]
        assert index._ready

    asyncio.run(play())


def test_labels_are_those_in_use(db: Database) -> None:
    index = ExperimentIndex(db)

    def make(tx: Tx) -> None:
        for labels in ('["a"]', '["a","b"]', "[]"):
            experiments.insert(tx, fixed() | {"state": "PAUSED", "name": "n", "started_at": 0, "labels": labels, "owner_id": 1})

    def unlabel(tx: Tx) -> None:
        experiments.update(tx, 2, {"labels": "[]"})

    def told(tx: Tx, project_id: int) -> list[str]:
        return experiment_lists.labels(tx, index, GetExperimentLabelsRequest(project_id=project_id)).labels

    async def play() -> None:
        await db.write(make)
        assert await db.read(told, 0) == ["a", "b"]
        await db.write(unlabel)
        assert await db.read(told, 1) == ["a"]
        with pytest.raises(NotFound):
            await db.read(told, 9)

    asyncio.run(play())


def test_a_disorder_is_mended(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(5)
    index = ExperimentIndex(db)

    def broken(*_args: object) -> None:
        raise ValueError("on purpose")

    async def play() -> None:
        await db.write(second_project)
        await db.write(change_something, rng)
        await db.read(compare, index, rng, 3)
        with monkeypatch.context() as patched:
            patched.setattr(index, "_apply", broken)
            await db.write(change_something, rng)
            await db.read(compare, index, rng, 10)
            assert not index._ready
        await db.read(compare, index, rng, 10)
        assert index._ready

    asyncio.run(play())


def test_it_is_made_in_the_background_while_things_change(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(7)
    monkeypatch.setattr(experiment_index, "AT_ONCE", 5)
    monkeypatch.setattr(experiment_index, "PIECE", 4)
    index = ExperimentIndex(db)
    go = threading.Event()
    take_in = index._take_in
    pieces = []

    def slowly(tx: Tx, limit: int) -> bool:
        go.wait(5)
        pieces.append(limit)
        return take_in(tx, limit)

    monkeypatch.setattr(index, "_take_in", slowly)

    def many(tx: Tx) -> None:
        for _ in range(40):
            experiments.insert(tx, fixed() | random_values(rng))

    async def play() -> None:
        await db.write(second_project)
        await db.write(many)
        await db.read(compare, index, rng, 5)  # plain SQL answers
        assert index._building
        for _ in range(30):
            await db.write(change_something, rng)
        go.set()
        for _ in range(200):
            await db.write(change_something, rng)
            if index._ready:
                break
            await asyncio.sleep(0.01)
        assert index._ready
        await db.read(compare, index, rng, 60)

    asyncio.run(play())
    assert len(pieces) > 5


def test_what_changes_while_a_turn_reads_is_seen_in_the_next(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is made, and as it looks who is called how: a change that rings after the transaction's first reading is not in that reading."""
    index = ExperimentIndex(db)
    shown_names = experiment_keys.shown_names
    changes: list[Callable[[Tx], Any]] = []

    def make(tx: Tx) -> None:
        experiments.insert(tx, fixed() | {"state": "PAUSED", "name": "n", "started_at": 0, "owner_id": 1})

    def end(tx: Tx) -> None:
        experiments.update(tx, 1, {"state": "COMPLETED"})

    def paused(tx: Tx) -> list[int]:
        index.refresh(tx)
        return index.window(tx, Filter(states=("PAUSED",)), Sort("id"), 0, 0, experiment_lists.window)[1]

    async def play() -> None:
        loop = asyncio.get_running_loop()

        def names(tx: Tx) -> dict[int, str]:
            found = shown_names(tx)
            while changes:
                asyncio.run_coroutine_threadsafe(db.write(changes.pop()), loop).result(60)
            return found

        monkeypatch.setattr(experiment_keys, "shown_names", names)
        await db.write(make)
        changes.append(make)
        await db.read(paused)
        assert await db.read(paused) == [1, 2]
        await db.write(lambda tx: tx.ring("sessions"))
        changes.append(end)
        await db.read(paused)
        assert not changes
        assert await db.read(paused) == [2]

    asyncio.run(play())


def test_what_could_not_be_made_is_made_the_next_time(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(13)
    index = ExperimentIndex(db)

    def away(_tx: Tx) -> dict[int, str]:
        raise Unavailable("the database does not answer")

    async def play() -> None:
        await db.write(second_project)
        with monkeypatch.context() as patched:
            patched.setattr(experiment_keys, "shown_names", away)
            with pytest.raises(Unavailable):
                await db.read(compare, index, rng, 1)
        await db.write(change_something, rng)
        await db.read(compare, index, rng, 10)
        assert index._ready
        await db.write(rename_somebody, rng)
        with monkeypatch.context() as patched:
            patched.setattr(experiment_keys, "shown_names", away)
            with pytest.raises(Unavailable):
                await db.read(compare, index, rng, 1)
        await db.read(compare, index, rng, 20)

    asyncio.run(play())


def test_a_user_called_otherwise_moves_in_the_order(db: Database, somebody: Callable[..., Any]) -> None:
    ann = somebody("ann")
    index = ExperimentIndex(db)

    def make(tx: Tx) -> None:
        for owner in (ann.user_id, 1, 2):
            experiments.insert(tx, fixed() | {"state": "PAUSED", "name": "n", "started_at": 0, "owner_id": owner})

    def order(tx: Tx) -> list[int]:
        index.refresh(tx)
        return index.window(tx, Filter(), Sort("user"), 0, 0, experiment_lists.window)[1]

    def rename(tx: Tx) -> None:
        tx.run("UPDATE users SET username = 'zoe' WHERE id = :id", id=ann.user_id)
        tx.ring("sessions")

    def call_otherwise(tx: Tx) -> None:
        tx.run("UPDATE users SET display_name = 'Ann' WHERE id = :id", id=ann.user_id)
        tx.ring("sessions")

    async def play() -> None:
        await db.write(make)
        assert await db.read(order) == [2, 1, 3]
        await db.write(rename)
        assert await db.read(order) == [2, 3, 1]
        await db.write(call_otherwise)
        assert await db.read(order) == [1, 2, 3]

    asyncio.run(play())


def test_it_forgets_itself_when_too_much_was_missed(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(3)
    monkeypatch.setattr(experiment_index, "HEARD_MAX", 10)
    index = ExperimentIndex(db)

    async def play() -> None:
        await db.write(second_project)
        await db.write(change_something, rng)
        await db.read(compare, index, rng, 3)
        for _ in range(30):
            await db.write(change_something, rng)
        assert not index._ready
        await db.read(compare, index, rng, 20)
        assert index._ready

    asyncio.run(play())


def test_what_descriptions_were_before_is_forgotten_in_the_end(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment_index, "PIECE", 10)
    index = ExperimentIndex(db)

    def make(tx: Tx) -> None:
        experiments.insert(tx, fixed() | {"state": "PAUSED", "name": "n", "started_at": 0, "owner_id": 1})

    def describe(tx: Tx, text: str) -> None:
        experiments.update(tx, 1, {"description": text})

    def described(tx: Tx, text: str) -> int:
        index.refresh(tx)
        return index.window(tx, Filter(description=text), Sort("id"), 0, 0, experiment_lists.window)[0]

    async def play() -> None:
        await db.write(make)
        for n in range(40):
            await db.write(describe, f"text {n}.")
            assert await db.read(described, f"t {n}.") == 1
            assert index._columns.kept <= 13

    asyncio.run(play())
