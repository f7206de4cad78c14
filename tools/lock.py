"""Writes requirements/{run,dev,task}.lock: the exact versions that are installed now, so that every machine gets what was tested here.

Run it in the development environment (`make lock`) after an upgrade; its diff is read in review.
"""

import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    run = closure(project["dependencies"])
    dev = closure(project["optional-dependencies"]["dev"])
    write("run.lock", "what `pip install .` brings, pinned", run)
    write("dev.lock", "the development environment (.venv): the above and the tools", {**dev, **run})
    task = ROOT / ".venvs" / "task" / "bin" / "python"
    if task.exists():
        write("task.lock", "the task environment (.venvs/task): the unmodified Determined client and harness, scikit-learn", freeze(task))
    print(f"wrote {', '.join(sorted(p.name for p in LOCKS.glob('*.lock')))} in requirements/")


def closure(requirements: list[str]) -> dict[str, str]:
    """Name and installed version of these requirements and of all that they need; optional platforms are followed as on this machine."""
    found: dict[str, str] = {}
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        package = metadata.distribution(requirement.name)
        name = canonicalize_name(package.name)
        known = name in found
        found[name] = package.version
        if not known or requirement.extras:
            waiting += [(Requirement(text), extra) for text in package.requires or [] for extra in ("", *requirement.extras)]
    return found


def freeze(python: Path) -> dict[str, str]:
    """What is installed in another environment."""
    lines = subprocess.run([python, "-m", "pip", "freeze"], check=True, capture_output=True, text=True).stdout.splitlines()
    pairs = [re.split("==", line) for line in lines if "==" in line]
    return {canonicalize_name(name): version for name, version in pairs}


def write(name: str, title: str, versions: dict[str, str]) -> None:
    LOCKS.mkdir(exist_ok=True)
    lines = [f"# {title}; written by tools/lock.py", *(f"{key}=={versions[key]}" for key in sorted(versions))]
    (LOCKS / name).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
