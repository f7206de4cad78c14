"""The real `det` 0.38.1, command by command, against a real server: what people type, and what they see."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.support.det import Det
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(360)]

ADMIN_WORDS = ("Forbidden", "Please contact your administrator")
NOT_BUILT = "is not built yet: docs/compatibility.md lists what is"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a model directory, its configuration and a configuration that never ends."""
    folder = tmp_path / "work"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "train.py").write_text(walk.STEPS)
    short = walk.config(environment=walk.environ(STEPS=6, PAUSE=0.02, EVERY=3))
    long = walk.config(name="long", environment=walk.environ(STEPS=100_000, PAUSE=0.1))
    (folder / "short.yaml").write_text(yaml.safe_dump(short))
    (folder / "long.yaml").write_text(yaml.safe_dump(long))
    return folder


def rows(table: str) -> list[dict[str, str]]:
    """The first table that `det` printed."""
    lines = table.splitlines()
    at = next(n for n, line in enumerate(lines) if re.fullmatch(r"-[-+]*-", line))
    cells = [[cell.strip() for cell in line.split("|")] for line in (lines[at - 1], *lines[at + 1 :])]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:] if len(row) == len(cells[0])]


def create(det: Det, here: Path, *words: str, config: str = "short.yaml") -> int:
    found = re.search(r"Created experiment (\d+)", det("experiment", "create", config, "model", *words, cwd=here))
    assert found
    return int(found[1])


def test_a_run_as_people_see_it(det: Det, here: Path) -> None:
    """Log in with a blank password, create and follow, look at it from all sides, fetch the checkpoint both ways."""
    assert "Please change your password" in det("user", "login", "determined", typed="\n")
    assert "determined" in det("user", "whoami")
    followed = det("experiment", "create", "short.yaml", "model", "-f", "--config", "description=by hand", cwd=here)
    assert "Following first trial with ID 1" in followed
    assert [f"line {n}" in followed for n in range(1, 8)] == [True] * 6 + [False]
    assert followed.rstrip().endswith("det trial logs -f 1")

    walk.until_state(det.server, 1, "COMPLETED")
    assert [(row["State"], row["Progress"]) for row in rows(det("experiment", "list"))] == [("COMPLETED", "100.0%")]
    described = det("experiment", "describe", "1", "--metrics")
    assert "by hand" in described
    workloads = rows(described[described.index("Workloads:") :])
    assert [float(row["Training Metric: loss"]) for row in workloads] == pytest.approx([1 / n for n in range(1, 7)], abs=1e-5)
    assert [row["Validation Metric: accuracy"] for row in workloads if row["Validation State"] == "COMPLETED"] == ["0.5", "1"]
    (as_json,) = json.loads(det("experiment", "describe", "1", "--json"))
    assert (as_json["experiment"]["state"], as_json["config"]["entrypoint"]) == ("STATE_COMPLETED", "python3 train.py")
    assert yaml.safe_load(det("experiment", "config", "1"))["searcher"]["metric"] == "accuracy"
    assert [row["# of Batches"] for row in rows(det("experiment", "list-trials", "1"))] == ["6"]
    assert json.loads(det("trial", "describe", "1", "--json"))["trial"]["state"] == "STATE_COMPLETED"

    until_collected(det, 3)
    listed = {row["# of Batches"]: row for row in rows(det("experiment", "list-checkpoints", "1")) if row["UUID"]}
    assert {step: row["State"] for step, row in listed.items()} == {"3": "DELETED", "6": "COMPLETED"}
    best = listed["6"]["UUID"]
    assert rows(det("experiment", "list-checkpoints", "1", "--best", "1"))[0]["UUID"] == best
    assert '"steps_completed": 6' in det("checkpoint", "describe", best)
    for mode in ("direct", "master"):
        det("checkpoint", "download", best, "--mode", mode, "-o", mode, cwd=here)
        assert (here / mode / "step").read_text() == "6"
    det("experiment", "download", "1", "-o", "whole", cwd=here)
    assert (here / "whole" / best / "step").read_text() == "6"
    det("experiment", "download-model-def", "1", "--output-dir", ".", cwd=here)
    assert (here / "experiment_1_model_def.tgz").stat().st_size > 100


def test_logs(det: Det, here: Path) -> None:
    lines = "; ".join(["echo began", "sleep 0.5", "echo 'ERROR: [1] root: late' >&2", "echo '[rank=3] of three'"])
    (here / "sh.yaml").write_text(yaml.safe_dump(walk.config(entrypoint=["sh", "-c", lines])))
    create(det, here, config="sh.yaml")
    everything = det("experiment", "logs", "-f", "1").splitlines()[:-1]
    assert everything == det("trial", "logs", "1").splitlines()[:-1] == det("trial", "logs", "-f", "1").splitlines()[:-1]
    own = [line for line in everything if re.search(r"(began|late|of three)$", line)]
    assert len(own) == 3, everything

    def logs(*filters: str) -> list[str]:
        return det("experiment", "logs", "1", *filters).splitlines()[:-1]

    assert logs("--head", "2") == everything[:2]
    assert logs("--tail", "3") == everything[-3:]
    assert [line[-4:] for line in logs("--level", "ERROR")] == ["late"]
    assert [line[-8:] for line in logs("--rank-id", "3")] == ["of three"]
    stamp = re.match(r"\[(\S+)\]", next(line for line in own if line.endswith("late")))
    assert stamp
    after, before = logs("--timestamp-after", stamp[1]), logs("--timestamp-before", stamp[1])
    assert [any(line.endswith(end) for line in after) for end in ("began", "of three")] == [False, True]
    assert [any(line.endswith(end) for line in before) for end in ("began", "of three")] == [True, False]
    assert logs("--stdtype", "stderr", "--level", "ERROR") == logs("--level", "ERROR")
    assert any("was assigned to an agent" in line for line in logs("--source", "master"))
    record = json.loads(det("experiment", "logs", "1", "--json", "--level", "ERROR").split("Trial log stream")[0])
    assert (record["level"], record["trialId"], record["stdtype"]) == ("LOG_LEVEL_ERROR", 1, "stderr")


def test_a_life_in_commands(det: Det, here: Path) -> None:
    """Paused at birth, activated, paused, moved about in the queue, canceled, archived, continued, deleted."""
    server, number = det.server, create(det, here, "--paused", config="long.yaml")
    assert rows(det("experiment", "list"))[0]["State"] == "PAUSED"
    assert walk.log(server, number) == []
    det("experiment", "activate", "1")
    walk.until_line(server, number, "line 1")
    det("experiment", "pause", "1")
    walk.until_line(server, number, "left ")
    walk.until(lambda: rows(det("slot", "list"))[0]["Allocation ID"] == "FREE", 5, "the slot")
    det("experiment", "activate", "1")
    walk.until_line(server, number, ".2)")
    for words in (("priority", "33"), ("weight", "2"), ("max-slots", "4")):
        det("experiment", "set", words[0], "1", words[1])
    assert [(row["Priority"], row["State"]) for row in rows(det("job", "list"))] == [("33", "STATE_SCHEDULED")]
    assert rows(det("task", "list"))[0]["Name"] == rows(det("slot", "list"))[0]["Task Name"] == "Trial 1 (Experiment 1)"
    assert "Experiment is not in terminal state" in det("experiment", "archive", "1", status=1)
    walk.until_state(server, number, "RUNNING")
    det("experiment", "cancel", "1")
    det("experiment", "wait", "1", "--polling-interval", "1", status=1)
    assert walk.experiment(server, number)["state"] == "STATE_CANCELED"

    det("experiment", "set", "name", "1", "a name")
    det("experiment", "set", "description", "1", "words about it")
    det("experiment", "label", "add", "1", "kept")
    det("experiment", "label", "add", "1", "gone")
    det("experiment", "label", "remove", "1", "gone")
    shown = rows(det("experiment", "describe", "1"))[0]
    assert (shown["Name"], shown["Description"], shown["Labels"]) == ("a name", "words about it", "kept")
    det("experiment", "archive", "1")
    assert rows(det("experiment", "list")) == []
    assert rows(det("experiment", "list", "--all"))[0]["Archived"] == "True"
    det("experiment", "unarchive", "1")

    (here / "end.yaml").write_text(yaml.safe_dump({"environment": walk.environ(STEPS=1)}))
    assert "Continued experiment 1" in det("experiment", "continue", "1", "--config-file", "end.yaml", cwd=here)
    walk.until_state(server, number, "COMPLETED")
    kept = ["--save-experiment-best", "0", "--save-trial-best", "0", "--save-trial-latest", "0", "--yes"]
    det("experiment", "set", "gc-policy", "1", *kept)
    until_collected(det)
    det("experiment", "delete", "1", "--yes")
    walk.until(lambda: server.call("GET", "/api/v1/experiments/1")[0] == 404, 20, "the experiment to be deleted")
    assert "experiment '1' not found" in det("experiment", "describe", "1", status=1)


def until_collected(det: Det, step: int = 0) -> None:
    """Wait until all checkpoints of experiment 1 (of one step) are removed."""

    def look() -> bool:
        found = walk.get(det.server, "/api/v1/experiments/1/checkpoints")["checkpoints"]
        return {c["state"] for c in found if step in (0, c["metadata"]["steps_completed"])} == {"STATE_DELETED"}

    walk.until(look, 20, "checkpoints to be collected")


def test_kill_and_what_is_refused(det: Det, here: Path) -> None:
    create(det, here, config="long.yaml")
    walk.until_line(det.server, 1, "line 1")
    det("experiment", "kill", "1")
    walk.until_state(det.server, 1, "CANCELED", timeout_s=5)
    create(det, here, config="long.yaml")
    walk.until_line(det.server, 2, "line 1")
    assert "Killed trial 2" in det("trial", "kill", "2")
    walk.until_state(det.server, 2, "CANCELED", timeout_s=5)
    (here / "odd.yaml").write_text(yaml.safe_dump(walk.config(max_restarts="many")))
    for words, told in (
        (("experiment", "create", "odd.yaml", "model"), "max_restarts"),
        (("experiment", "describe", "99"), "experiment '99' not found"),
        (("experiment", "logs", "99"), "experiment '99' not found"),
        (("trial", "logs", "99"), "trial '99' not found"),
        (("checkpoint", "describe", "00000000-0000-4000-8000-000000000000"), "not found"),
        (("cmd", "run", "echo"), f"LaunchCommand {NOT_BUILT}"),
        (("cmd", "list"), f"GetCommands {NOT_BUILT}"),
        (("shell", "start"), f"LaunchShell {NOT_BUILT}"),
        (("notebook", "start"), f"LaunchNotebook {NOT_BUILT}"),
        (("tensorboard", "start", "1"), f"LaunchTensorboard {NOT_BUILT}"),
    ):
        said = det(*words, cwd=here, status=1)
        assert told in said, said
        assert "Traceback" not in said, said
    assert len(rows(det("experiment", "list", "--all"))) == 2, "what was refused left nothing"


def test_the_cluster_and_its_users(det: Det) -> None:
    assert "version: 0.38.1" in det("version")
    det("user", "login", "determined", typed="\n")
    assert yaml.safe_load(det("master", "info"))["version"] == "0.38.1"
    (agent,) = rows(det("agent", "list"))
    assert (agent["Slots"], agent["Enabled"]) == ("1", "True")
    node = agent["Agent ID"]
    for refused in (("master", "config", "show"), ("user", "create", "eve", "--password", "Eve-Pass-1234"), ("slot", "disable", node, "0")):
        assert all(word in det(*refused, status=1) for word in ADMIN_WORDS)
    assert [row["Username"] for row in rows(det("user", "list"))] == ["admin", "determined"]

    det("user", "login", "admin", typed="\n")
    assert yaml.safe_load(det("master", "config", "show"))["checkpoint_storage"]["type"] == "shared_fs"
    det("slot", "disable", node, "0")
    assert [(row["Type"], row["Enabled"]) for row in rows(det("slot", "list"))] == [("cpu", "False")]
    det("slot", "enable", node, "0")
    det("user", "create", "bob", "--password", "Bob-Pass-1234")
    det("user", "edit", "bob", "--display-name", "Bob B.")
    det("user", "link-with-agent-user", "bob", "--agent-uid", "1000", "--agent-user", "b", "--agent-gid", "1000", "--agent-group", "g")
    bob = rows(det("user", "list"))[-1]
    assert (bob["Username"], bob["Display Name"], bob["Agent Uid"], bob["Admin"]) == ("bob", "Bob B.", "1000", "False")
    assert "Invalid username/password combination" in det("user", "login", "bob", status=1, typed="\n")
    det("user", "login", "bob", typed="Bob-Pass-1234\n")
    det("user", "change-password", typed="New-Pass-1234\nNew-Pass-1234\n")
    det("user", "login", "bob", status=1, typed="Bob-Pass-1234\n")
    det("user", "login", "bob", typed="New-Pass-1234\n")
    det("user", "logout")


def test_workspaces_projects_templates_models(det: Det, here: Path) -> None:
    det("workspace", "create", "lab")
    det("project", "create", "lab", "digits")
    assert [row["Name"] for row in rows(det("workspace", "list"))] == ["Uncategorized", "lab"]
    (here / "template.yaml").write_text("description: from the template\nresources: {priority: 17}\n")
    det("template", "create", "quick", "template.yaml", cwd=here)
    assert yaml.safe_load(det("template", "describe", "quick"))["resources"] == {"priority": 17}
    create(det, here, "--template", "quick", "--config", "workspace=lab", "--config", "project=digits")
    walk.until_state(det.server, 1, "COMPLETED")
    shown = yaml.safe_load(det("experiment", "config", "1"))
    assert (shown["description"], shown["resources"]["priority"]) == ("from the template", 17)
    assert [row["ID"] for row in rows(det("project", "list-experiments", "lab", "digits"))] == ["1"]
    det("experiment", "move", "1", "Uncategorized", "Uncategorized")
    assert rows(det("project", "list-experiments", "lab", "digits")) == []

    best = rows(det("experiment", "list-checkpoints", "1", "--best", "1"))[0]["UUID"]
    det("model", "create", "net")
    det("model", "register-version", "net", best)
    assert best in det("model", "list-versions", "net")
    assert "registered to net" in det("checkpoint", "delete", best, "--yes", status=1)
    assert [row["Name"] for row in rows(det("model", "list"))] == ["net"]
    det("template", "remove", "quick")
    det("project", "delete", "lab", "digits", "--yes")
    det("workspace", "delete", "lab", "--yes")
    assert [row["Name"] for row in rows(det("workspace", "list"))] == ["Uncategorized"]
