"""Letters: what they say in four languages, and that nobody else can say anything in them."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.accounts import grants
from chalicelib.accounts.letters import INSTANTS, KINDS, LANGUAGES, OWN_ACCOUNT, Letter
from chalicelib.base import aws
from chalicelib.messages import letters as sending
from chalicelib.messages import mail
from chalicelib.messages.gate import Passed
from chalicelib.messages.letter_words import words
from chalicelib.messages.model import Mail
from tests.entry import api_world
from tests.entry.api_world import Api
from tests.messages.test_texts import HEADERS

api = api_world.api
LINK = "https://sportello.example.it/password#" + "Ab-_9" * 8 + "xyz"
VALUES = {
    "link": LINK,
    "expires": "2026-11-27T23:30:00.000Z",
    "at": "2026-07-01T08:00:00.000Z",
    "inviter": "Anna Bianchi",
    "practice": "Studio Rossi S.r.l.",
    "role": "secretary",
    "left": "9",
    "plan": "standard",
    "reason": "verifica",
    "order": "O-2026-0012",
    "total": "61,00 EUR",
    "pec": "sportello@pec.example.it",
    "lines": "1.000 x xml_private: 50,00 EUR\nAttivazione: 11,00 EUR",
    "product": "xml_private",
    "share": "20",
    "ticket": "k3b5q7x2m4ad",
    "receipts": "12",
    "flows": "3",
}
every = pytest.mark.parametrize("kind", sorted(KINDS))
in_all = pytest.mark.parametrize("language", LANGUAGES)
# What other people may have chosen.
THEIRS = ("inviter", "practice", "reason", "role", "plan", "order", "product")
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def letter(kind: str, language: str = "it", optional: bool = True, **changed: str) -> Letter:
    needed, possible = KINDS[kind]
    given = {name: VALUES[name] for name in needed | (possible if optional else frozenset())}
    given |= {name: value for name, value in changed.items() if name in given}
    tenant = "_users" if kind in OWN_ACCOUNT else "alfa"
    return Letter("abc234", tenant, kind, language, "a@b.it", given)


def composed(kind: str, language: str = "it", **more: Any) -> Mail:
    return sending.compose(letter(kind, language, **more))


class _Page(HTMLParser):
    """The words of a page, its links, and every tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def flat(text: str) -> str:
    return " ".join(text.split())


# ------------------------------------------------------------------ words
@every
@in_all
@pytest.mark.parametrize("optional", [True, False])
def test_every_letter_is_whole_in_every_language(kind: str, language: str, optional: bool) -> None:
    made = composed(kind, language, optional=optional)
    own = words(language)
    for text in (made.subject, made.body, made.html):
        assert text.strip()
        assert not re.search(r"\{\w*\}", text), text
    shown = flat(made.body)
    for name in KINDS[kind][0] - INSTANTS - {"plan"}:
        value = {"role": own.roles["secretary"], "product": own.products["xml_private"]}
        assert value.get(name, VALUES[name]) in shown + made.subject, name
    assert own.greeting in made.body
    assert own.footer in made.body
    assert ".." not in made.body


@every
def test_no_two_languages_say_the_same(kind: str) -> None:
    subjects = {composed(kind, one).subject for one in LANGUAGES}
    assert len(subjects) == len(LANGUAGES)


@in_all
def test_no_two_letters_begin_alike(language: str) -> None:
    subjects = {composed(kind, language).subject for kind in KINDS}
    assert len(subjects) == len(KINDS)


@in_all
def test_every_role_has_a_name(language: str) -> None:
    assert words(language).roles.keys() == set(grants.ROLES)


@pytest.mark.parametrize("plan", ["standard", "paid"])
@in_all
def test_a_plan_that_begins_is_not_one_that_ends(plan: str, language: str) -> None:
    other = {"standard": "paid", "paid": "standard"}[plan]
    subjects = [composed("plan_changed", language, plan=one).subject for one in (plan, other)]
    assert len(set(subjects)) == 2


def test_instants_are_those_of_italy() -> None:
    """Half past eleven at night in UTC is the next day in Rome; in July it is two hours more."""
    assert "28/11/2026 alle 00:30" in composed("reset_password").body
    assert "28 November 2026 at 00:30" in composed("reset_password", "en").body
    assert "01/07/2026 à 10:00" in composed("password_changed", "fr").body


@in_all
def test_an_end_of_trial_asks_for_nothing(language: str) -> None:
    """F000-023: by itself, data kept, nothing to click."""
    made = composed("plan_changed", language, optional=False)
    assert "http" not in made.body
    assert "href" not in made.html


def test_a_language_without_words_is_italian() -> None:
    assert composed("register", "de").body == composed("register", "it").body


# ------------------------------------------------------------------ links
@every
@in_all
def test_the_link_is_in_the_body_once_and_never_in_the_subject(kind: str, language: str) -> None:
    made = composed(kind, language)
    linked = "link" in KINDS[kind][0] | KINDS[kind][1]
    assert made.body.count(LINK) == int(linked)
    assert "http" not in made.subject
    assert _Page(made.html).links == [LINK] * linked
    assert words(language).letters[kind].button or not linked


@every
@in_all
def test_plain_text_and_page_say_the_same(kind: str, language: str) -> None:
    made = composed(kind, language)
    page = _Page(made.html)
    assert page.tags[0] == "html"
    shown = flat("".join(page.text))
    for line in made.body.replace("-- \n", "").split("\n\n"):
        assert flat(line) in shown


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://a b", 'https://a"', "ftp://a"])
def test_no_other_kind_of_link_gets_in(link: str) -> None:
    if '"' in link:  # an address all the same, and it cannot end its attribute
        assert _Page(composed("register", link=link).html).links == [link]
        return
    with pytest.raises(ValueError, match="link"):
        composed("register", link=link)


# ------------------------------------------------------------------ what others chose
def sent(api: Api, made: Mail) -> Any:
    """The message as SES gets it."""
    taken: list[bytes] = []

    class Ses:
        def send_raw_email(self, **call: Any) -> None:
            assert call["Destinations"] == [made.to]
            taken.append(call["RawMessage"]["Data"])

    aws._clients["ses"] = Ses()
    try:
        mail.send(Passed(made))
    finally:
        aws.forget()
    return message_from_bytes(taken[0], policy=default)


@every
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.fixed_dictionaries(dict.fromkeys(THEIRS, anything)))
@example(values=dict.fromkeys(THEIRS, "A\r\nBcc: x@y.it"))
@example(values=dict.fromkeys(THEIRS, "=?utf-8?q?=0d=0aBcc:_x@y.it?="))
@example(values=dict.fromkeys(THEIRS, "</title><script>alert(1)</script>"))
@example(values=dict.fromkeys(THEIRS, "{link} {expires} {nothing}"))
@example(values=dict.fromkeys(THEIRS, "x" * 200))
def test_nothing_that_others_chose_gets_out_of_its_place(
    api: Api, kind: str, values: dict[str, str]
) -> None:
    made = composed(kind, **values)
    raw = sent(api, made)
    assert set(raw.keys()) <= HEADERS | {"Message-ID"}
    assert len(raw.keys()) == len(set(raw.keys()))
    assert raw["To"] == "a@b.it"
    usual = _Page(composed(kind).html)
    page = _Page(made.html)
    assert page.links == usual.links
    assert set(page.tags) <= {"html", "head", "meta", "title", "body", "div", "p", "a", "br"}
    assert page.tags.count("p") <= usual.tags.count("p")


@pytest.mark.parametrize(
    "value",
    [
        "Vinci su http://evil.example/x ora", "www.evil.example", "evil.example/login",
        "scrivi a truffa@evil.example", "https://evil.example",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["inviter", "practice"])
def test_a_name_cannot_be_a_link(name: str, value: str) -> None:
    """A practice may call itself what it likes, and our mail would carry it to strangers."""
    made = composed("set_password", **{name: value})
    assert value not in made.body
    assert value in made.body.replace("\u200b", "")
    assert not re.search(r"(?<!\u200b)\.example|http://|\w@\w", made.body.replace(LINK, ""))
    assert value not in made.subject


def test_a_name_that_looks_like_none_stays_as_it_is() -> None:
    for name in ("Studio Rossi S.r.l.", "Dott. A. Bianchi & C.", "L'Aquila: 3° piano"):
        assert name.rstrip(".") in composed("linked", practice=name).body


# ------------------------------------------------------------------ as it travels
@every
@in_all
def test_a_letter_is_utf8_in_both_parts(api: Api, kind: str, language: str) -> None:
    made = composed(kind, language, practice="Größe Ægir 株式会社 — «àèìòù» €")
    raw = sent(api, made)
    assert raw.get_content_type() == "multipart/alternative"
    plain, page = raw.iter_parts()
    assert (plain.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")
    for part, text in ((plain, made.body), (page, made.html)):
        assert part.get_content_charset() == "utf-8"
        assert part.get_content().replace("\r\n", "\n").rstrip() == text.rstrip()
    assert raw["Subject"] == made.subject
    assert raw["Auto-Submitted"] == "auto-generated"
    assert raw["Message-ID"].startswith("<abc234@")
    tags = dict(one.split("=") for one in raw["X-SES-MESSAGE-TAGS"].split(", "))
    assert tags == {"tenant": letter(kind).tenant, "letter": "abc234", "kind": kind}
    for value in tags.values():
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value), "SES takes no other sign in a tag"


def test_kinds_are_those_that_have_words() -> None:
    for language in LANGUAGES:
        assert {one.partition(":")[0] for one in words(language).letters} == set(KINDS)
    assert set(KINDS) >= OWN_ACCOUNT
    assert VALUES.keys() >= INSTANTS
