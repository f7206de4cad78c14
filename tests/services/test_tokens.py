"""Access tokens: how long they live, who may see and change them."""

import pytest

from undeterred.config.master_words import Token as Limits
from undeterred.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, Unauthenticated
from undeterred.services import identity, tokens
from undeterred.services.identity import Caller, token_hash
from undeterred.store.db import Database
from undeterred.wire.tokens import GetAccessTokensRequest, PatchAccessTokenRequest, PostAccessTokenRequest

HOUR_US = 3600 * 10**6
LIMITS = Limits()


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("720h", 720 * HOUR_US),
        ("1h30m", 90 * 60 * 10**6),
        ("0", 0),
        ("0s", 0),
        ("1.5s", 1_500_000),
        ("-2h", -2 * HOUR_US),
        ("+1us", 1),
        (".5ms", 500),
    ],
)
def test_durations(text: str, us: int) -> None:
    assert tokens.duration_us(text) == us


@pytest.mark.parametrize("text", ["", "30", "5d", "h", "-", ".h", "1h2", "1e3s", "9999999999h", " 1h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        tokens.duration_us(text)


def test_lifespans_have_a_maximum() -> None:
    day = 24 * HOUR_US
    assert tokens.lifespan_us(None, LIMITS) == tokens.lifespan_us("-1", LIMITS) == 30 * day
    assert tokens.lifespan_us("-1", Limits(max_lifespan_days=-1)) == 106_751 * day
    for text in ("720h1s", "-2h", "5d"):
        with pytest.raises(InvalidArgument):
            tokens.lifespan_us(text, LIMITS)


def test_a_token_acts_as_its_user_until_it_is_revoked(db: Database, admin: Caller) -> None:
    made = db.write_now(tokens.create, admin, PostAccessTokenRequest(user_id=2, lifespan="1h"), LIMITS)
    assert db.read_now(identity.find, token_hash(made.token)).user_id == 2
    db.write_now(tokens.patch, admin, PatchAccessTokenRequest(token_id=made.token_id, set_revoked=True))
    with pytest.raises(Unauthenticated, match="revoked"):
        db.read_now(identity.find, token_hash(made.token))
    with pytest.raises(FailedPrecondition):
        db.write_now(tokens.patch, admin, PatchAccessTokenRequest(token_id=made.token_id, description="again"))


def test_only_administrators_make_and_change_them(db: Database, admin: Caller, determined: Caller) -> None:
    made = db.write_now(tokens.create, admin, PostAccessTokenRequest(user_id=2), LIMITS)
    with pytest.raises(PermissionDenied):
        db.write_now(tokens.create, determined, PostAccessTokenRequest(user_id=2), LIMITS)
    with pytest.raises(PermissionDenied):
        db.write_now(tokens.patch, determined, PatchAccessTokenRequest(token_id=made.token_id))
    with pytest.raises(NotFound):
        db.write_now(tokens.create, determined, PostAccessTokenRequest(user_id=99), LIMITS)


def test_lists(db: Database, admin: Caller, determined: Caller) -> None:
    first = db.write_now(tokens.create, admin, PostAccessTokenRequest(user_id=1, lifespan="0s"), LIMITS)
    second = db.write_now(tokens.create, admin, PostAccessTokenRequest(user_id=2), LIMITS)

    def ids(who: Caller, **wanted: object) -> list[int]:
        return [one.id for one in db.read_now(tokens.list_tokens, who, GetAccessTokensRequest(**wanted)).token_info]  # type: ignore[arg-type]

    assert ids(admin) == [second.token_id]
    assert ids(admin, show_inactive=True) == [first.token_id, second.token_id]
    assert ids(admin, token_ids=[first.token_id, 99], show_inactive=True) == [first.token_id]
    assert ids(determined, username="determined") == [second.token_id]
    for name in ("", "admin"):
        with pytest.raises(PermissionDenied):
            ids(determined, username=name)
    with pytest.raises(NotFound):
        ids(admin, username="ghost")
