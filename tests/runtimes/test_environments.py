"""Named environments: chosen, described, checked, made."""

import subprocess
import sys
from pathlib import Path

import pytest

from undeterred import errors
from undeterred.runtimes import environments


def test_chosen() -> None:
    """An exact image, the longest pattern, the default."""
    mapping = {"org/torch:1": "torch", "org/*": "any", "org/torch:*": "torches"}
    assert [environments.chosen(image, mapping) for image in ("org/torch:1", "org/torch:2", "org/x", "other", None, "")] == [
        *("torch", "torches", "any"),
        *("default", "default", "default"),
    ]


def test_describe(tmp_path: Path, task_python: Path) -> None:
    """What the interpreter says of itself, asked once."""
    prefix = task_python.parent.parent
    found = environments.describe(tmp_path, str(prefix))
    assert found.site_packages[0].startswith(str(prefix))
    assert found.scripts == str(prefix / "bin")
    assert Path(found.python).is_file()
    assert not Path(found.python).is_symlink()
    assert (Path(found.home) / "python3").exists()
    assert len(list((tmp_path / "envs" / ".known").iterdir())) == 1
    assert environments.describe(tmp_path, str(task_python)) == found
    assert environments.listed(tmp_path) == []


def test_describe_what_is_missing(tmp_path: Path) -> None:
    """Sentences that name the place and the next step."""
    with pytest.raises(errors.NotFound, match="undeterred env create"):
        environments.describe(tmp_path, "default")
    with pytest.raises(errors.InvalidArgument):
        environments.describe(tmp_path, "../up")
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho no >&2; exit 1\n")
    broken.chmod(0o755)
    with pytest.raises(errors.FailedPrecondition, match="does not run: no"):
        environments.describe(tmp_path, str(broken))


def test_check(tmp_path: Path, task_python: Path) -> None:
    """A good one, one without the harness, one that is not there."""
    good = environments.check(tmp_path, str(task_python.parent.parent))
    assert (good.determined, good.problems) == ("0.38.1", [])
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "envs" / "bare")], check=True)
    assert "determined" in environments.check(tmp_path, "bare").problems[0]
    assert environments.listed(tmp_path) == ["bare"]
    assert "env create" in environments.check(tmp_path, "none").problems[0]


@pytest.mark.slow
def test_create(tmp_path: Path) -> None:
    """It is made with progress; a step that fails leaves nothing behind; an existing one is not touched."""
    said: list[str] = []
    nothing = "--no-index"
    with pytest.raises(errors.FailedPrecondition, match="ended with 1"):
        environments.create(tmp_path, "bad", [nothing, "no-such-package-anywhere"], said.append, harness="pip")
    assert not (tmp_path / "envs" / "bad").exists()
    assert said[0].startswith("making a virtual environment")
    environments.create(tmp_path, "good", [nothing], said.append, harness="pip")
    assert environments.listed(tmp_path) == ["good"]
    assert said[-1] == "the environment good is ready"
    with pytest.raises(errors.AlreadyExists):
        environments.create(tmp_path, "good", [], said.append)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `undeterred env` runs."""
    assert environments.main(["--data", str(tmp_path), "list"]) == 0
    assert "undeterred env create" in capsys.readouterr().out
    assert environments.main(["--data", str(tmp_path), "check", "missing"]) == 1
    assert "no Python environment" in capsys.readouterr().out
