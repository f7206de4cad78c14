"""The lock files pin what pyproject.toml asks for, and name no place: a fresh machine gets what was tested."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.needs import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LINE = re.compile(r"#.*|[a-z0-9][a-z0-9-]*==[0-9][0-9a-z.+!]*")


def pinned(name: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [("run.lock", PROJECT["dependencies"]), ("dev.lock", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"])],
)
def test_every_dependency_is_pinned_within_its_bounds(lock: str, wanted: list[str]) -> None:
    versions = pinned(lock)
    for requirement in map(Requirement, wanted):
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{name} is not in {lock}: run `make lock`"
        assert requirement.specifier.contains(versions[name]), f"{lock} pins {name} {versions[name]}, pyproject.toml wants {requirement}"


@pytest.mark.parametrize("lock", sorted(path.name for path in (ROOT / "requirements").glob("*.lock")))
def test_a_lock_holds_pins_only(lock: str) -> None:
    wrong = [line for line in (ROOT / "requirements" / lock).read_text().splitlines() if not LINE.fullmatch(line)]
    assert not wrong, f"{lock}: {wrong}"


def test_tasks_get_the_unmodified_client() -> None:
    assert pinned("task.lock")["determined"] == "0.38.1"
