"""The client against a real server: what is declared can be sent, what comes back is typed, errors are the server's own."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.server import Server, free_port
from undeterred.client import AsyncSession, Session
from undeterred.client.request import prepare
from undeterred.errors import AlreadyExists, InvalidArgument, NotFound, Unauthenticated, Unavailable, WireError
from undeterred.wire.experiments import GetExperimentsRequest, get_experiments
from undeterred.wire.logs import TrialLogsRequest, trial_logs
from undeterred.wire.users import get_me
from undeterred.wire.workspaces import (
    GetWorkspaceRequest,
    GetWorkspacesRequest,
    PostWorkspaceRequest,
    get_workspace,
    get_workspaces,
    post_workspace,
)


@pytest.fixture
def session(server: Server) -> Iterator[Session]:
    with Session.login(server.url) as one:
        yield one


def test_body_path_and_query_arrive(session: Session) -> None:
    made = session.call(post_workspace, PostWorkspaceRequest(name="a b/c")).workspace
    assert made is not None
    found = session.call(get_workspace, GetWorkspaceRequest(id=made.id)).workspace
    assert found is not None
    assert found.name == "a b/c"
    listed = session.call(get_workspaces, GetWorkspacesRequest(name="a b/c", limit=1))
    assert [one.id for one in listed.workspaces] == [made.id]
    with pytest.raises(AlreadyExists):
        session.call(post_workspace, PostWorkspaceRequest(name="a b/c"))


def test_errors_are_the_server_s_own(server: Server, session: Session) -> None:
    with pytest.raises(NotFound, match="not found"):
        session.call(get_workspace, GetWorkspaceRequest(id=99))
    with pytest.raises(InvalidArgument):
        session.call(post_workspace, PostWorkspaceRequest(name=""))
    with Session(server.url) as nobody, pytest.raises(Unauthenticated):
        nobody.call(get_me)
    with pytest.raises(Unauthenticated, match="invalid credentials"):
        Session.login(server.url, password="wrong")
    with pytest.raises(Unavailable, match="does not answer"):
        Session(f"http://127.0.0.1:{free_port()}").call(get_me)
    with pytest.raises(WireError):
        list(session.stream(trial_logs, TrialLogsRequest(trial_id=99)))


def test_a_connection_closed_meanwhile_is_no_failure(server: Server, session: Session) -> None:
    session.call(get_me)
    server.restart()
    assert session.call(get_me).user is not None


def test_awaited_calls_run_side_by_side(server: Server) -> None:
    async def ask() -> list[str]:
        async with await AsyncSession.login(server.url) as session:
            answers = await asyncio.gather(*(session.call(get_me) for _ in range(20)))
            with pytest.raises(WireError):
                async for _line in session.stream(trial_logs, TrialLogsRequest(trial_id=99)):
                    pass
            return [answer.user.username for answer in answers if answer.user]

    assert asyncio.run(ask()) == ["determined"] * 20


def test_a_query_says_only_what_differs() -> None:
    assert prepare(get_experiments, GetExperimentsRequest()).target == "/api/v1/experiments"
    asked = prepare(get_experiments, GetExperimentsRequest(archived=True, limit=1, labels=["a&b", "c"]))
    assert asked.target == "/api/v1/experiments?limit=1&labels=a%26b&labels=c&archived=true"
    assert asked.body is None
