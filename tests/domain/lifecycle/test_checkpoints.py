"""Checkpoint collection: the recorded runs, and properties of the set."""

from hypothesis import given
from hypothesis import strategies as st

from undeterred.domain.lifecycle.checkpoints import NOTHING, Checkpoint, Policy, after_files, collectable, may
from undeterred.terms import CheckpointState as S


def made(*metrics: float | None, trial: int = 1) -> list[Checkpoint]:
    return [Checkpoint(f"{trial}.{i}", trial, i, metric, trial * 100 + i) for i, metric in enumerate(metrics, 1)]


def left(checkpoints: list[Checkpoint], policy: Policy, smaller: bool = True) -> list[str]:
    gone = collectable(checkpoints, policy, smaller)
    return [c.uuid for c in checkpoints if c not in gone]


def test_traces() -> None:
    """k1: seven of one trial, 2/1/1; k2: three trials of three, 1/0/0."""
    assert left(made(2, 1.5, 1.33, 1.25, 1.2, 1.17, 1.14), Policy(2, 1, 1)) == ["1.6", "1.7"]
    three = made(1.2, 0.7, 0.53, trial=61) + made(1.1, 0.6, 0.43, trial=62) + made(1.3, 0.8, 0.63, trial=63)
    assert left(three, Policy(1, 0, 0)) == ["62.3"]
    assert left(made(1.0, 0.5), Policy()) == ["1.2"]


def test_larger_may_be_better_and_no_metric_is_no_merit() -> None:
    assert left(made(1, 3, 2), Policy(), smaller=False) == ["1.2", "1.3"]
    assert left(made(None, None, None), Policy()) == ["1.3"]
    assert left(made(float("nan"), 1, None), Policy(0, 2, 0)) == ["1.1", "1.2"]


def test_kept_ones_stay_and_count() -> None:
    first, second, third = made(1, 2, 3)
    kept = Checkpoint(first.uuid, 1, 1, 1, 101, kept=True)
    assert left([kept, second, third], Policy(0, 1, 0)) == [kept.uuid]
    assert left([kept, second, third], NOTHING) == [kept.uuid]


checkpoint = st.builds(
    Checkpoint,
    st.uuids().map(str),
    st.integers(1, 3),
    st.integers(0, 5),
    st.none() | st.floats(),
    st.integers(1, 9),
    st.sampled_from(S),
    st.booleans(),
)
policy = st.builds(Policy, st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))


@given(st.lists(checkpoint, max_size=12, unique_by=lambda c: c.uuid), policy, st.booleans())
def test_the_set_keeps_its_promises(checkpoints: list[Checkpoint], keep: Policy, smaller: bool) -> None:
    gone = collectable(checkpoints, keep, smaller)
    assert all(c.state is S.COMPLETED and not c.kept for c in gone)
    for c in gone:
        newer = [o for o in checkpoints if o.trial_id == c.trial_id and o.state is S.COMPLETED and o.steps > c.steps]
        assert len(newer) >= keep.save_trial_latest
    assert {c.uuid for c in gone} <= {c.uuid for c in collectable(checkpoints, NOTHING, smaller)}
    everything = [c for c in checkpoints if c.state is S.COMPLETED and not c.kept]
    assert collectable(checkpoints, NOTHING, smaller) == everything


def test_files_and_moves() -> None:
    assert after_files({"a": 1}, {}, S.COMPLETED) is S.DELETED
    assert after_files({"a": 1, "b": 2}, {"a": 1}, S.COMPLETED) is S.PARTIALLY_DELETED
    assert after_files({"a": 1}, {"a": 1}, S.COMPLETED) is S.COMPLETED
    assert may(S.COMPLETED, S.DELETED)
    assert not any(may(S.DELETED, s) for s in S)
