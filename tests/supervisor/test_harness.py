"""The unmodified harness in a task: a Core API trial through determined.exec.launch, its environment, and how long all that takes."""

import io
import json
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.supervisor.ground import Ground, until
from undeterred.domain.launch import spec as launch
from undeterred.domain.launch.facts import Environment, LaunchSpec, SlotFacts, TaskFacts
from undeterred.runtimes import environments

TRAIN = """
import time
print("first line", time.time())
import os, sys
import determined as det
from determined import core
info = det.get_cluster_info()
assert info.trial.hparams == {"lr": 0.1}, info.trial.hparams
assert info.container_addrs == ["127.0.0.1"] and info.container_rank == 0 and info.slot_ids == [0]
assert os.getcwd() == os.path.realpath(os.environ["DET_WORKDIR"]), os.getcwd()
with core.init(tensorboard_mode=core.TensorboardMode.MANUAL) as context:
    context.train.report_training_metrics(steps_completed=1, metrics={"loss": 0.5})
    with context.checkpoint.store_path({"steps_completed": 1}) as (path, uuid):
        (path / "weights").write_text("w" * 10)
    while not context.preempt.should_preempt():
        time.sleep(0.02)
print("preempted")
"""


@pytest.fixture
def environment(task_python: Path, tmp_path: Path) -> Environment:
    return environments.describe(tmp_path, str(task_python.parent.parent))


def trial(ground: Ground, environment: Environment, config: dict[str, Any]) -> LaunchSpec:
    """A trial's spec by the way that the loops take."""
    blank = ground.spec()
    facts = TaskFacts(
        task_type="TRIAL",
        master_url=ground.stub.url,
        master_file=str(ground.stub.master_file),
        cluster_id="c-1",
        agent_id="node",
        task_id="1.task",
        allocation_id="1.task.1",
        container_id=blank.container_id,
        resources_id=blank.container_id,
        epoch=1,
        key=blank.key,
        session_token="session",
        username="determined",
        slots=[SlotFacts(0)],
        experiment_id=1,
        trial_id=7,
        run_id=1,
        seed=42,
        hparams={"lr": 0.1},
        environment=environment,
    )
    return launch.trial(config, facts)


def run(ground: Ground, spec: LaunchSpec) -> float:
    import asyncio

    began = time.time()
    asyncio.run(ground.runtime.start(spec))
    return began


def test_core_api(ground: Ground, environment: Environment, tmp_path: Path) -> None:
    """Metrics, a checkpoint in shared_fs, preemption: as on the real thing; the first user line in less than 1.5 s."""
    storage = tmp_path / "storage"
    config = {
        "entrypoint": "python3 train.py",
        "checkpoint_storage": {"type": "shared_fs", "host_path": str(storage)},
        "hyperparameters": {},
    }
    ground.stub.model = {"train.py": TRAIN}
    ground.stub.answers["/runs/start"] = lambda: {"storageId": 1}
    preempt = [False]

    def poll() -> dict[str, Any]:
        time.sleep(0.1)
        return {"preempt": preempt[0]}

    ground.stub.answers["/signals/preemption"] = poll
    spec = trial(ground, environment, config)
    began = run(ground, spec)
    until(lambda: any(path.endswith("/checkpoints") for _, path, _ in ground.stub.calls), what="the checkpoint's report")
    preempt[0] = True
    assert ground.end(spec.container_id) == {
        "epoch": 1,
        "containerId": spec.container_id,
        "state": "TERMINATED",
        "exitCode": 0,
    }, ground.stub.lines
    text = ground.stub.text()
    assert "preempted" in text
    launched = [line for line in text if line.startswith("[")]
    assert [line.partition("determined: ")[2].split(" ")[0] for line in launched] == ["New", "Validating", "Launching:"]
    first = float(next(line for line in text if line.startswith("first line")).split()[2])
    print(f"mode {ground.mode}: start to first user line {first - began:.3f} s")
    assert first - began < 1.5
    verbs = [(verb, path.split("?")[0]) for verb, path, _ in ground.stub.calls]
    assert ("POST", "/api/v1/trials/7/metrics") in verbs
    assert ("POST", "/api/v1/allocations/1.task.1/signals/ack_preemption") in verbs
    checkpoint = next(body for _, path, body in ground.stub.calls if path.endswith("/checkpoints"))
    assert (storage / checkpoint["uuid"] / "weights").read_text() == "w" * 10


def test_directory_storage(quick: Ground, environment: Environment, tmp_path: Path) -> None:
    """Storage of type directory is used where it lies, even under the host's /tmp."""
    place = tmp_path / "checkpoints"
    place.mkdir()
    config = {"entrypoint": "true", "checkpoint_storage": {"type": "directory", "container_path": str(place)}}
    spec = trial(quick, environment, config)
    run(quick, spec)
    assert quick.end(spec.container_id)["exitCode"] == 0, quick.stub.lines


def test_storage_that_cannot_be_written(quick: Ground, environment: Environment) -> None:
    """The harness's own check fails the task with its words."""
    config = {"entrypoint": "true", "checkpoint_storage": {"type": "directory", "container_path": "/proc/nowhere"}}
    spec = trial(quick, environment, config)
    run(quick, spec)
    assert quick.end(spec.container_id)["exitCode"] == 1
    assert any("Checkpoint storage validation failed" in line for line in quick.stub.text())


def test_two_at_once(ground: Ground, environment: Environment, tmp_path: Path) -> None:
    """Two tasks side by side see each their own info and their own overlay."""
    program = "import determined as det, sys; print(det.get_cluster_info().trial.hparams, sys.prefix)"
    config = {"entrypoint": ["python3", "-c", program], "checkpoint_storage": {"type": "shared_fs", "host_path": str(tmp_path / "s")}}
    other = Ground(_made(tmp_path / "other"), ground.mode)
    try:
        specs = [trial(ground, environment, config), trial(other, environment, config)]
        specs[1].env["DET_HPARAMS"] = '{"lr": 0.2}'
        for place, spec in zip((ground, other), specs, strict=True):
            run(place, spec)
        seen = []
        for place, spec in zip((ground, other), specs, strict=True):
            assert place.end(spec.container_id)["exitCode"] == 0, place.stub.lines
            seen.append(place.stub.text()[-1])
        assert seen[0].startswith("{'lr': 0.1}")
        assert seen[1].startswith("{'lr': 0.2}")
        assert ground.mode != "D" or seen[0].split()[-1] != seen[1].split()[-1]
    finally:
        other.close()


def _made(path: Path) -> Path:
    path.mkdir()
    return path


WHEEL = "undeterred_thing-1.0-py3-none-any.whl"


def wheel() -> bytes:
    """A package with one module and one console script."""
    about = "undeterred_thing-1.0.dist-info"
    files = {
        "thing.py": "import sys, determined\ndef main():\n    print('thing runs in', sys.prefix)\n",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: undeterred-thing\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/entry_points.txt": "[console_scripts]\nthing = thing:main\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{about}/RECORD"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def test_pip_install_stays_inside(ground: Ground, environment: Environment) -> None:
    """A startup hook's pip install works, its script runs over the base's packages, and the base is untouched."""
    base = Path(environment.site_packages[0])
    before = sorted(p.name for p in base.iterdir())
    ground.stub.model = {WHEEL: wheel(), "startup-hook.sh": f"pip install -q --disable-pip-version-check --no-index ./{WHEEL}\n"}
    container = ground.sh("thing; det --version; which det pip python3", environment=environment, context=True)
    assert ground.end(container, 60)["exitCode"] == 0, ground.stub.lines
    text = ground.stub.text()
    place = "/run/determined" if ground.mode != "D" else str(ground.place(container) / "run")
    assert text[0] == f"thing runs in {place}/env"
    assert "0.38.1" in text[1]
    assert text[2:] == [f"{place}/env/bin/{name}" for name in ("det", "pip", "python3")]
    assert sorted(p.name for p in base.iterdir()) == before


def test_supervisor_is_small() -> None:
    """It imports nothing but the standard library and itself, and starts without site-packages."""
    import subprocess

    from undeterred.runtimes import isolation

    code = (
        f"import sys; sys.path.append({str(Path(isolation.SUPERVISOR).parents[1])!r}); import undeterred.supervisor.main; import json;"
        "print(json.dumps(sorted(m for m in sys.modules if m.startswith('undeterred') or 'site-packages' in (getattr(sys.modules[m], '__file__', '') or ''))))"
    )
    out = subprocess.run([sys.executable, "-I", "-S", "-E", "-c", code], capture_output=True, text=True, check=True).stdout
    assert {name.split(".")[1] for name in json.loads(out) if "." in name} == {"supervisor"}
