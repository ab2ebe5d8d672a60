"""What a message says, in two languages, and what can never get into its header."""

from __future__ import annotations

import ast
import hashlib
import hmac
import inspect
import json
import os
from decimal import Decimal
from email import message_from_bytes
from email.policy import default
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.accounts.model import Language
from chalicelib.base import aws
from chalicelib.base.errors import Transient
from chalicelib.invoicing import unpacking
from chalicelib.invoicing.document import HoldReason
from chalicelib.invoicing.states import STATES
from chalicelib.messages import mail, model, texts
from chalicelib.messages.gate import Passed
from chalicelib.messages.model import Mail
from tests.entry import api_world
from tests.entry.api_world import Api
from tests.messages.samples import ERRORS, change, document, said

api = api_world.api
LANGUAGES: tuple[Language, ...] = get_args(Language)
both = pytest.mark.parametrize("language", LANGUAGES)


# ------------------------------------------------------------------ words
def test_every_state_that_is_told_has_words_in_both_languages() -> None:
    assert set(STATES) - texts.TOLD_STATES == {"unpacking"}, "an archive is told once it is read"
    assert set(STATES) >= texts.TOLD_STATES
    for state in texts.TOLD_STATES:
        words = [texts.state(state, language) for language in LANGUAGES]
        assert all(words)
        assert len(set(words)) == len(LANGUAGES)
        assert state not in words


@both
def test_every_reason_and_flag_has_words(language: Language) -> None:
    held = [reason for reason in get_args(HoldReason) if reason]
    for reason in (*held, "pdf_needs_template"):
        assert texts.reason(reason, language)
    for flag in ("contradiction", "unexpected"):
        assert texts.flag(flag, language)
    assert texts.reason("00404", language) == ""


def test_the_opening_of_an_archive_is_not_told() -> None:
    assert "unpacked" in ast.unparse(ast.parse(inspect.getsource(unpacking)))


# ------------------------------------------------------------------ the mail
@pytest.mark.feature("F004-060", "F004-061", "F004-062")
@both
@pytest.mark.parametrize("state", sorted(texts.TOLD_STATES))
def test_a_mail_says_whose_which_and_how_it_is(state: str, language: Language) -> None:
    made = model.mail(change(state), "hub@alfa.example", language, "mail")
    label = texts.state(state, language)
    for text in ("Officina Bassi S.r.l.", "TD01", "12/A", "2026-11-20", label):
        assert text in made.subject
        assert text in made.body
    for text in ("(c1)", "Comune di Valdoro (IT2)", "fattura.xml", "IT01234567890_00001"):
        assert text in made.body
    assert {"it": "1.234,50 EUR", "en": "1,234.50 EUR"}[language] in made.body
    assert made.to == "hub@alfa.example"


@pytest.mark.feature("F004-063")
@both
def test_the_errors_of_sdi_are_in_the_mail(language: Language) -> None:
    body = model.mail(change("rejected", errors=ERRORS), "a@b.it", language, "mail").body
    for error in ERRORS:
        assert error["code"] in body
        assert error["description"] in body
    assert "Verificare il numero" in body
    assert "00404" not in model.mail(change("sent"), "a@b.it", language, "mail").body


@pytest.mark.feature("F004-063")
def test_a_refusal_tells_its_reason() -> None:
    about = document(text="CIG errato", said=said(family="pa"))
    body = model.mail(change("refused", about, reason="EC02"), "a@b.it", "it", "mail").body
    assert "EC02: CIG errato" in body


@both
def test_a_file_that_was_not_understood_has_its_name(language: Language) -> None:
    about = document(said=None, customer="", name="", text="niente", state="refused_file")
    made = model.mail(
        change("refused_file", about, customer_name="", reason="unknown_content"),
        "a@b.it", language, "mail",
    )  # fmt: skip
    assert made.subject.startswith("fattura.xml: ")
    assert "unknown_content: niente" in made.body
    assert texts.words(language).issuer_unknown in made.body


def test_a_lot_says_how_many() -> None:
    about = document(said=said(bodies=3))
    assert "(+2)" in model.mail(change("sent", about), "a@b.it", "it", "mail").subject


@pytest.mark.parametrize(
    ("value", "it", "en"),
    [
        ("0", "0,00", "0.00"),
        ("-1234567.891", "-1.234.567,89", "-1,234,567.89"),
        ("0.1", "0,10", "0.10"),
        ("99999999999.99", "99.999.999.999,99", "99,999,999,999.99"),
    ],
)
def test_amounts_as_people_write_them(value: str, it: str, en: str) -> None:
    assert model.amount(Decimal(value), "EUR", "it") == f"{it} EUR"
    assert model.amount(Decimal(value), "CHF", "en") == f"{en} CHF"


# ------------------------------------------------------------------ headers
HEADERS = {
    "From", "To", "Subject", "Auto-Submitted", "X-SES-CONFIGURATION-SET", "X-SES-MESSAGE-TAGS",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


@pytest.mark.parametrize("language", LANGUAGES)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=anything, number=anything, file_name=anything)
@example(name="A\r\nBcc: x@y.it", number="1\nSubject: no", file_name="a\r\n\r\nbody")
@example(name="A\u2028Bcc: x@y.it", number="\x85", file_name="\x0b\x0c")
@example(name="=?utf-8?q?=0d=0aBcc:_x@y.it?=", number="1", file_name="a")
def test_nothing_gets_into_the_header(
    api: Api, language: Language, name: str, number: str, file_name: str
) -> None:
    about = document(file_name=file_name, said=said(number=number, seller_name=name))
    made = model.mail(change("sent", about, customer_name=name), "a@b.it", language, "mail")
    assert made.subject.isprintable()
    raw = sent(api, made)
    assert set(raw.keys()) <= HEADERS
    assert len(raw.keys()) == len(set(raw.keys()))
    assert raw["To"] == "a@b.it"


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


def test_a_message_is_automatic_and_can_be_traced(api: Api) -> None:
    made = model.mail(change("delivered"), "a@b.it", "it", "customer")
    raw = sent(api, made)
    assert raw["Auto-Submitted"] == "auto-generated"
    tags = dict(one.split("=") for one in raw["X-SES-MESSAGE-TAGS"].split(", "))
    assert tags == {"tenant": "alfa", "document": "d1", "version": "3", "leg": "customer"}
    assert raw.get_content().replace("\r\n", "\n").rstrip() == made.body.rstrip()


def test_ses_takes_the_tags_of_a_digest() -> None:
    """Letters, digits, underscores and dashes only (SES, SendRawEmail, message tags)."""
    slot = "2026-11-21T07:00:00.000Z"
    made = model.digest("alfa", slot, [change(), change("delivered")], "a@b.it", "it")
    tags = dict(made.tags)
    for value in tags.values():
        assert value.replace("_", "").replace("-", "").isalnum()
        assert value.isascii()
    assert model.slot_of(tags["digest"]) == slot
    assert model.slot_of(slot) == slot
    assert made.body.count("12/A") == 2
    assert "2 variazioni" in made.subject


def test_what_ses_refuses_was_not_sent(api: Api) -> None:
    ses, sender = aws.client("ses"), os.environ["MAIL_FROM"]
    ses.delete_identity(Identity=sender)
    made = model.mail(change(), "a@b.it", "it", "mail")
    try:
        with pytest.raises(Transient) as refused:
            mail.send(Passed(made))
    finally:
        ses.verify_email_identity(EmailAddress=sender)
    assert refused.value.code == "mail_refused"
    assert not isinstance(refused.value, mail.Uncertain)


# ------------------------------------------------------------------ the webhook's body
def test_a_repetition_is_recognised_and_another_change_is_not() -> None:
    assert change().id == change("delivered").id, "the version names the change"
    assert change(version=5).id != change().id
    assert change(tenant="beta").id != change().id


def test_the_body_is_json_with_exact_amounts() -> None:
    body = model.webhook_body(change("rejected", errors=ERRORS, reason="00404"))
    read = json.loads(json.dumps(body))
    assert read["document"]["amount"] == "1234.5"
    assert read["document"]["state"] == "rejected"
    assert [one["code"] for one in read["document"]["errors"]] == ["00404", "00423"]


@given(st.text(min_size=1, max_size=50), st.binary(max_size=100), st.integers(0, 2**33))
def test_a_signature_is_an_hmac_that_anybody_can_compute(secret: str, body: bytes, at: int) -> None:
    try:
        key = secret.encode()
    except UnicodeEncodeError:
        return
    signed = b"%s.%d.%s" % (b"id", at, body)
    inner = hashlib.sha256(_pad(key, 0x36) + signed).digest()
    plain = hashlib.sha256(_pad(key, 0x5C) + inner).hexdigest()
    assert hmac.compare_digest(model.signature(secret, "id", str(at), body), f"v1={plain}")


def _pad(key: bytes, byte: int) -> bytes:
    """RFC 2104, by hand."""
    if len(key) > 64:
        key = hashlib.sha256(key).digest()
    return bytes(one ^ byte for one in key.ljust(64, b"\0"))
