"""Checkpoints: what a report counts, which one is the best, what is left after files went, archives."""

import asyncio
import gzip
import io
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.services.reporting import ADMIN, Lab, plain
from undeterred.domain.lifecycle.checkpoints import Policy
from undeterred.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, Unavailable
from undeterred.loops import sweep
from undeterred.services import checkpoint_files, checkpoint_folders, checkpoints, collecting, shown_checkpoints
from undeterred.services.checkpoint_files import GZIP, TAR, ZIP, Source
from undeterred.store import collections
from undeterred.store.collections import CollectionRow
from undeterred.store.db import Database, Tx
from undeterred.wire import checkpoints as wire
from undeterred.wire.common import OrderBy

UUID = "22222222-2222-2222-2222-{:012d}"


def patch(db: Database, number: int, **sizes: int) -> None:
    left = wire.PatchCheckpointOptionalResources(resources={path: str(size) for path, size in sizes.items()})
    db.write_now(checkpoints.patch, ADMIN, [wire.PatchCheckpoint(uuid=UUID.format(number), resources=left)])


def best(lab: Lab, trial: int) -> str | None:
    found = lab.show(trial).best_checkpoint
    return None if found is None else found.uuid


def register(tx: Tx, uuid: str) -> None:
    tx.run(
        "INSERT INTO models (name, created_at, updated_at, user_id, workspace_id) VALUES ('m', :now, :now, 1, 1)",
        now=tx.now,
    )
    tx.run(
        "INSERT INTO model_versions (model_id, version, checkpoint_uuid, created_at, updated_at, user_id)"
        " SELECT id, 1, CAST(:uuid AS TEXT), CAST(:now AS BIGINT), CAST(:now AS BIGINT), 1 FROM models",
        uuid=uuid,
        now=tx.now,
    )


def test_a_report_is_counted_on_trial_and_experiment(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.checkpoint(trial, UUID.format(1), 10, a=100, b=24)
    lab.checkpoint(trial, UUID.format(2), 20, a=5_000_000_000)
    shown = lab.show(trial)
    assert (shown.checkpoint_count, shown.total_checkpoint_size) == (2, "5000000124")
    assert lab.experiment("checkpoint_count", "checkpoint_size") == (2, 5_000_000_124)
    one = db.read_now(checkpoints.get, UUID.format(1))
    assert (one.state, one.resources, plain(one.metadata)) == ("STATE_COMPLETED", {"a": "100", "b": "24"}, {"steps_completed": 10})


def test_the_same_report_again_is_no_second_checkpoint(db: Database) -> None:
    lab = Lab(db)
    sent = wire.Checkpoint(uuid=UUID.format(1), task_id=lab.task(lab.trial()), resources={"a": "1"}, report_time="2026-01-02T03:04:05Z")
    db.write_now(checkpoints.report, ADMIN, sent)
    db.write_now(checkpoints.report, ADMIN, sent)
    assert lab.experiment("checkpoint_count") == (1,)
    sent.resources = {"a": "2"}
    with pytest.raises(AlreadyExists):
        db.write_now(checkpoints.report, ADMIN, sent)
    assert lab.experiment("checkpoint_size") == (1,)


def test_what_cannot_be_reported(db: Database) -> None:
    task = (lab := Lab(db)).task(lab.trial())
    for sent, error in (
        (None, NotFound),
        (wire.Checkpoint(uuid=UUID.format(1), task_id="nope"), NotFound),
        (wire.Checkpoint(uuid=UUID.format(1), task_id=task, state=wire.CheckpointState.STATE_DELETED), InvalidArgument),
        (wire.Checkpoint(uuid="zzz", task_id=task), InvalidArgument),
        (wire.Checkpoint(uuid=UUID.format(1), task_id=task, allocation_id="nope.1"), NotFound),
        (wire.Checkpoint(uuid=UUID.format(1), task_id=task, storage_id=99), NotFound),
    ):
        with pytest.raises(error):
            db.write_now(checkpoints.report, ADMIN, sent)


def test_the_best_checkpoint_is_where_the_best_validation_with_one_is(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.report(trial, "validation", 10, {"loss": 3})
    lab.checkpoint(trial, UUID.format(20), 20, a=1)
    assert best(lab, trial) is None
    lab.report(trial, "validation", 20, {"loss": 2})
    assert best(lab, trial) == UUID.format(20)
    lab.report(trial, "validation", 30, {"loss": 1})
    assert best(lab, trial) == UUID.format(20)
    lab.checkpoint(trial, UUID.format(30), 30, a=1)
    assert best(lab, trial) == UUID.format(30)
    patch(db, 30)
    assert best(lab, trial) == UUID.format(20)


def test_files_that_went(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    lab.checkpoint(trial, UUID.format(1), 10, a=100, b=1)
    patch(db, 1, a=100, b=1)
    assert db.read_now(checkpoints.get, UUID.format(1)).state == "STATE_COMPLETED"
    patch(db, 1, a=100)
    assert (db.read_now(checkpoints.get, UUID.format(1)).state, lab.experiment("checkpoint_size")) == ("STATE_PARTIALLY_DELETED", (100,))
    patch(db, 1)
    gone = db.read_now(checkpoints.get, UUID.format(1))
    assert (gone.state, gone.resources) == ("STATE_DELETED", {"a": "100"})
    assert lab.experiment("checkpoint_count", "checkpoint_size") == (0, 0)
    patch(db, 1)
    assert lab.experiment("checkpoint_count", "checkpoint_size") == (0, 0)
    patch(db, 1, back=5)
    assert db.read_now(checkpoints.get, UUID.format(1)).state == "STATE_PARTIALLY_DELETED"
    assert lab.experiment("checkpoint_count", "checkpoint_size") == (1, 5)


def test_one_unknown_checkpoint_refuses_all(db: Database) -> None:
    lab = Lab(db)
    lab.checkpoint(lab.trial(), UUID.format(1), 10, a=1)
    both = [wire.PatchCheckpoint(uuid=UUID.format(n), resources=wire.PatchCheckpointOptionalResources()) for n in (1, 2)]
    with pytest.raises(NotFound, match=f"checkpoints '{UUID.format(2)}' not found"):
        db.write_now(checkpoints.patch, ADMIN, both)
    assert db.read_now(checkpoints.get, UUID.format(1)).state == "STATE_COMPLETED"


def test_registered_checkpoints_stay(db: Database) -> None:
    lab = Lab(db)
    lab.checkpoint(lab.trial(), UUID.format(1), 10, a=1)
    db.write_now(register, UUID.format(1))
    with pytest.raises(InvalidArgument, match="are in the model registry and cannot be deleted"):
        db.write_now(collecting.remove, ADMIN, [UUID.format(1)], collecting.ALL)
    with pytest.raises(InvalidArgument, match="are in the model registry"):
        patch(db, 1)


@pytest.mark.parametrize("glob", ["", "../x", "a/../../b"])
def test_globs_stay_inside(db: Database, glob: str) -> None:
    with pytest.raises(InvalidArgument, match="glob"):
        db.write_now(collecting.remove, ADMIN, [], [glob])


def test_lists_sort(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    for number, step, loss in ((1, 10, 3.0), (2, 20, 1.0), (3, 30, 2.0)):
        lab.report(trial, "validation", step, {"loss": loss, "acc": -loss})
        lab.checkpoint(trial, UUID.format(number), step, a=number)
    lab.checkpoint(trial, UUID.format(4), 99, a=4)

    def order(**given: object) -> list[int]:
        request = wire.GetTrialCheckpointsRequest(id=trial, **given)  # type: ignore[arg-type]
        return [int(c.uuid[-2:]) for c in db.read_now(shown_checkpoints.of_trial, request).checkpoints]

    down = OrderBy.ORDER_BY_DESC
    assert order() == [1, 2, 3, 4]
    assert order(sort_by_attr=wire.CheckpointSortBy.SORT_BY_SEARCHER_METRIC) == [4, 2, 3, 1]
    assert order(sort_by_attr=wire.CheckpointSortBy.SORT_BY_SEARCHER_METRIC, order_by=down) == [1, 3, 2, 4]
    assert order(sort_by_metric="acc", offset=1) == [1, 3, 2]
    assert order(sort_by_attr=wire.CheckpointSortBy.SORT_BY_UUID, order_by=down, limit=2) == [4, 3]
    assert order(states=[wire.CheckpointState.STATE_DELETED]) == []
    with pytest.raises(InvalidArgument, match="offset out of bounds"):
        order(offset=99)
    request = wire.GetExperimentCheckpointsRequest(id=lab.experiment_id, sort_by_attr=wire.CheckpointSortBy.SORT_BY_SEARCHER_METRIC)
    assert [c.uuid[-1] for c in db.read_now(shown_checkpoints.of_experiment, request).checkpoints] == ["2", "3", "1", "4"]


@pytest.mark.parametrize(("smaller_is_better", "wanted"), [(1, [2, 1]), (0, [1, 2])])
def test_without_an_order_the_better_come_first(db: Database, smaller_is_better: int, wanted: list[int]) -> None:
    """Of an experiment's checkpoints by the searcher metric: what `Experiment.top_checkpoint` of the SDK takes."""
    lab = Lab(db, smaller_is_better=smaller_is_better)
    trial = lab.trial()
    for number, loss in ((1, 0.9), (2, 0.1)):
        lab.report(trial, "validation", number, {"loss": loss})
        lab.checkpoint(trial, UUID.format(number), number, a=1)
    by = wire.CheckpointSortBy.SORT_BY_SEARCHER_METRIC

    def order(**given: object) -> list[int]:
        request = wire.GetExperimentCheckpointsRequest(id=lab.experiment_id, sort_by_attr=by, **given)  # type: ignore[arg-type]
        return [int(c.uuid[-1]) for c in db.read_now(shown_checkpoints.of_experiment, request).checkpoints]

    assert order() == wanted
    assert order(order_by=OrderBy.ORDER_BY_ASC) == [2, 1]
    assert order(order_by=OrderBy.ORDER_BY_DESC) == [1, 2]


def test_metadata_is_replaced(db: Database) -> None:
    lab = Lab(db)
    lab.checkpoint(lab.trial(), UUID.format(1), 10, a=1)
    shown = db.write_now(checkpoints.post_metadata, ADMIN, wire.Checkpoint(uuid=UUID.format(1), metadata={"tag": 1.0}))
    assert plain(shown.metadata) == {"tag": 1}
    assert db.write_now(checkpoints.post_metadata, ADMIN, wire.Checkpoint(uuid=UUID.format(1))).metadata is None


# -- archives -------------------------------------------------------------------------------------------------------------------------


def whole(source: Source, kind: checkpoint_files.Kind) -> bytes:
    return b"".join(checkpoint_files.archive(source, checkpoint_files.listed(source), kind))


@pytest.fixture
def source(tmp_path: Path) -> Source:
    folder = tmp_path / UUID.format(1)
    (folder / "sub").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "a.bin").write_bytes(b"x" * 700_001)
    (folder / "sub" / "b.txt").write_text("hello")
    return Source(UUID.format(1), folder, ("a.bin", "empty/", "gone/", "sub/", "sub/b.txt"))


def test_archives_hold_the_files(source: Source) -> None:
    tar = whole(source, TAR)
    packed = whole(source, GZIP)
    assert gzip.decompress(packed) == tar
    with tarfile.open(fileobj=io.BytesIO(tar)) as bundle:
        found = {m.name: bundle.extractfile(m).read() for m in bundle if m.isfile()}  # type: ignore[union-attr]
        folders = [m.name for m in bundle if m.isdir()]
    with zipfile.ZipFile(io.BytesIO(whole(source, ZIP))) as zipped:
        assert {name: zipped.read(name) for name in zipped.namelist() if name[-1] != "/"} == found
        assert [name.rstrip("/") for name in zipped.namelist() if name[-1] == "/"] == folders
    assert found == {"a.bin": b"x" * 700_001, "sub/b.txt": b"hello"}
    assert folders == ["empty", "sub"]


def test_archives_do_not_leave_the_folder(source: Source, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (source.folder / "link").symlink_to(tmp_path / "secret")
    for path in ("../secret", "../", "link", "nothing", "/etc/passwd", "/etc/", "a\0b", "x" * 300):
        with pytest.raises(NotFound):
            checkpoint_files.listed(Source(source.uuid, source.folder, (path,)))


def test_where_a_checkpoint_lies(db: Database) -> None:
    lab = Lab(db)
    lab.checkpoint(lab.trial(), UUID.format(1), 10, a=1)
    assert db.read_now(checkpoint_files.find, UUID.format(1)).folder == Path("/nowhere") / UUID.format(1)
    with pytest.raises(InvalidArgument, match="invalid UUID length: 1"):
        db.read_now(checkpoint_files.find, "x")
    patch(db, 1)
    with pytest.raises(NotFound, match="deleted"):
        db.read_now(checkpoint_files.find, UUID.format(1))
    assert [checkpoint_files.kind_of(a) for a in ("", "*/*", "application/*", "application/zip", "text/html")] == [TAR, TAR, TAR, ZIP, None]


@pytest.mark.parametrize("smaller_is_better", [1, 0])
def test_nan_is_a_metric_that_can_be_kept(db: Database, smaller_is_better: int) -> None:
    lab = Lab(db, smaller_is_better=smaller_is_better)
    trial = lab.trial()
    for number, value in enumerate((1.0, "NaN", None), 1):
        lab.checkpoint(trial, UUID.format(number), number, a=1)
        lab.report(trial, "validation", number, {"loss": value})

    def let_go(*counts: int) -> list[str]:
        return [uuid[-1] for uuid in db.read_now(collecting.let_go, lab.experiment_id, Policy(*counts))]

    assert let_go(0, 1, 0) == ["2", "3"], "a number is better than NaN"
    assert let_go(0, 2, 0) == ["3"], "NaN is better than no metric"
    assert let_go(9, 9, 0) == ["3"], "without a metric none is among the best"
    assert let_go(0, 0, 0) == ["1", "2", "3"]


# -- removal --------------------------------------------------------------------------------------------------------------------------


def test_removal_keeps_to_the_folder(source: Source, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("p")
    (source.folder / "link").symlink_to(outside)
    globs = ["link/*", "link/pre*", "**/precious", "/etc/*", "a**b", "\0", "sub/*", "/"]
    assert set(checkpoint_folders.remove(source.folder, globs)) == {"a.bin", "empty/", "sub/", "link/"}
    assert set(checkpoint_folders.remove(source.folder, ["sub", "link", "empty/"])) == {"a.bin"}
    assert (outside / "precious").exists()
    assert checkpoint_folders.remove(source.folder, ["*"]) == {}
    assert not source.folder.exists(), "nothing is left in it"
    (tmp_path / UUID.format(2)).symlink_to(outside)
    with pytest.raises(FailedPrecondition, match="is a link"):
        checkpoint_folders.remove(tmp_path / UUID.format(2), ["*"])
    with pytest.raises(NotFound, match="link"):
        checkpoint_files.listed(Source(UUID.format(2), tmp_path / UUID.format(2), ("precious",)))
    assert (outside / "precious").exists()


def test_a_folder_that_became_a_link_is_not_removed_through(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that runs swaps a folder for a link between the look and the removal."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.txt").write_text("p")
    find = checkpoint_folders._found

    def find_then_swap(where: Path, globs: list[str]) -> list[str]:
        found = find(where, globs)
        (where / "sub").rename(where / "moved")
        (where / "sub").symlink_to(outside)
        return found

    monkeypatch.setattr(checkpoint_folders, "_found", find_then_swap)
    with pytest.raises(FailedPrecondition, match="could not be removed"):
        checkpoint_folders.remove(source.folder, ["sub/b.txt"])
    assert (outside / "b.txt").exists()


def test_tensorboard_files_behind_a_link_stay(tmp_path: Path) -> None:
    outside = tmp_path / "outside" / "1"
    outside.mkdir(parents=True)
    storage = {"type": "directory", "container_path": str(tmp_path)}
    place = tmp_path / "cluster" / "tensorboard"
    place.mkdir(parents=True)
    (place / "experiment").symlink_to(outside.parent)
    checkpoint_folders.remove_tensorboard(storage, "cluster", 1)
    assert outside.exists()
    (place / "experiment").unlink()
    (place / "experiment" / "1").mkdir(parents=True)
    checkpoint_folders.remove_tensorboard(storage, "cluster", 1)
    assert not (place / "experiment" / "1").exists()


def test_a_file_that_became_a_link_is_not_sent(source: Source, tmp_path: Path) -> None:
    files = checkpoint_files.listed(source)
    (tmp_path / "secret").write_text("s")
    (source.folder / "a.bin").unlink()
    (source.folder / "a.bin").symlink_to(tmp_path / "secret")
    for kind in (TAR, ZIP):
        with pytest.raises(NotFound, match="no file of this checkpoint"):
            b"".join(checkpoint_files.archive(source, files, kind))


def test_a_wish_that_fails_oddly_holds_up_no_other(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(db)
    trial = lab.trial()
    for number in (1, 2):
        lab.checkpoint(trial, UUID.format(number), 10 * number, a=1)
        db.write_now(collecting.remove, ADMIN, [UUID.format(number)], collecting.ALL)

    def remove(where: Path, _globs: list[str]) -> dict[str, int]:
        if where.name == UUID.format(1):
            raise RecursionError("too deep")
        return {}

    monkeypatch.setattr(checkpoint_folders, "remove", remove)
    assert db.read_now(collections.due) == [], "the next answers still show what was asked for"
    db.write_now(lambda tx: tx.run("UPDATE collections SET retry_at = retry_at - :grace", grace=collecting.GRACE_US))
    world = SimpleNamespace(ctx=SimpleNamespace(db=db, settings=SimpleNamespace(cluster_id="c")))

    async def turn() -> None:
        for wish in await db.read(collections.due):
            await sweep._carry_out(world, wish)  # type: ignore[arg-type]

    asyncio.run(turn())
    assert [db.read_now(checkpoints.get, UUID.format(n)).state for n in (1, 2)] == ["STATE_COMPLETED", "STATE_DELETED"]
    assert db.read_now(collections.due) == []
    assert "RecursionError" in str(db.read_now(lambda tx: tx.value("SELECT error FROM collections")))


def test_a_wish_is_not_to_blame_for_the_database(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(db)
    lab.checkpoint(lab.trial(), UUID.format(1), 10, a=1)
    db.write_now(collecting.remove, ADMIN, [UUID.format(1)], collecting.ALL)
    wish = db.read_now(lambda tx: tx.one(CollectionRow, "SELECT id, kind, experiment_id, wanted, tries FROM collections"))
    world = SimpleNamespace(ctx=SimpleNamespace(db=db, settings=SimpleNamespace(cluster_id="c")))

    def away(*_: object) -> None:
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(checkpoint_folders, "remove", lambda _where, _globs: {})
    monkeypatch.setattr(collecting, "removed", away)
    with pytest.raises(Unavailable):
        asyncio.run(sweep._carry_out(world, wish))  # type: ignore[arg-type]
    assert db.read_now(lambda tx: tx.value("SELECT tries FROM collections")) == 0


def test_a_wish_that_means_nothing_holds_up_no_other(db: Database) -> None:
    db.write_now(collections.add, "policy", None, {"policy": [1]})
    (wish,) = db.read_now(collections.due)
    world = SimpleNamespace(ctx=SimpleNamespace(db=db, settings=SimpleNamespace(cluster_id="c")))
    asyncio.run(sweep._carry_out(world, wish))  # type: ignore[arg-type]
    assert db.read_now(lambda tx: tx.value("SELECT tries FROM collections")) == 1
