"""Which user of the node a task runs as."""

import json

from undeterred.config.master_words import DefaultTask
from undeterred.services.launching import runs_as


def group(name: str, uid: int) -> str:
    return json.dumps({"agentUid": uid, "agentGid": uid, "agentUser": name, "agentGroup": name})


def test_whom_a_task_runs_as() -> None:
    nobody, none = json.dumps({"agentUid": 0, "agentGid": 0, "agentUser": "", "agentGroup": ""}), DefaultTask()
    default = DefaultTask(user="det-nobody", uid=65533, group="det-nobody", gid=65533)
    assert runs_as(group("w", 1), group("u", 2), default)["agentUid"] == 1
    assert runs_as(None, group("u", 2), default)["agentUid"] == 2
    assert runs_as(None, nobody, default)["agentUid"] == 65533
    assert runs_as(None, None, default)["agentUser"] == "det-nobody"
    assert runs_as(None, None, none) == {}
