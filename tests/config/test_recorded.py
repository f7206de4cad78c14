"""What the recorded master answered to each configuration: the same echo, the same words of refusal."""

import json
from typing import Any

import pytest

from tests.config import contract
from undeterred.config import experiment
from undeterred.errors import InvalidArgument

pytestmark = contract.needed
MASTER = experiment.Defaults(
    task_container_defaults={"preemption_timeout": 3600, "shm_size_bytes": 4294967296, "network_mode": "bridge"},
    master_storage={"type": "shared_fs", "host_path": "/tmp", "storage_path": "determined-cp"},
)
TEMPLATES: dict[str, dict[str, Any]] = {
    step["call"].split("/")[-1]: step["body"]["config"]
    for step in contract.steps("experiments-config")
    if step["call"].startswith("POST /api/v1/templates/")
}
WIDE = {"type": "directory", "container_path": "/wide"}
CREATE = "POST /api/v1/experiments"
CONVERSATIONS = ("experiments-config", "experiments-invalid", "experiments-refused", "experiments")


def creates(*conversations: str) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{name}-{i}", step) for name in conversations for i, step in enumerate(contract.steps(name)) if step["call"] == CREATE]


def resolve(body: dict[str, Any], pool: str | None = "default") -> experiment.Resolved:
    template = TEMPLATES.get(body.get("template", ""))
    placed = "projectId" in body
    storage = WIDE if placed or "workspace: wide" in body["config"] else None
    managed = not body.get("unmanaged")
    defaults = experiment.Defaults(template, MASTER.task_container_defaults, storage, MASTER.master_storage)
    return experiment.resolve(
        body["config"], defaults, seed=5, name="given", pool=pool if managed else None, managed=managed, placed=placed
    )


def shown(step: dict[str, Any]) -> bool:
    answer = step["answer"]
    return step["status"] == 200 and isinstance(answer, dict) and isinstance(answer.get("config"), dict)


def differences(want: Any, got: Any, path: str = "") -> list[str]:
    if want in ("<any>", "<token>"):
        return []
    if isinstance(want, dict) and isinstance(got, dict):
        odd = [f"{path}.{key}: only on one side" for key in want.keys() ^ got.keys()]
        return odd + [line for key in want.keys() & got.keys() for line in differences(want[key], got[key], f"{path}.{key}")]
    return [] if want == got else [f"{path}: {got!r}, expected {want!r}"]


@pytest.mark.parametrize("step", [pytest.param(step, id=name) for name, step in creates(*CONVERSATIONS) if shown(step)])
def test_echo(step: dict[str, Any]) -> None:
    resolved = resolve(step["body"])
    assert differences(step["answer"]["config"], resolved.echo) == []
    told = step["answer"]["experiment"]
    if isinstance(told, dict):
        assert differences(told["config"], resolved.masked) == []
        assert told["originalConfig"] == resolved.original
    json_texts = (resolved.config_json, resolved.masked_json, resolved.echo_json)
    assert all(text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False) for text in json_texts)


# Not the configuration's business: pool, project, capacity, files, parents, warm starts.
ELSEWHERE = ("invalid resource configuration", "not found", "archived", "failed to create experiment")


def refused(step: dict[str, Any]) -> bool:
    error = step["answer"].get("error", {}) if isinstance(step["answer"], dict) else {}
    told = step.get("body")
    return (
        step.get("ours") == 400
        and step["status"] == 500
        and isinstance(told, dict)
        and isinstance(told.get("config", ""), str)
        and not any(word in error.get("error", "") for word in ELSEWHERE)
    )


@pytest.mark.parametrize("step", [pytest.param(step, id=name) for name, step in creates(*CONVERSATIONS) if refused(step)])
def test_refusal(step: dict[str, Any]) -> None:
    body = {"config": ""} | step["body"]
    with pytest.raises(InvalidArgument) as caught:
        resolve(body)
    assert step["answer"]["error"]["error"] in ("<any>", caught.value.text)


@pytest.mark.parametrize("step", [pytest.param(step, id=name) for name, step in creates(*CONVERSATIONS) if step["status"] == 200])
def test_accepted(step: dict[str, Any]) -> None:
    resolve(step["body"])


def refused_by_trace() -> list[Any]:
    file = contract.FOLDER / "traces" / "j3_refused_configs.jsonl"
    told = [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []
    creates = [one for one in told if one["what"] == "action" and one["req"] == CREATE]
    return [one for one in creates if one["status"] == 500 and not any(word in one["resp"]["error"]["error"] for word in ELSEWHERE)]


@pytest.mark.parametrize("action", refused_by_trace())
def test_refused_by_trace(action: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        resolve(action["body"])
    theirs = action["resp"]["error"]["error"]
    assert theirs == caught.value.text or "unmarshal" in theirs or "not valid yaml" in theirs


# The domain's business: what the seed may be, and a method that has no preview.
PREVIEWS_ELSEWHERE = ("seed", "async_halving")


def previews() -> list[Any]:
    steps = [step for step in contract.steps("preview-hp-search") if isinstance((step.get("body") or {}).get("config"), dict)]
    return [pytest.param(s, id=s["why"]) for s in steps if s["status"] != 401 and not any(word in s["why"] for word in PREVIEWS_ELSEWHERE)]


@pytest.mark.parametrize("step", previews())
def test_preview(step: dict[str, Any]) -> None:
    if step["status"] == 200:
        assert experiment.searcher(step["body"]["config"]) == step["answer"]["summary"]["config"]
        return
    with pytest.raises(InvalidArgument) as caught:
        experiment.searcher(step["body"]["config"])
    assert step["answer"]["error"]["error"] in ("<any>", caught.value.text)


def test_policies_win() -> None:
    steps = contract.steps("config-policies")
    step = next(step for step in steps if step.get("why") == "fixed values win and global before workspace")
    by_workspace = {"description": "from workspace", "max_restarts": 1, "resources": {"weight": 3}}
    invariant = experiment.merge({"labels": ["pol"], "max_restarts": 2}, by_workspace)
    defaults = experiment.Defaults(None, MASTER.task_container_defaults, None, MASTER.master_storage, invariant=invariant)
    got = experiment.resolve(step["body"]["config"], defaults, seed=5, name="n", pool="default", managed=True, placed=True)
    assert differences(step["answer"]["config"], got.echo) == []
    assert set(got.config["labels"]) == {"own", "pol"}


def test_unmanaged_by_the_client() -> None:
    told = [json.loads(line) for line in (contract.FOLDER / "unmanaged_trace.jsonl").read_text().splitlines()]
    put = next(call for call in told if call["path"].startswith("/api/v1/experiments/by-external-id/"))
    got = experiment.resolve(put["request"]["config"], MASTER, seed=5, name="n", pool=None, managed=False)
    assert (got.config["name"], got.config["checkpoint_storage"]["container_path"]) == ("unm", "/tmp/task/unm")
    assert (got.config["data"], got.config["labels"], got.config["workspace"]) == ({}, [], "")


def test_enough_was_found() -> None:
    assert len(previews()) >= 30
    assert len([1 for _, step in creates(*CONVERSATIONS) if shown(step)]) >= 45
    assert len([1 for _, step in creates(*CONVERSATIONS) if refused(step)]) >= 55
    assert len(refused_by_trace()) >= 15
