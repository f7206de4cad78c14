"""Settings: kept whole requests at a time, in one canonical form."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undeterred.errors import InvalidArgument
from undeterred.services import user_settings
from undeterred.services.identity import Caller
from undeterred.services.user_settings import canonical
from undeterred.store.db import Database
from undeterred.wire.user_settings import UserWebSetting


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ('{"b": [1,2.50,1e3], "a": null}', '{"a": null, "b": [1, 2.50, 1000]}'),
        ('{"a":1,"a":2,"ä":"\\u00fc <b>"}', '{"a": 2, "ä": "ü <b>"}'),
        ('{"bb":1,"c":2}', '{"c": 2, "bb": 1}'),
        ("-0", "0"),
        ("100000000000000000000.10", "100000000000000000000.10"),
        ("  [ ]  ", "[]"),
        ('"a\\tb"', '"a\\tb"'),
    ],
)
def test_the_canonical_form(sent: str, kept: str) -> None:
    assert canonical(sent) == kept


@pytest.mark.parametrize("text", ["dark", " ", "{", "NaN", "1e999999", '"\\u0000"', '"\\ud800"', "[" * 100_000, "[1] 2"])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(InvalidArgument):
        canonical(text)


LEAVES = st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner), max_leaves=20))
def test_it_means_the_same_and_is_stable(value: object) -> None:
    kept = canonical(json.dumps(value))
    assert json.loads(kept) == value
    assert canonical(kept) == kept


def test_keep_replace_and_remove(db: Database, admin: Caller, determined: Caller) -> None:
    def keep(*settings: tuple[str, str, str]) -> None:
        db.write_now(user_settings.keep, admin, [UserWebSetting(storage_path=p, key=k, value=v) for p, k, v in settings])

    def kept() -> list[tuple[str, str, str]]:
        return [(one.storage_path, one.key, one.value) for one in db.read_now(user_settings.of, admin.user_id)]

    keep(("ui", "theme", '"dark"'), ("ui", "page", "1"), ("ui", "page", "2"))
    assert kept() == [("ui", "page", "2"), ("ui", "theme", '"dark"')]
    with pytest.raises(InvalidArgument):
        keep(("ui", "page", "3"), ("ui", "bad", "{"))
    assert kept() == [("ui", "page", "2"), ("ui", "theme", '"dark"')]
    keep(("ui", "page", ""), ("ui", "never", ""))
    assert kept() == [("ui", "theme", '"dark"')]
    db.write_now(user_settings.reset, determined)
    assert kept() == [("ui", "theme", '"dark"')]
    db.write_now(user_settings.reset, admin)
    assert kept() == []
