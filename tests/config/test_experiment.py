"""The experiment language by its own rules; the contract's cases are in test_expconf_cases and test_recorded."""

import json
import time
from typing import Any

import pytest

from undeterred.config import experiment
from undeterred.config.experiment import Defaults
from undeterred.errors import InvalidArgument

SMALL = "name: small\nentrypoint: python3 t.py\nsearcher: {name: single, metric: loss}\n"
STORAGE = {"type": "shared_fs", "host_path": "/data"}


def resolved(text: str, defaults: Defaults | None = None, **more: Any) -> experiment.Resolved:
    told: dict[str, Any] = {"seed": 7, "name": "Experiment (a-b-c)", "pool": None, "managed": True} | more
    return experiment.resolve(text, defaults or Defaults(master_storage=STORAGE), **told)


def refusal(text: str, defaults: Defaults | None = None, **more: Any) -> str:
    with pytest.raises(InvalidArgument) as caught:
        resolved(text, defaults, **more)
    return caught.value.text


def test_what_nobody_says_comes_from_outside() -> None:
    config = resolved(SMALL.removeprefix("name: small\n"), pool="gpus").config
    assert config["name"] == "Experiment (a-b-c)"
    assert config["reproducibility"] == {"experiment_seed": 7}
    assert config["resources"]["resource_pool"] == "gpus"
    assert config["resources"]["priority"] == 42
    assert config["checkpoint_storage"]["save_trial_best"] == 1


def test_the_cache_does_not_mix_requests() -> None:
    text = SMALL.removeprefix("name: small\n")
    first, second = resolved(text, seed=1, name="x", pool="a"), resolved(text, seed=2, name="y", pool=None)
    assert [
        (r.config["name"], r.config["reproducibility"]["experiment_seed"], r.config["resources"]["resource_pool"]) for r in (first, second)
    ] == [
        ("x", 1, "a"),
        ("y", 2, ""),
    ]
    first.config["resources"]["devices"].append("changed by a caller")
    assert resolved(text).config["resources"]["devices"] == []
    other = resolved(text, Defaults(master_storage={"type": "directory", "container_path": "/c"}))
    assert other.config["checkpoint_storage"]["type"] == "directory"


def test_layers_in_their_order() -> None:
    defaults = Defaults(
        template={"max_restarts": 9, "labels": ["t"], "environment": {"environment_variables": ["A=template"]}},
        task_container_defaults={
            "environment_variables": ["A=cluster"],
            "image": "cluster:1",
            "force_pull_image": True,
            "bind_mounts": [{"host_path": "/h", "container_path": "/m"}],
            "devices": ["/dev/a:/dev/a"],
            "slurm": {"sbatch_args": ["--cluster"]},
            "cpu_pod_spec": {"spec": {"nodeName": "cpu"}},
            "gpu_pod_spec": {"spec": {"nodeName": "gpu"}},
            "preemption_timeout": 60,
            "log_policies": [{"name": "CUDA OOM", "pattern": "mine"}],
            "shm_size_bytes": 5,
        },
        workspace_storage={"save_trial_latest": 4},
        master_storage=STORAGE | {"save_trial_latest": 2, "save_trial_best": 3},
        priority=11,
        invariant={"max_restarts": 1, "labels": ["policy"]},
    )
    text = SMALL + "max_restarts: 5\nlabels: [own]\nslurm: {sbatch_args: [--own]}\nenvironment: {environment_variables: {cpu: [A=own]}}\n"
    config = resolved(text, defaults).config
    assert config["max_restarts"] == 1
    assert set(config["labels"]) == {"own", "t", "policy"}
    assert config["environment"]["environment_variables"] == {
        "cpu": ["A=cluster", "A=template", "A=own"],
        "cuda": ["A=cluster", "A=template"],
        "rocm": ["A=cluster", "A=template"],
    }
    assert config["environment"]["image"] == dict.fromkeys(("cpu", "cuda", "rocm"), "cluster:1")
    assert config["environment"]["force_pull_image"] is True
    assert config["environment"]["pod_spec"]["spec"]["nodeName"] == "gpu"
    assert resolved(text + "resources: {slots_per_trial: 0}\n", defaults).config["environment"]["pod_spec"]["spec"]["nodeName"] == "cpu"
    assert config["bind_mounts"] == [{"host_path": "/h", "container_path": "/m", "read_only": False, "propagation": "rprivate"}]
    assert config["resources"]["devices"] == [{"host_path": "/dev/a", "container_path": "/dev/a", "mode": "mrw"}]
    assert config["resources"]["priority"] == 11
    assert config["resources"]["shm_size"] is None
    assert config["slurm"] == {"sbatch_args": ["--cluster", "--own"]}
    assert config["preemption_timeout"] == 60
    assert [policy["pattern"] for policy in config["log_policies"]] == ["mine", ".*uncorrectable ECC error encountered.*"]
    counts = {name: config["checkpoint_storage"][f"save_{name}"] for name in ("experiment_best", "trial_best", "trial_latest")}
    assert counts == {"experiment_best": 0, "trial_best": 3, "trial_latest": 4}


def test_unions_keep_the_higher_shape() -> None:
    low = {
        "checkpoint_storage": {"type": "s3", "bucket": "b", "save_trial_best": 7},
        "searcher": {"name": "random", "metric": "acc", "max_trials": 3},
    }
    high = {"checkpoint_storage": {"type": "azure", "account_url": "u"}, "searcher": {"name": "single"}}
    merged = experiment.merge(high, low)
    assert merged["checkpoint_storage"] == {"type": "azure", "account_url": "u", "save_trial_best": 7}
    assert merged["searcher"] == {"name": "single", "metric": "acc"}
    azure = {"checkpoint_storage": {"type": "azure", "container": "c", "connection_string": "s"}}
    assert experiment.merge(high, azure)["checkpoint_storage"] == {"type": "azure", "container": "c", "account_url": "u"}


def test_hyperparameters_are_shown_in_one_form() -> None:
    told = {"hyperparameters": {"lr": 0.1, "group": {"n": None, "r": {"type": "int", "minval": 0, "maxval": 2}}, "list": [1]}}
    shown = experiment.hyperparameters(told)
    assert shown == {
        "lr": {"type": "const", "val": 0.1},
        "group": {"n": {"type": "const", "val": None}, "r": {"type": "int", "minval": 0, "maxval": 2}},
        "list": {"type": "const", "val": [1]},
    }
    assert experiment.hyperparameters({"hyperparameters": shown}) == shown


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("labels: {a: true}", "<config>.labels: expected array or null, but got object"),
        ("max_restarts: 1.5", "<config>.max_restarts: expected integer or null, but got number"),
        ("max_restarts: true", "<config>.max_restarts: expected integer or null, but got boolean"),
        ("checkpoint_policy: some", '<config>.checkpoint_policy: value must be one of <nil>, "best", "all", "none"'),
        ("environment: {image: [a]}", "<config>.environment.image: is neither a string nor a map of cpu, cuda, or rocm to strings"),
        ("environment: {ports: {a: b}}", "<config>.environment.ports.a: expected integer or null, but got string"),
        ("resources: {devices: [x]}", "<config>.resources.devices[0]: must be a device in the form host_path:container_path[:mode]"),
        (
            "reproducibility: {experiment_seed: 4294967296}",
            "<config>.reproducibility.experiment_seed: must be <= 4294967295 but found 4294967296",
        ),
        (
            "hyperparameters: {a: {type: categorical, vals: []}}",
            "<config>.hyperparameters.a.vals: must have at least one value to choose from",
        ),
        ("bind_mounts: [{host_path: a, container_path: .}]", "<config>.bind_mounts[0].host_path: host_path must be an absolute path"),
        ("bind_mounts: [null]", "<config>.bind_mounts[0]: expected object, but got null"),
        ("entrypoint: [a, 1]", "<config>.entrypoint[1]: expected string, but got number"),
        ("tensorboard_storage: {type: tape}", "<config>.tensorboard_storage: is not an object where"),
    ],
)
def test_refusals_name_the_place(more: str, line: str) -> None:
    text = refusal(SMALL + more + "\n")
    assert text.startswith("invalid experiment configuration: version 0 experiment config is invalid: config is invalid: ")
    assert line in text


def test_refusals_before_and_after_the_layers() -> None:
    assert refusal("a: [") == "invalid experiment configuration: not valid YAML: line 2, column 1: did not find expected node content"
    assert "<config>: expected object, but got array" in refusal("[1]")
    assert refusal(SMALL + "workspace: w\n") == "workspace and project must both be included in config if one is provided"
    resolved(SMALL + "workspace: w\n", placed=True)
    assert refusal(SMALL.replace("entrypoint: python3 t.py\n", "")) == "managed experiments require entrypoint"
    resolved(SMALL.replace("entrypoint: python3 t.py\n", ""), managed=False)
    assert refusal(SMALL, Defaults()).endswith("config is invalid or incomplete: <config>: checkpoint_storage is a required property")
    assert refusal(SMALL, Defaults(template={"zzz": 1})).startswith("template: ")
    grid = Defaults(template={"hyperparameters": {"a": {"type": "int", "minval": 0, "maxval": 3}}}, master_storage=STORAGE)
    assert "incomplete: <config>.hyperparameters.a: grid search is in use" in refusal(SMALL.replace("single", "grid"), grid)


def test_secrets_are_hidden_from_readers_only() -> None:
    text = SMALL + "data: {secrets: {key: hush, deep: {a: 1}}, open: yes}\n"
    made = resolved(text, pool="p")
    assert made.config["data"] == {"secrets": {"key": "hush", "deep": {"a": 1}}, "open": True}
    hidden = {"secrets": {"key": "********", "deep": "********"}, "open": True}
    assert made.masked["data"] == made.echo["data"] == hidden
    assert (made.masked["resources"]["resource_pool"], made.echo["resources"]["resource_pool"]) == ("p", "")
    assert "hush" not in made.masked_json + made.echo_json + made.original
    assert json.loads(made.original)["data"] == hidden
    assert resolved(SMALL).original == SMALL
    spelled = SMALL + 'data: {"\\x73ecrets": {key: hush}}\n'
    assert "hush" not in resolved(spelled).original


def test_memory_sizes_become_bytes() -> None:
    for told, size in (("4G", 4 << 30), ("1.5 gb", 3 << 29), ("512KiB", 512 << 10), ("7 b", 7), (9, 9)):
        assert resolved(SMALL + f"resources: {{shm_size: {json.dumps(told)}}}\n").config["resources"]["shm_size"] == size


def test_what_is_asked_of_the_cluster() -> None:
    asked = experiment.asked(SMALL + "workspace: w\nproject: p\n", {"resources": {"resource_pool": "gpus", "slots_per_trial": 4}})
    assert (asked.workspace, asked.project, asked.resource_pool, asked.slots_per_trial) == ("w", "p", "gpus", 4)
    assert experiment.asked("{}").slots_per_trial == 1


def test_warnings() -> None:
    assert resolved(SMALL).warnings == ()
    [warning] = resolved(SMALL.replace("metric: loss", "metric: loss, max_length: 5")).warnings
    assert "max_length" in warning


def test_a_change_of_a_stored_configuration_is_checked() -> None:
    config = resolved(SMALL).config
    experiment.check_complete(config)
    with pytest.raises(InvalidArgument, match=r"<config>\.resources\.priority: must be <= 99 but found 100"):
        experiment.check_complete(config | {"resources": config["resources"] | {"priority": 100}})


def test_large_input_costs_little() -> None:
    wrong = refusal(json.dumps({"labels": [1] * 300_000}))
    assert "<config>.labels[0]: expected string, but got number" in wrong
    assert "... and 299950 more" in wrong
    assert len(wrong) < 10_000
    deep: dict[str, Any] = {str(i): {} for i in range(50_000)}
    for _ in range(80):
        deep = {"x" * 5000: deep}
    assert len(refusal(json.dumps({"hyperparameters": deep, "name": 5}))) < 2_000
    assert len(refusal(json.dumps({"y" * 500_000: 1}))) < 1_000
    start = time.process_time()
    resolved(SMALL + "hyperparameters: " + json.dumps({f"h{i}": i for i in range(10_000)}))
    assert time.process_time() - start < 2


def test_speed() -> None:
    def each(count: int) -> float:
        start = time.process_time()
        for i in range(count):
            resolved(f"{SMALL}description: speed {start} {i}\n")
        return (time.process_time() - start) / count

    assert min(each(50) for _ in range(5)) < 0.001
