"""What each process is given: variables, files, mounts, command; and ports that never meet."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from undeterred import errors
from undeterred.domain.launch import ports, spec
from undeterred.domain.launch.facts import LaunchSpec, Mount, Ports, SlotFacts, TaskFacts

CONFIG: dict[str, Any] = {
    "entrypoint": "python3 train.py",
    "checkpoint_storage": {"type": "shared_fs", "host_path": "/data/ckpt", "storage_path": "x"},
    "environment": {"environment_variables": {"cpu": ["A=1", "B=x=y", "NOVALUE"], "cuda": ["C=3"], "rocm": []}},
    "bind_mounts": [{"host_path": "/h", "container_path": "c", "read_only": True, "propagation": "rslave"}],
    "resources": {"shm_size": "2g"},
}


def facts(**more: Any) -> TaskFacts:
    given: dict[str, Any] = {
        "task_type": "TRIAL",
        "master_url": "http://10.0.0.1:8080",
        "master_id": "m",
        "cluster_id": "c",
        "agent_id": "node",
        "address": "10.0.0.2",
        "task_id": "1.t",
        "allocation_id": "1.t.3",
        "container_id": "box",
        "resources_id": "box",
        "epoch": 4,
        "key": "k",
        "session_token": "s",
        "user_token": "u",
        "username": "ann",
        "slots": [SlotFacts(2), SlotFacts(5)],
        "experiment_id": 1,
        "trial_id": 7,
        "run_id": 3,
        "seed": 42,
        "hparams": {"lr": 0.1},
        "steps_completed": 5,
        "latest_checkpoint": "ck",
    }
    return TaskFacts(**(given | more))


def test_trial() -> None:
    """Every variable that the harness cannot do without, as it expects it."""
    made = spec.trial(CONFIG, facts(ports=Ports(1, 2, 3, 4)))
    expected = {
        "DET_MASTER": "http://10.0.0.1:8080",
        "DET_MASTER_HOST": "10.0.0.1",
        "DET_MASTER_PORT": "8080",
        "DET_CLUSTER_ID": "c",
        "DET_AGENT_ID": "node",
        "DET_SLOT_IDS": "[2,5]",
        "DET_TASK_ID": "1.t",
        "DET_ALLOCATION_ID": "1.t.3",
        "DET_CONTAINER_ID": "box",
        "DET_RESOURCES_ID": "box",
        "DET_RESOURCES_TYPE": "docker-container",
        "DET_SESSION_TOKEN": "s",
        "DET_USER_TOKEN": "u",
        "DET_USER": "ann",
        "DET_TASK_TYPE": "TRIAL",
        "DET_EXPERIMENT_ID": "1",
        "DET_TRIAL_ID": "7",
        "DET_TRIAL_RUN_ID": "3",
        "DET_TRIAL_SEED": "42",
        "DET_STEPS_COMPLETED": "5",
        "DET_LATEST_CHECKPOINT": "ck",
        "DTRAIN_SSH_PORT": "1",
        "INTER_TRAIN_PROCESS_COMM_PORT_1": "2",
        "INTER_TRAIN_PROCESS_COMM_PORT_2": "3",
        "C10D_PORT": "4",
        "DET_SKIP_PIP_INSTALL": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "A": "1",
        "B": "x=y",
    }
    assert {name: made.env.get(name) for name in expected} == expected
    assert "C" not in made.env
    assert "NOVALUE" not in made.env
    assert json.loads(made.env["DET_EXPERIMENT_CONFIG"]) == CONFIG
    assert json.loads(made.env["DET_HPARAMS"]) == {"lr": 0.1}
    assert json.loads(made.env["DET_TASK_LOGGING_METADATA"]) == {"task_id": "1.t", "allocation_id": "1.t.3"}
    assert made.argv == ["python3", "-m", "determined.exec.launch"]
    assert (made.storage, made.context, made.rendezvous, made.epoch) == ("/data/ckpt", True, True, 4)
    assert made.mounts == [Mount("/h", "c", read_only=True, propagation="rslave")]
    assert made.shm_bytes == 2 << 30
    assert made.addresses[0]["hostIp"] == "10.0.0.2"


def test_a_proxy_is_not_asked_for_the_master() -> None:
    """A configuration that names a proxy gets its way to the master past it, whatever it says of no_proxy."""
    variables = ["http_proxy=http://proxy:1", "no_proxy=a.org,b.org"]
    made = spec.trial(CONFIG | {"environment": {"environment_variables": variables}}, facts())
    assert made.env["NO_PROXY"] == made.env["no_proxy"] == "a.org,b.org,10.0.0.1,localhost,127.0.0.1,::1"
    assert "no_proxy" not in spec.trial(CONFIG, facts()).env


def test_a_master_at_an_ipv6_address() -> None:
    made = spec.trial(CONFIG, facts(master_url="http://[fd00::1]:8080"))
    assert (made.env["DET_MASTER_HOST"], made.env["DET_MASTER_PORT"]) == ("fd00::1", "8080")


def test_it_survives_the_file() -> None:
    """spec.json gives back the same value."""
    made = spec.trial(CONFIG, facts())
    assert msgspec.json.decode(msgspec.json.encode(made), type=LaunchSpec) == made


def test_first_run() -> None:
    """Without a checkpoint the variable is absent."""
    made = spec.trial(CONFIG, facts(latest_checkpoint=None, steps_completed=0))
    assert "DET_LATEST_CHECKPOINT" not in made.env
    assert made.env["DET_STEPS_COMPLETED"] == "0"


def test_accelerators() -> None:
    """GPUs are given by UUID, ROCm by its own variable; the configuration's variables by kind come last."""
    cuda = spec.trial(CONFIG, facts(slots=[SlotFacts(0, "cuda", "GPU-a"), SlotFacts(1, "cuda", "GPU-b")]))
    assert cuda.env["CUDA_VISIBLE_DEVICES"] == "GPU-a,GPU-b"
    assert (cuda.accelerator_kind, cuda.accelerators, cuda.env["C"]) == ("cuda", ["GPU-a", "GPU-b"], "3")
    rocm = spec.trial(CONFIG, facts(slots=[SlotFacts(0, "rocm", "0xa")]))
    assert rocm.env["ROCR_VISIBLE_DEVICES"] == "0xa"
    assert spec.trial(CONFIG, facts(slots=[])).env["DET_SLOT_IDS"] == "[]"


def test_directory_storage() -> None:
    """It is used where it lies, and must stay visible."""
    made = spec.trial(CONFIG | {"checkpoint_storage": {"type": "directory", "container_path": "/mnt/d"}}, facts())
    assert (made.storage, made.visible) == ("", ["/mnt/d"])


@pytest.mark.parametrize(
    ("entrypoint", "argv"),
    [
        (["echo hi | cat"], ["sh", "-c", "echo hi | cat"]),
        ("echo hi", ["sh", "-c", "echo hi"]),
        (["python3", "a.py"], ["python3", "a.py"]),
        ([], ["true"]),
    ],
)
def test_command(entrypoint: Any, argv: list[str]) -> None:
    """One argument is a shell line; none at all ends at once; the working folder knows two variables."""
    config = {"entrypoint": entrypoint, "work_dir": "/home/$AGENT_USER/$DET_USER"}
    made = spec.command(config, facts(task_type="COMMAND", user="unix", uid=5))
    assert made.argv == argv
    assert made.work_dir == "/home/unix/ann"
    assert not made.rendezvous
    assert (made.uid, made.gid) == (5, 5)
    assert "DET_TRIAL_ID" not in made.env


def test_defaults() -> None:
    """task_container_defaults: the hook, the network, the ports of gloo."""
    made = spec.trial(
        CONFIG, facts(defaults={"startup_hook": "echo x", "dtrain_network_interface": "eth9", "gloo_port_range": "1000:2000"})
    )
    assert [(file.path, file.text, file.mode) for file in made.files] == [("dynamic-tcd-startup-hook.sh", "echo x", 0o744)]
    assert made.env["DET_INTER_NODE_NETWORK_INTERFACE"] == "eth9"
    assert made.env["GLOO_PORT_RANGE"] == "1000:2000"


def test_checkpoint_gc() -> None:
    """Files for the harness's own deletion, secret as they may be."""
    storage = {"type": "shared_fs", "host_path": "/data"}
    made = spec.checkpoint_gc({}, facts(task_type="CHECKPOINT_GC"), storage, ["a", "b"], ["**/*"], tensorboards=True)
    assert made.argv[:5] == ["python3", "-m", "determined.exec.gc_checkpoints", "--experiment-id", "1"]
    assert made.argv[-1] == "--delete-tensorboards"
    files = {file.path: json.loads(file.text) for file in made.files}
    assert files["checkpoint_gc/checkpoints_to_delete.json"] == ["a", "b"]
    assert files["checkpoint_gc/storage_config.json"] == storage
    assert all(file.mode == 0o600 for file in made.files)
    assert made.storage == "/data"


@given(st.integers(1, 30))
def test_ports_never_meet(count: int) -> None:
    """Allocation after allocation gets ports of its own."""
    used: list[int] = []
    for _ in range(count):
        found = ports.numbers(ports.assign(used))
        assert len({*found, *used}) == len(used) + 4
        used += found


def test_ports() -> None:
    """The lowest free from each base; an end is told."""
    assert ports.assign([]) == Ports(12350, 12360, 12365, 29400)
    assert ports.assign([12350, 29400, 29401]) == Ports(12351, 12360, 12365, 29402)
    with pytest.raises(errors.ResourceExhausted):
        ports.assign(range(29400, 65536))
