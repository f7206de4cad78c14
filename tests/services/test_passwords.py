"""Passwords: what clients send, what opens an account."""

import time

import pytest

from undeterred.services import passwords

SENT = "92b42cf8240081093f88a6bdff68749a1ba1a8b878018c7aeca0f94336ce0dff7cd377e8feffebaee57838c8dafeaf2786f9150011269d9084f6429758cfaaf0"


def test_the_form_that_clients_send_is_the_contract_s() -> None:
    assert passwords.as_sent("Det-Test-1234", False) == SENT
    assert passwords.as_sent(SENT, True) == SENT
    assert passwords.as_sent("", False) == ""


def test_only_the_whole_hash_opens() -> None:
    stored = passwords.hash_now(SENT)
    assert stored is not None
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches_now(SENT, stored, True)
    for wrong in (SENT[:72], SENT[:127], SENT + "0", SENT.upper(), "", "Det-Test-1234"):
        assert not passwords.matches_now(wrong, stored, True)


def test_a_blank_password_is_opened_by_nothing_else() -> None:
    assert passwords.hash_now("") is None
    assert passwords.matches_now("", None, True)
    assert not passwords.matches_now(SENT, None, True)
    assert not passwords.matches_now("", None, False)


def test_an_unknown_user_costs_as_much_as_a_known_one() -> None:
    stored = passwords.hash_now(SENT)

    def cost(of: str | None, known: bool) -> float:
        spent = []
        for _ in range(5):
            begun = time.thread_time()
            passwords.matches_now("x" * 128, of, known)
            spent.append(time.thread_time() - begun)
        return min(spent)

    assert cost(None, False) > cost(stored, True) / 3


@pytest.mark.parametrize("text", ["\ud800", "ünï", "x" * 100_000])
def test_any_text_is_a_password(text: str) -> None:
    sent = passwords.as_sent(text, False)
    assert passwords.matches_now(sent, passwords.hash_now(sent), True)
