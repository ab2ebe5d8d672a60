"""How passwords are kept and which are taken."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts.identity import passwords
from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from infra.local.cloud import LAYERS

SALT = bytes(range(limits.ARGON2_SALT_BYTES))
CONTEXT = ("Anna.Verdi@studio-bianchi.example", "Anna Verdi")
KNOWN = tuple(sorted(["dragon", "francesco", "international", "password", "qwertyuiop", "sole"]))
OWN = passwords.words(CONTEXT)


@pytest.fixture
def block_list(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The real one, of the layer."""
    folder = LAYERS / "words"
    if not (folder / passwords.BLOCK_LIST).is_file():
        pytest.skip("the layer is not built")
    monkeypatch.setenv("WORDS", str(folder))
    passwords.block_list.cache_clear()
    return passwords.block_list()


# ------------------------------------------------------------------ kept
def test_a_password_is_kept_by_the_floor_of_owasp() -> None:
    encoded = passwords.make("cavallo batteria", SALT)
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    # A library that is not this module reads it.
    assert PasswordHasher().verify(encoded, "cavallo batteria")
    assert passwords.matches(encoded, "cavallo batteria")
    assert not passwords.matches(encoded, "cavallo batteria ")
    assert not passwords.is_outdated(encoded)


def test_what_was_made_with_less_is_outdated_and_still_opens() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("vecchia parola")
    assert passwords.matches(weak, "vecchia parola")
    assert passwords.is_outdated(weak)


def test_the_dummy_costs_as_much_and_opens_to_nothing() -> None:
    dummy = passwords.dummy()
    assert not passwords.is_outdated(dummy)
    assert len(dummy) == len(passwords.make("x", SALT))
    assert not passwords.matches(dummy, "")
    assert not passwords.matches(dummy, "\0" * 32)


@pytest.mark.parametrize(
    ("one", "other"),
    [("caffè lungo è", unicodedata.normalize("NFD", "caffè lungo è")), ("ﬁlo ﬁlo", "filo filo")],
)
def test_the_same_signs_from_another_keyboard_are_the_same(one: str, other: str) -> None:
    assert one != other
    assert passwords.matches(passwords.make(one, SALT), other)


# ------------------------------------------------------------------ taken
def refused(text: str, *, alone: bool = False) -> str:
    try:
        passwords.require(text, CONTEXT, alone=alone)
    except Rejected as failure:
        return failure.code
    return ""


def test_lengths(block_list: tuple[str, ...]) -> None:
    assert block_list
    base = "è il gatto di Zoe che dorme "
    assert refused(base[: limits.PASSWORD_CHARS - 1]) == "password_too_short"
    assert refused(base[: limits.PASSWORD_CHARS]) == ""
    assert refused(base[:14], alone=True) == "password_too_short"
    assert refused(base[:15], alone=True) == ""
    long = (base * 6)[: limits.PASSWORD_CHARS_MAX]
    assert refused(long) == ""
    assert refused(long + "x") == "password_too_long"


def test_a_length_is_that_of_what_is_compared(block_list: tuple[str, ...]) -> None:
    assert block_list
    # Each of these becomes three characters.
    assert refused("㎏" * 3 + "Zoe e Lea") == ""
    # Eighteen each: far beyond the greatest length, however few were typed.
    assert refused("ﷺ" * 20) == "password_too_long"


@pytest.mark.parametrize(
    "text",
    [
        "🐎🔋📎🌧🌞🍋🍇🍒🥝🥥🥑🌶",
        "κωδικός που θυμάμαι",
        "     spazi  dentro    ",
        "correct horse battery staple",
        "12 gatti e 7 cani neri",
        "aaaaaaaabbbbbbbbccccccc!",
        "Xk2-dragon-99-fiume",
    ],
)
def test_no_rule_of_composition(block_list: tuple[str, ...], text: str) -> None:
    assert block_list
    assert refused(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "1234567890123",
        "qwertyuiopasd",
        "lkjhgfdsaPOIU",
        "abcdefghijklmnop",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "PasswordPassword",
        "password123!!!",
        "!!Password2026",
        "international",
        "anna.verdi1985",
        "VERDIanna-1985",
        "sportello2026!",
        "studiobianchi26",
    ],
)
def test_what_is_tried_first_is_refused(block_list: tuple[str, ...], text: str) -> None:
    assert block_list
    assert refused(text) == "password_common"


def test_the_list_is_in_order_and_has_what_everybody_uses(block_list: tuple[str, ...]) -> None:
    assert list(block_list) == sorted(set(block_list))
    assert len(block_list) > 80_000
    for word in ("password", "12345678", "dragon", "francesco", "qwertyuiop"):
        assert word in block_list, word
    assert all(word == passwords.normalise(word).casefold() for word in block_list)


@given(st.sampled_from(KNOWN), st.text("0123456789!?.", max_size=6), st.booleans())
def test_a_known_word_and_a_few_signs_is_known(word: str, rest: str, before: bool) -> None:
    text = rest + word if before else word + rest
    assert passwords.is_common(text, (), KNOWN)
    assert passwords.is_common(text.upper(), (), KNOWN)


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=4), st.integers(4, 20))
def test_a_short_thing_said_again_and_again_is_refused(unit: str, times: int) -> None:
    assert passwords.is_common(unit * times, (), ())


@given(st.text(min_size=0, max_size=200), st.text(min_size=0, max_size=40))
def test_any_text_is_judged(text: str, name: str) -> None:
    """Never an exception, and the same answer however it is written."""
    own = passwords.words((name,))
    found = passwords.is_common(passwords.normalise(text), own, KNOWN)
    assert found == passwords.is_common(passwords.normalise(text), sorted(own), KNOWN)


@given(st.text("kvwxzjyq0123456789", min_size=16, max_size=40).filter(lambda t: len(set(t)) > 10))
def test_what_is_random_is_taken(text: str) -> None:
    assert not passwords.is_common(text, OWN, KNOWN)


def test_own_words_are_those_that_are_long_enough() -> None:
    assert passwords.words(("li@b.it", "Bo Li")) == {"sportello", "bo li"}
    assert {"anna", "verdi", "anna.verdi", "studio", "bianchi", "sportello"} <= OWN


def test_the_block_list_is_read_when_first_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / passwords.BLOCK_LIST).write_text("una parola\n")
    monkeypatch.setenv("WORDS", str(tmp_path))
    passwords.block_list.cache_clear()
    assert passwords.block_list() == ("una parola",)
    assert refused("una parola!!") == "password_common"
    passwords.block_list.cache_clear()
