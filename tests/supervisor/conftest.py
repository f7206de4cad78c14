"""`ground` runs a test in every isolation mode that this machine allows; `quick` in the best one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.supervisor.ground import Ground, modes, nothing_left

MODES = list(modes())


@pytest.fixture(params=MODES)
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    """Every mode; at the end nothing of a task may be left."""
    yield from _ground(tmp_path, request.param)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Ground]:
    """The best mode only."""
    yield from _ground(tmp_path, MODES[0])


def _ground(data: Path, mode: str) -> Iterator[Ground]:
    place = Ground(data, mode)
    try:
        yield place
        nothing_left(place)
    finally:
        place.close()
