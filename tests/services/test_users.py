"""Users: names, changes and what they do to sessions, for administrators and others."""

from collections.abc import Callable

import pytest

from undeterred.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, Unauthenticated
from undeterred.services import auth, identity, old_users, users
from undeterred.services.identity import Caller, token_hash
from undeterred.services.old_users import OldPost
from undeterred.store import sessions
from undeterred.store import users as rows
from undeterred.store.db import Database, Tx
from undeterred.wire.users import (
    AgentUserGroup,
    GetUsersRequest,
    GetUsersRequestSortBy,
    PatchUser,
    PatchUsersRequest,
    PostUserRequest,
    User,
)


def login(db: Database, user_id: int) -> str:
    """A new session of a user; its token's hash."""
    token = auth.new_token()
    row = db.read_now(rows.by_id, user_id)
    assert row is not None
    db.write_now(auth.open_session, row, token)
    return token_hash(token)


def lives(db: Database, hashed: str) -> bool:
    try:
        return db.read_now(identity.find, hashed).user_id > 0
    except Unauthenticated:
        return False


def access(db: Database, user_id: int) -> str:
    """A new access token of a user; its hash."""

    def insert(tx: Tx) -> None:
        sessions.insert(tx, user_id, sessions.ACCESS, f"hash-{user_id}", tx.now + 10**9)

    db.write_now(insert)
    return f"hash-{user_id}"


@pytest.mark.parametrize(
    ("change", "login_stays", "access_stays"),
    [
        (PatchUser(display_name="Ann"), True, False),
        (PatchUser(display_name="Ann", active=True), True, True),
        (PatchUser(display_name="", admin=False), True, True),
        (PatchUser(agent_user_group=AgentUserGroup()), True, True),
        (PatchUser(password="x"), False, False),
        (PatchUser(remote=True), False, False),
        (PatchUser(), True, True),
    ],
)
def test_which_changes_end_sessions(
    db: Database, admin: Caller, somebody: Callable[..., Caller], change: PatchUser, login_stays: bool, access_stays: bool
) -> None:
    ann = somebody("ann")
    session, token = login(db, ann.user_id), access(db, ann.user_id)
    db.write_now(users.patch, admin, ann.user_id, change, "new hash")
    assert (lives(db, session), lives(db, token)) == (login_stays, access_stays)


def test_a_new_password_ends_logins_and_leaves_access_tokens(db: Database, somebody: Callable[..., Caller]) -> None:
    ann = somebody("ann")
    session, token = login(db, ann.user_id), access(db, ann.user_id)
    db.write_now(users.set_password, ann, ann.user_id, "new hash")
    assert (lives(db, session), lives(db, token)) == (False, True)


def test_a_session_is_refused_when_the_password_changed_meanwhile(db: Database, admin: Caller, somebody: Callable[..., Caller]) -> None:
    checked = db.read_now(rows.by_id, somebody("ann").user_id)
    assert checked is not None
    db.write_now(users.set_password, admin, checked.id, "new hash")
    with pytest.raises(Unauthenticated):
        db.write_now(auth.open_session, checked, auth.new_token())


def test_others_may_not_change_what_is_not_theirs(db: Database, determined: Caller, somebody: Callable[..., Caller]) -> None:
    ann = somebody("ann")
    before = db.read_now(rows.by_id, ann.user_id)
    refused = [
        PatchUser(display_name="Ha"),
        PatchUser(username="ha"),
        PatchUser(password="ha"),
        PatchUser(admin=True),
        PatchUser(remote=False),
    ]
    for change in refused:
        with pytest.raises(PermissionDenied):
            db.write_now(users.patch, determined, ann.user_id, change, None)
    with pytest.raises(PermissionDenied):
        db.write_now(users.set_password, determined, ann.user_id, None)
    assert db.read_now(rows.by_id, ann.user_id) == before


def test_one_refused_field_refuses_all(db: Database, somebody: Callable[..., Caller]) -> None:
    ann = somebody("ann")
    with pytest.raises(PermissionDenied):
        db.write_now(users.patch, ann, ann.user_id, PatchUser(display_name="Ann", admin=True), None)
    assert db.read_now(users.get, ann.user_id).display_name == ""


def test_names(db: Database, admin: Caller) -> None:
    def make(name: str, **fields: object) -> User:
        wanted = PostUserRequest(user=User(username=name, **fields))  # type: ignore[arg-type]
        return db.write_now(users.create, admin, wanted, None)

    assert make("  dave jones ").username == "dave jones"
    assert make("ADMIN", admin=True).username == "ADMIN"
    for wrong in ("x", "zoë", "bell\x07", "Admin", "Determined", "  y "):
        with pytest.raises(InvalidArgument):
            make(wrong)
    with pytest.raises(AlreadyExists):
        make(" dave jones")


def test_many_at_once(db: Database, admin: Caller, determined: Caller, somebody: Callable[..., Caller]) -> None:
    ann, ben = somebody("ann"), somebody("ben")
    wanted = PatchUsersRequest(user_ids=[ann.user_id, 999, ann.user_id])
    answer = db.write_now(users.patch_many, admin, wanted)
    assert [(one.id, one.error) for one in answer.results] == [(ann.user_id, ""), (999, ""), (ann.user_id, "")]
    assert not db.read_now(users.get, ann.user_id).active
    assert db.read_now(users.get, ben.user_id).active
    refused = db.write_now(users.patch_many, determined, PatchUsersRequest(user_ids=[ann.user_id], activate=True))
    assert refused.results[0].error
    assert not db.read_now(users.get, ann.user_id).active


def test_lists(db: Database, somebody: Callable[..., Caller]) -> None:
    for name in ("bob", "Alice", "carol"):
        somebody(name)

    def names(**wanted: object) -> list[str]:
        return [user.username for user in db.read_now(users.list_users, GetUsersRequest(**wanted)).users]  # type: ignore[arg-type]

    assert names(sort_by=GetUsersRequestSortBy.SORT_BY_USER_NAME) == ["Alice", "admin", "bob", "carol", "determined"]
    assert names(name="AL") == ["Alice"]
    assert names(name="a_i_e") == ["Alice"]
    assert names(admin=True) == ["admin"]
    assert names(offset=-2) == ["Alice", "carol"]
    with pytest.raises(InvalidArgument):
        names(offset=6)
    with pytest.raises(NotFound):
        db.read_now(users.get, 77)


def test_nobody_gets_a_blank_password_on_an_open_network(db: Database, admin: Caller, somebody: Callable[..., Caller]) -> None:
    ann = somebody("ann")
    wanted = PostUserRequest(user=User(username="blank", active=True))
    with pytest.raises(FailedPrecondition, match="blank password"):
        db.write_now(users.create, admin, wanted, None, True)
    assert db.read_now(rows.by_username, "blank") is None
    assert db.write_now(users.create, admin, wanted, "hash", True).username == "blank"
    remote = PostUserRequest(user=User(username="remote", active=True, remote=True))
    away = db.write_now(users.create, admin, remote, None, True)
    with pytest.raises(FailedPrecondition, match="remote would have"):
        db.write_now(users.patch, admin, away.id, PatchUser(remote=False), None, True)
    with pytest.raises(FailedPrecondition):
        db.write_now(users.set_password, admin, ann.user_id, None, True)
    with pytest.raises(FailedPrecondition):
        db.write_now(old_users.create, admin, OldPost(username="old"), True)
    asleep = db.write_now(users.create, admin, PostUserRequest(user=User(username="asleep")), None)
    with pytest.raises(FailedPrecondition, match="asleep would have"):
        db.write_now(users.patch_many, admin, PatchUsersRequest(user_ids=[asleep.id], activate=True), True)
    assert not db.read_now(users.get, asleep.id).active
