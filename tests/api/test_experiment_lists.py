"""Lists and verbs of experiments over HTTP, where recorded conversations do not go."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.conformance import PASSWORD, fresh_server
from tests.support.server import Server

TEXT = "entrypoint: python3 t.py\nsearcher: {name: single, metric: loss}\nresources: {slots_per_trial: 0}\n"
UNMANAGED = "searcher: {name: single, metric: loss}\n"


class Talk:
    """One user's calls, JSON in and out; `ok` wants 200, `status` tells what came."""

    def __init__(self, server: Server, username: str = "admin") -> None:
        self._server, self._token = server, server.token(username, PASSWORD)

    def ok(self, call: str, body: Any = None) -> Any:
        status, answer = self.said(call, body)
        assert status == 200, (call, body, answer)
        return answer

    def refused(self, call: str, body: Any = None) -> tuple[int, str]:
        status, answer = self.said(call, body)
        return status, answer["error"]["error"]

    def said(self, call: str, body: Any = None) -> tuple[int, Any]:
        verb, path = call.split(" ", 1)
        return self._server.call(verb, f"/api/v1/{path}", body, self._token)

    def create(self, text: str = "", **more: Any) -> int:
        return int(self.ok("POST experiments", {"config": TEXT + text, **more})["experiment"]["id"])

    def ended(self, text: str = "", **more: Any) -> int:
        made = self.create(text, **more)
        self.ok(f"POST experiments/{made}/kill")
        return made

    def ids(self, query: str = "") -> list[int]:
        return [each["id"] for each in self.ok(f"GET experiments?{query}")["experiments"]]

    def results(self, verb: str, body: Any, project: int = 1, method: str = "POST") -> dict[int, str]:
        answer = self.ok(f"{method} projects/{project}/experiments/{verb}", body)
        return {each["id"]: each["error"] for each in answer["results"]}


@pytest.fixture
def talk(store_url: str, serve: Callable[..., Server]) -> Talk:
    return Talk(fresh_server(serve, store_url))


def place(talk: Talk, name: str) -> tuple[int, int]:
    workspace = talk.ok("POST workspaces", {"name": name})["workspace"]["id"]
    return workspace, talk.ok(f"POST workspaces/{workspace}/projects", {"name": name, "workspaceId": workspace})["project"]["id"]


def test_what_is_in_an_archived_place_is_listed_only_there(talk: Talk) -> None:
    workspace, project = place(talk, "a")
    here, there = talk.create(), talk.create(projectId=project)
    talk.ok(f"POST projects/{project}/archive")
    assert (talk.ids("archived=false"), talk.ids(), talk.ids(f"archived=false&projectId={project}")) == ([here], [here, there], [there])
    talk.ok(f"POST projects/{project}/unarchive")
    assert talk.ids("archived=false") == [here, there]
    talk.ok(f"POST workspaces/{workspace}/archive")
    assert (talk.ids("archived=false"), talk.ids("archived=true")) == ([here], [])


def test_by_user_is_by_the_name_that_is_shown(talk: Talk) -> None:
    mine, theirs = talk.create(), int(Talk(talk._server, "determined").create())
    assert talk.ids("sortBy=SORT_BY_USER") == [mine, theirs]
    talk.ok("PATCH users/2", {"displayName": "Aa"})
    assert talk.ids("sortBy=SORT_BY_USER") == [theirs, mine]
    assert talk.ids("sortBy=SORT_BY_USER&orderBy=ORDER_BY_DESC") == [mine, theirs]


def test_a_description_that_was_never_said_sorts_apart_from_an_empty_one(talk: Talk) -> None:
    said, never, empty, patched = talk.create("description: b\n"), talk.create(), talk.create('description: ""\n'), talk.create()
    talk.ok(f"PATCH experiments/{patched}", {"notes": "n"})
    assert talk.ids("sortBy=SORT_BY_DESCRIPTION") == [empty, patched, said, never]
    assert talk.ids("sortBy=SORT_BY_DESCRIPTION&orderBy=ORDER_BY_DESC") == [said, patched, empty, never]
    assert talk.ids("description=%25") == [said, empty, patched]


def test_labels_come_with_commas_and_the_most_used_first(talk: Talk) -> None:
    both, one, none = talk.create("labels: [a, b]\n"), talk.create("labels: [b]\n"), talk.create()
    assert [talk.ids(query) for query in ("labels=a,b", "labels=b", "labels=", "labels=b,")] == [[both], [both, one], [both, one, none], []]
    assert talk.ok("GET experiment/labels")["labels"] == ["b", "a"]
    assert talk.results("archive", {"filters": {"labels": ["a,b"]}}) == {}
    talk.ok(f"POST experiments/{both}/kill")
    assert talk.results("archive", {"filters": {"labels": ["a,b"]}}) == {both: ""}


def test_a_list_tells_the_best_trials_outside_name_and_pachyderm(talk: Talk) -> None:
    made = talk.ok("PUT experiments/by-external-id/e", {"config": UNMANAGED, "unmanaged": True})["experiment"]["id"]
    trial = {"createTrialRequest": {"experimentId": made, "hparams": {}, "unmanaged": True}, "externalTrialId": "best"}
    talk.ok("PUT trials", trial)
    talk.create("integrations: {pachyderm: {dataset: {project: p, repo: r, commit: c, branch: b, token: t}}}\n")
    outside, sea = talk.ok("GET experiments")["experiments"]
    assert (outside["externalTrialId"], outside["externalExperimentId"]) == ("best", "e")
    assert "externalTrialId" not in sea
    assert "pachydermIntegration" not in outside
    assert sea["pachydermIntegration"]["dataset"]["repo"] == "r"
    assert talk.ok(f"GET experiments/{sea['id']}")["experiment"]["pachydermIntegration"] == sea["pachydermIntegration"]


def test_only_what_waits_or_runs_has_a_place_in_the_queue(talk: Talk) -> None:
    made = talk.create(activate=True)
    assert talk.ok(f"GET experiments/{made}")["jobSummary"] == {"state": "STATE_QUEUED", "jobsAhead": 0}
    talk.ok(f"POST experiments/{made}/pause")
    assert talk.ok(f"GET experiments/{made}")["jobSummary"] is None


def test_states_asked_for_go_before_those_that_a_verb_means(talk: Talk) -> None:
    paused, active, ended = talk.create(), talk.create(activate=True), talk.ended()
    assert talk.results("pause", {"filters": {"states": ["STATE_PAUSED"]}}) == {paused: ""}
    terminal = "rpc error: code = FailedPrecondition desc = experiment in terminal state"
    assert talk.results("activate", {"filters": {"states": ["STATE_CANCELED", "STATE_ACTIVE"]}}) == {active: "", ended: terminal}
    assert talk.results("kill", {"filters": {"states": ["STATE_CANCELED"]}}) == {ended: ""}
    assert talk.results("archive", {"filters": {"states": ["STATE_PAUSED"]}}) == {}
    assert talk.results("kill", {"filters": {}}) == {paused: "", active: ""}


def test_project_minus_one_is_every_project(talk: Talk) -> None:
    _, project = place(talk, "a")
    here, there = talk.create(), talk.create(projectId=project)
    assert talk.results("kill", {"experimentIds": [here, there]}, project=-1) == {here: "", there: ""}
    assert talk.results("archive", {"filters": {"projectId": project}}, project=-1) == {there: ""}
    assert talk.results("archive", {"filters": {}}, project=0) == {}


def test_moving_leaves_what_is_archived_where_it_is(talk: Talk) -> None:
    _, source = place(talk, "a")
    _, target = place(talk, "b")
    plain, archived = talk.ended(projectId=source), talk.ended(projectId=source)
    talk.ok(f"POST experiments/{archived}/archive")
    told = "rpc error: code = FailedPrecondition desc = Experiment is archived."
    assert talk.results("move", {"experimentIds": [archived], "destinationProjectId": target}, source) == {archived: told}
    assert talk.results("move", {"filters": {}, "destinationProjectId": target}, source) == {plain: ""}
    assert talk.refused(f"POST experiments/{archived}/move", {"destinationProjectId": 999}) == (
        400,
        f"experiment ({archived}) is archived and cannot be moved",
    )
    talk.ok(f"POST experiments/{archived}/unarchive")
    talk.ok(f"POST projects/{source}/archive")
    assert talk.results("move", {"experimentIds": [archived], "destinationProjectId": target}, source) == {archived: told}
    assert talk.results("move", {"filters": {}, "destinationProjectId": target}, source) == {}


def test_logs_of_many_are_kept_for_those_that_have_ended(talk: Talk) -> None:
    ended, archived, paused = talk.ended(), talk.ended(), talk.create()
    talk.ok(f"POST experiments/{archived}/archive")
    told = "rpc error: code = FailedPrecondition desc = experiment in non terminal state 'PAUSED', try again later"
    assert talk.results("retain_logs", {"filters": {}, "numDays": 7}, method="PUT") == {ended: "", paused: told}
    wrong = "<config>.retention_policy.log_retention_days: must be >= -1 but found -2"
    assert talk.results("retain_logs", {"experimentIds": [ended], "numDays": -2}, method="PUT") == {
        ended: f"patching experiment {ended}: refusing to save invalid experiment config: config is invalid or incomplete: {wrong}"
    }


def test_an_archived_one_that_runs_again(talk: Talk) -> None:
    made = talk.ended()
    talk.ok(f"POST experiments/{made}/archive")
    talk.ok("POST experiments/continue", {"id": made})
    talk.ok(f"POST experiments/{made}/activate")
    assert talk.refused(f"POST experiments/{made}/unarchive") == (400, "Experiment is not in terminal state.")
    assert talk.refused(f"POST experiments/{made}/archive") == (400, "Experiment is already archived.")
    assert talk.refused(f"POST experiments/{made}/kill") == (404, f"experiment '{made}' not found")


def test_what_cannot_be_made_or_continued(talk: Talk) -> None:
    _, project = place(talk, "a")
    pool = "invalid resource configuration: rpc error: code = InvalidArgument desc = resource pool nope does not exist or is not available to workspace id 2"
    text = TEXT.replace("slots_per_trial: 0", "slots_per_trial: 0, resource_pool: nope")
    assert talk.refused("POST experiments", {"config": text, "projectId": project}) == (400, pool)
    talk.ok(f"POST workspaces/{talk.ok('POST workspaces', {'name': 'old'})['workspace']['id']}/archive")
    for name in ("old", "older"):
        told = "workspace is archived and cannot add new experiments" if name == "old" else f"workspace/project '{name}/x' not found"
        refused = talk.refused("POST experiments", {"config": f"{TEXT}workspace: {name}\nproject: x\n"})
        assert refused == (400 if name == "old" else 404, told)
    made = talk.create()
    fork = {"config": UNMANAGED, "unmanaged": True, "parentId": made}
    assert talk.refused("PUT experiments/by-external-id/x", fork) == (400, "can't fork into an unmanaged experiment")
    assert talk.said("POST experiments/continue", {"id": made, "overrideConfig": "project: a\n"})[1]["error"]["code"] == 3
    assert talk.said("POST experiments/continue", {"id": made})[1]["error"]["code"] == 9


def test_a_patch_of_labels_is_told_in_the_config(talk: Talk) -> None:
    made = talk.create('name: ""\n')
    for body, labels in (({"labels": []}, []), ({"notes": "n", "name": ""}, None), ({"labels": ["a"]}, ["a"]), ({"labels": []}, [])):
        talk.ok(f"PATCH experiments/{made}", body)
        config = talk.ok(f"GET experiments/{made}")["config"]
        assert config["labels"] == labels, body
    assert config["description"] == ""
