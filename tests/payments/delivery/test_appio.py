"""Messages of App IO: what they say, and the three calls against a service that may misbehave."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base.errors import Rejected, Transient
from chalicelib.payments import iuv
from chalicelib.payments.delivery import appio, appio_asked
from chalicelib.payments.delivery.appio import Client, Profile, Said
from chalicelib.payments.delivery.appio_words import EVENTS, HELP, WORDS
from chalicelib.payments.delivery.channels import Refused, Uncertain
from chalicelib.payments.delivery.model import Attempt
from chalicelib.payments.positions.model import Line, Payment, Position
from infra.local.pagopa.appio import AppIo, Citizen, check_message

MARIA, CREDITOR = "RSSMRA80A41H501Y", "80012000826"
NUMBER = "3" + iuv.make("01", 7)
SPEC = (
    Path(__file__).resolve().parents[4]
    / "shared/schemas/pagopa/io/io-functions-services_index.yaml"
)
SAID = Said("to_pay", "Ordine di prova", CREDITOR, "Quota 2026", NUMBER, 15_000, date(2026, 12, 31))


@pytest.fixture
def io(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppIo]:
    monkeypatch.setenv("NET_PRIVATE", "allow")
    with AppIo() as found:
        found.enrol([MARIA])
        yield found


def client(io: AppIo, key: str = "") -> Client:
    return Client(key or io.key, io.url)


PLAIN = Profile()


def made(said: Said = SAID, profile: Profile = PLAIN, language: str = "it") -> dict[str, Any]:
    return appio.message(said, profile, language, MARIA)


# ------------------------------------------------------------------ what is said
@pytest.mark.feature("F001-091", "F001-186")
@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("event", EVENTS)
def test_a_message_of_each_kind(event: Any, language: str) -> None:
    said = replace(SAID, event=event, parts=True, link="https://ordine.example/r?a=1")
    found = made(said, Profile(payee=True), language)
    check_message(found)
    content = found["content"]
    assert "Quota 2026" not in content["subject"]
    assert MARIA not in json.dumps(content)
    assert content["subject"].startswith("Ordine di prova")
    assert iuv.grouped(NUMBER) in content["markdown"]
    assert ("payment_data" in content) is ("due_date" in content) is (event == "to_pay")
    if event == "to_pay":
        assert content["payment_data"] == {
            "amount": 15_000, "notice_number": NUMBER, "invalid_after_due_date": False,
            "payee": {"fiscal_code": CREDITOR},
        }  # fmt: skip
        assert "31/12/2026" in content["markdown"]
    head, _, body = content["markdown"].removeprefix("---\n").partition("\n---\n")
    assert yaml.safe_load(head)["it"]["cta_1"]["action"] == (
        "iohandledlink://https://ordine.example/r?a=1"
    )
    assert body.startswith("**Ordine di prova**")


@pytest.mark.feature("F001-091")
@pytest.mark.parametrize(
    ("day", "instant"),
    [
        (date(2026, 12, 31), "2026-12-31T22:59:59Z"),
        (date(2026, 6, 30), "2026-06-30T21:59:59Z"),
        (date(2026, 10, 25), "2026-10-25T22:59:59Z"),  # the day on which summer time ends
        (date(2027, 3, 28), "2027-03-28T21:59:59Z"),
    ],
)
def test_a_day_ends_in_italy(day: date, instant: str) -> None:
    assert appio.due_instant(day) == instant


@given(
    creditor=st.text(min_size=1, max_size=50).filter(str.strip),
    reason=st.text(min_size=1, max_size=90),
    cents=st.integers(1, appio.AMOUNT_CENTS),
    due=st.dates(date(2020, 1, 1), date(2090, 1, 1)) | st.none(),
    language=st.sampled_from(sorted(WORDS)),
    event=st.sampled_from(EVENTS),
)
def test_whatever_is_said_can_be_sent(
    creditor: str, reason: str, cents: int, due: date | None, language: str, event: Any
) -> None:
    said = Said(event, creditor, CREDITOR, reason, NUMBER, cents, due)
    found = made(said, language=language)
    check_message(found)
    # Nothing of theirs is markup.
    clean = made(replace(said, creditor="x", reason="y"), language=language)
    for mark in "*_[]()<`#":
        assert unescaped(found).count(mark) == unescaped(clean).count(mark), mark


def unescaped(message: dict[str, Any]) -> str:
    """The text without what a backslash makes plain."""
    return re.sub(r"\\.", "", message["content"]["markdown"])


def test_markup_in_a_reason_is_text() -> None:
    found = made(replace(SAID, reason="[paga](https://altrove.example) **ora**\n---"))
    text = found["content"]["markdown"]
    assert "\\[paga\\]\\(https://altrove.example\\) \\*\\*ora\\*\\* ---" in text


@pytest.mark.skipif(not SPEC.exists(), reason="the API's own description is not here")
@pytest.mark.parametrize("event", EVENTS)
def test_messages_follow_the_apis_own_description(event: Any) -> None:
    import jsonschema

    spec = yaml.safe_load(SPEC.read_text())
    schema = {"$ref": "#/definitions/NewMessage", "definitions": spec["definitions"]}
    jsonschema.Draft4Validator(schema).validate(made(replace(SAID, event=event)))
    headers = spec["securityDefinitions"]["SubscriptionKey"]
    assert (headers["in"], headers["name"]) == ("header", "Ocp-Apim-Subscription-Key")
    assert {"/profiles", "/messages"} <= set(spec["paths"])
    assert f"https://{spec['host']}{spec['basePath']}" == appio.PRODUCTION


def position(*payments: Payment) -> Position:
    line = Line("quota", "Quota", 15_000, "9/0101002IM/", "IT60X0542811101000000123456")
    return Position(
        "p", "valid", "dues", "b", CREDITOR, "Quota 2026", 15_000, (line,), payments,
        "2026-11-21T09:00:00.000Z", date(2026, 12, 31),
    )  # fmt: skip


def test_the_whole_is_asked_for_else_the_next_instalment() -> None:
    def one(number: int, state: Any = "unpaid") -> Payment:
        return Payment(number, iuv.make("01", number), 5_000, date(2026, 12, 1 + number), state)

    today = date(2026, 11, 21)
    whole = appio.to_pay(position(one(0), one(1), one(2)), "O", today)
    assert (whole.number, whole.parts) == (iuv.notice_number(iuv.make("01", 0)), True)
    rest = appio.to_pay(position(one(0, "closed"), one(1, "paid"), one(2)), "O", today)
    assert (rest.number, rest.due) == (iuv.notice_number(iuv.make("01", 2)), date(2026, 12, 3))
    with pytest.raises(Rejected) as refused:
        appio.to_pay(position(one(0, "paid")), "O", today)
    assert refused.value.code == "position_state"


def one_of(number: int, state: Any = "unpaid") -> Payment:
    return Payment(number, iuv.make("01", number), 5_000, date(2026, 12, 1 + number), state)


def told(leg: str, at: str, state: Any = "sent", **more: Any) -> Attempt:
    return Attempt("r", "p", leg, 1, "appio", "n", state, at, at, claimed_at=at, **more)


def paying(number: int, at: str) -> dict[str, Any]:
    return {"event": "pay_part", "at": at, "facts": {"number": number}}


PLAN = tuple(map(one_of, range(4)))


@pytest.mark.parametrize(
    ("attempts", "events", "asked"),
    [
        ([], [], set()),
        ([told("", "2")], [], {0}),
        ([told("", "2", "failed"), told("", "3", "skipped")], [], set()),
        ([told("", "2", "uncertain")], [], {0}),
        ([told("", "2")], [paying(1, "3")], {0}),
        # Asked after the first instalment was paid: for the second one.
        ([told("", "4")], [paying(1, "3")], {2}),
        ([told("", "2"), told("", "6")], [paying(2, "3"), paying(1, "5")], {0, 3}),
        ([told("", "2"), told("next-2", "4")], [paying(1, "3")], {0, 2}),
        ([told("", "4")], [paying(0, "3")], set()),
        # What was said of a payment or of a notice called off asks for nothing.
        ([told("paid-x", "2"), told("revoked", "2"), told("closed-0", "2")], [], set()),
        ([told("", "4")], [{"event": "edited", "at": "1", "facts": {}}], {0}),
    ],
)
def test_what_messages_asked_for_is_known(
    attempts: list[Attempt], events: list[dict[str, Any]], asked: set[int]
) -> None:
    assert appio_asked.numbers(position(*PLAN), events, attempts) == asked


def test_what_follows_a_payment() -> None:
    plan = position(one_of(0, "closed"), one_of(1, "paid"), one_of(2), one_of(3))
    rates = replace(plan, state="partially_paid")
    following = appio_asked.following(rates, frozenset({0}))
    assert following is not None
    assert following.number == 2
    assert appio_asked.following(rates, frozenset({0, 2})) is None
    assert [one.number for one in appio_asked.closed(rates, frozenset({0, 2}))] == [0]
    # Before anything is paid nothing follows, and a paid position asks for nothing.
    assert appio_asked.following(position(*PLAN), frozenset()) is None
    over = replace(rates, state="paid")
    assert appio_asked.following(over, frozenset()) is None


def test_a_service_may_ask_for_so_much_only() -> None:
    with pytest.raises(Rejected) as refused:
        made(profile=Profile(most_cents=14_999))
    assert refused.value.code == "appio_amount"
    for language, words in WORDS.items():
        text = made(replace(SAID, event="revoked", otherwise=True), language=language)["content"]
        assert text["subject"] == words.replaced.subject.format(creditor="Ordine di prova")
        assert "payment_data" not in text
    # What was paid is told whatever it came to.
    made(replace(SAID, event="paid"), Profile(most_cents=1))


@pytest.mark.feature("F001-180", "F001-181", "F001-185")
def test_help_is_there_in_each_language() -> None:
    topics = [name for name, _ in HELP["it"]]
    assert topics == ["devices", "access", "psp", "messages"]
    for language, rows in HELP.items():
        assert [name for name, _ in rows] == topics, language
        found = dict(rows)
        assert "SPID" in found["access"]
        assert "CIE" in found["access"]
        assert "PSP" in found["psp"]


# ------------------------------------------------------------------ the API
@pytest.mark.feature("F001-090")
def test_who_is_there_is_asked_first(io: AppIo) -> None:
    io.enrol(["VRDLGI80A01H501X"], Citizen(languages=("de_DE", "fr_FR")))
    io.enrol(["BNCNNA80A41H501Q"], Citizen(allows=False))
    ask = client(io).enrolment
    assert ask(MARIA) == appio.Enrolment(True, "it")
    assert ask("VRDLGI80A01H501X") == appio.Enrolment(True, "fr")
    assert ask("BNCNNA80A41H501Q") == appio.Enrolment(False, reason="appio_not_allowed")
    assert ask("NRENNA80A41H501Z") == appio.Enrolment(False, reason="appio_not_enrolled")
    client(io).try_key()
    assert client(io).send(made())
    assert io.messages == [made()]


@pytest.mark.parametrize(
    ("fault", "kind", "code", "taken"),
    [
        ("busy", Transient, "appio_busy", 0),
        ("error", Transient, "appio_unavailable", 0),
        ("garbage", Uncertain, "appio_unanswered", 1),
        ("forbidden", Refused, "appio_recipient", 0),
        ("lost", Uncertain, "appio_unanswered", 0),
        ("silent", Uncertain, "appio_unanswered", 1),
        ("gateway", Uncertain, "appio_unanswered", 1),
    ],
)
def test_what_becomes_of_a_message(
    io: AppIo, fault: str, kind: type[Exception], code: str, taken: int
) -> None:
    io.plan(fault)
    with pytest.raises(kind) as failed:
        client(io).send(made())
    assert getattr(failed.value, "code") == code  # noqa: B009
    assert len(io.messages) == taken


def test_a_wrong_key_and_nobody_at_all(io: AppIo) -> None:
    with pytest.raises(Refused) as refused:
        client(io, "another-key").try_key()
    assert refused.value.code == "appio_key"
    assert "subscription key" in refused.value.words
    with pytest.raises(Transient) as gone:
        Client(io.key, "http://127.0.0.1:1/api/v1").send(made())
    assert gone.value.code == "net_unreachable"
    for key in ("", "a b c d e f", "x" * 300, "kèy-kèy-kèy"):
        with pytest.raises(Rejected):
            appio.check_key(key)
