"""pagoPA's node at a body's station: the simulated node, and the function's own door."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.base import clock, dynamo, limits
from chalicelib.entry import node_door
from chalicelib.payments import amounts, iuv
from chalicelib.payments import bodies as settings
from chalicelib.payments.positions import holds
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa import node_messages as messages
from infra.local.pagopa.node_messages import Refused, Unanswered
from tests.entry import node_world
from tests.entry.api_world import Api, Context
from tests.entry.bodies import BANK, PARTNER, POSTE
from tests.entry.node_world import MARIA, STATION, Station, line
from tests.payments.taxonomy_csv import LATE

OTHER_BODY = "80012000826"


@pytest.fixture(scope="module")
def at(api: Api) -> Station:
    return node_world.station(api)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code


# ------------------------------------------------------------------ what is asked
@pytest.mark.feature("F001-006", "F001-012")
def test_a_notice_is_verified_activated_paid_and_its_receipt_kept(at: Station) -> None:
    position = at.place(12_345)
    notice = position.payments[0].notice
    asked = at.node.verify(notice, at.creditor)
    assert (asked.cents, asked.due, asked.postal) == (12_345, "2026-12-31", True)
    assert (asked.company, asked.office) == ("Ordine di prova", "Segreteria")
    found = at.node.activate(notice, at.creditor)
    assert (found.iuv, found.cents, found.due) == (notice[1:], 12_345, "2026-12-31")
    assert (found.debtor.kind, found.debtor.code, found.debtor.name, found.debtor.mail) == (
        "F", MARIA.tax_code, "Rossi Maria", "maria@example.org",
    )  # fmt: skip
    (transfer,) = found.transfers
    assert (transfer.cents, transfer.iban, transfer.creditor) == (12_345, BANK, at.creditor)
    assert transfer.reason == f"/RFB/{notice[1:]}/123.45/TXT/Quota annuale"
    assert transfer.category == line().taxonomy
    assert dict(transfer.metadata) == {"RC_AC_1": "2026", "RC_CAP_1": "1.1", "RC_IMP_1": "123.45"}
    paid = at.node.pay(notice, at.creditor, note="cart-1", payer=found.debtor)
    assert paid.answer == "OK"
    assert at.now(position).state == "paid"
    (receipt,) = receipts.of_position(at.tenant, position.id)
    assert (receipt.id, receipt.cents, receipt.fee_cents) == (paid.token, 12_345, 150)
    assert (receipt.iuv, receipt.note, receipt.double) == (notice[1:], "cart-1", False)
    assert receipts.raw(at.tenant, receipt.id) == paid.told.body
    assert refusal(lambda: at.node.verify(notice, at.creditor)) == "PAA_PAGAMENTO_DUPLICATO"
    assert at.events(position) == ["generated", "pay"]


@pytest.mark.parametrize("version", [1, 2])
def test_both_versions_do_the_same(at: Station, version: int) -> None:
    position = at.place(2_000)
    paid = at.node.pay(position.payments[0].notice, at.creditor, version=version)
    assert (paid.answer, at.now(position).state) == ("OK", "paid")


def test_an_activation_locks_nothing(at: Station) -> None:
    notice = at.place().payments[0].notice
    first, second = (at.node.activate(notice, at.creditor) for _ in range(2))
    assert replace(second, token=first.token) == first
    at.node.verify(notice, at.creditor)


@pytest.mark.feature("F001-170")
def test_the_amount_is_that_of_the_day(api: Api, at: Station) -> None:
    today = clock.rome_day(api.now)
    late = amounts.late_fee(today, "Mora", cents=500)
    early = amounts.reduction(today, "Sconto", rate=Decimal("0.10"))
    two = (line(6_000), line(4_000, taxonomy=LATE))
    position = at.place(lines=two, rules=(late, early))
    notice = position.payments[0].notice
    assert at.node.verify(notice, at.creditor).cents == 9_000
    now = api.now
    try:
        api.now = now + timedelta(days=1)
        assert at.node.verify(notice, at.creditor).cents == 10_500
        found = at.node.activate(notice, at.creditor)
        assert [one.cents for one in found.transfers] == [6_500, 4_000]
        assert found.cents == 10_500
    finally:
        api.now = now


def test_a_plan_is_paid_by_its_notices_and_closes_the_whole(at: Station) -> None:
    position = at.place(lines=(line(700), line(400, taxonomy=LATE)), instalments=3)
    whole, *rates = (one.notice for one in position.payments)
    shares = [at.node.activate(one, at.creditor).transfers for one in rates]
    assert [[one.cents for one in each] for each in shares] == [[367], [333, 34], [366]]
    for number, notice in enumerate(rates):
        assert at.node.pay(notice, at.creditor).answer == "OK"
        if number < 2:
            assert at.now(position).state == "partially_paid"
            assert refusal(lambda: at.node.verify(whole, at.creditor)) == "PAA_PAGAMENTO_ANNULLATO"
    assert at.now(position).state == "paid"
    assert not any(one.double for one in receipts.of_position(at.tenant, position.id))


def test_five_transfers_and_their_sum(at: Station) -> None:
    lines = tuple(line(100 + n, taxonomy=f"9/120100{n}AP/") for n in range(5))
    position = at.place(lines=lines)
    found = at.node.activate(position.payments[0].notice, at.creditor)
    assert [one.number for one in found.transfers] == [1, 2, 3, 4, 5]
    assert sum(one.cents for one in found.transfers) == found.cents == 510
    paid = at.node.pay(position.payments[0].notice, at.creditor)
    (receipt,) = receipts.of_position(at.tenant, position.id)
    assert [one.cents for one in receipt.transfers] == [100, 101, 102, 103, 104]
    assert receipt.transfers[0].metadata == found.transfers[0].metadata
    assert receipt.id == paid.token


def test_postal_rules(at: Station) -> None:
    bank = at.place(lines=(line(100), line(200, iban=POSTE, taxonomy=LATE)))
    notice = bank.payments[0].notice
    both = at.node.activate(notice, at.creditor, transfer_type="PAGOPA").transfers
    assert [one.iban for one in both] == [BANK, POSTE]
    assert [dict(one.metadata)["IBANAPPOGGIO"] for one in both] == [POSTE, BANK]
    slip = at.node.activate(notice, at.creditor, transfer_type="POSTAL").transfers
    assert [one.iban for one in slip] == [POSTE, POSTE]
    plain = at.node.activate(notice, at.creditor).transfers
    assert "IBANAPPOGGIO" not in dict(plain[0].metadata)
    dear = at.place(limits.AMOUNT_POSTE_CENTS + 1)
    assert not at.node.verify(dear.payments[0].notice, at.creditor).postal


def test_a_body_without_poste_has_no_slip(api: Api) -> None:
    bare = node_world.station(
        api, postal=None, accounts=[{"iban": BANK, "holder": "Ordine di prova"}]
    )
    notice = bare.place().payments[0].notice
    assert not bare.node.verify(notice, bare.creditor).postal
    for kind in ("POSTAL", "PAGOPA"):
        (transfer,) = bare.node.activate(notice, bare.creditor, transfer_type=kind).transfers
        assert (transfer.iban, dict(transfer.metadata).get("IBANAPPOGGIO")) == (BANK, None)


# ------------------------------------------------------------------ faults
def _twice(at: Station) -> Any:
    position = at.place(instalments=2)
    at.node.pay(position.payments[0].notice, at.creditor)
    return at.now(position).payments[1]


STATES = {
    "draft": "PAA_PAGAMENTO_SCONOSCIUTO",
    "published": "PAA_PAGAMENTO_SCONOSCIUTO",
    "invalid": "PAA_PAGAMENTO_ANNULLATO",
    "expired": "PAA_PAGAMENTO_SCADUTO",
    "paid": "PAA_PAGAMENTO_DUPLICATO",
    "reported": "PAA_PAGAMENTO_DUPLICATO",
    "paid_outside": "PAA_PAGAMENTO_DUPLICATO",
}


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_fault(at: Station, state: Any) -> None:
    notice = at.place(state=state).payments[0].notice
    assert refusal(lambda: at.node.verify(notice, at.creditor)) == STATES[state]
    for version in (1, 2):
        ask = lambda: at.node.activate(notice, at.creditor, version=version)  # noqa: E731, B023
        assert refusal(ask) == STATES[state]


def test_who_is_asked_must_be_ours(at: Station) -> None:
    notice = at.place().payments[0].notice
    other = at.node.by(broker="01234567897")
    assert refusal(lambda: other.verify(notice, at.creditor)) == "PAA_ID_INTERMEDIARIO_ERRATO"
    wrong = at.node.by(station=f"{PARTNER}_09")
    assert refusal(lambda: wrong.verify(notice, at.creditor)) == "PAA_STAZIONE_INT_ERRATA"
    assert refusal(lambda: at.node.verify(notice, OTHER_BODY)) == "PAA_ID_DOMINIO_ERRATO"
    unknown = iuv.notice_number(iuv.make("01", 9_999_999))
    assert refusal(lambda: at.node.verify(unknown, at.creditor)) == "PAA_PAGAMENTO_SCONOSCIUTO"
    elsewhere = iuv.notice_number(iuv.make("44", 1))
    assert refusal(lambda: at.node.verify(elsewhere, at.creditor)) == "PAA_PAGAMENTO_SCONOSCIUTO"
    old = "001110000000000164"  # aux 0, which we never made
    assert refusal(lambda: at.node.verify(old, at.creditor)) == "PAA_PAGAMENTO_SCONOSCIUTO"


def test_the_qr_code_is_of_the_body_that_is_asked(api: Api, at: Station) -> None:
    other = node_world.station(api)
    notice = at.place().payments[0].notice
    content = [
        ("idPA", at.creditor), ("idBrokerPA", PARTNER), ("idStation", STATION),
        ("qrCode", [("fiscalCode", other.creditor), ("noticeNumber", notice)]),
    ]  # fmt: skip
    assert _code_of("paVerifyPaymentNotice", content) == "PAA_ID_DOMINIO_ERRATO"
    # The number of one body is nothing at another.
    assert refusal(lambda: other.node.verify(notice, other.creditor)) in (
        "PAA_PAGAMENTO_SCONOSCIUTO",
    )


def _code_of(operation: str, content: Any) -> str:
    body = messages.envelope(operation, content)
    _, answer = node_world.call(body, messages.headers(operation))
    return refusal(lambda: messages.read(operation, answer))


def test_a_body_that_changes_partner_keeps_its_old_notices(api: Api) -> None:
    mine = node_world.station(api)
    notice = mine.place().payments[0].notice
    new = {"code": "02", "partner": "01234567897", "name": "Nuovo",
           "stations": ["01234567897_01"]}  # fmt: skip
    found = mine.house.call(api, "GET", "/v1/body").json
    setting = {
        name: found[name]
        for name in (
            "fiscal_code", "name", "accounts", "sector", "ipa", "cbill", "postal", "contacts",
            "version",
        )
    } | {"segregations": [*found["segregations"], new], "segregation": "02"}  # fmt: skip
    assert mine.house.call(api, "PUT", "/v1/body", setting).status == 200
    assert mine.node.verify(notice, mine.creditor).cents == 1_000
    later = replace(mine, body=settings.get(mine.tenant))
    fresh = later.place().payments[0].notice
    assert fresh[1:3] == "02"
    assert refusal(lambda: mine.node.verify(fresh, mine.creditor)) == "PAA_ID_INTERMEDIARIO_ERRATO"
    theirs = mine.node.by(broker="01234567897", station="01234567897_01")
    assert theirs.verify(fresh, mine.creditor).cents == 1_000


@pytest.mark.feature("F001-162")
def test_whoever_takes_the_money_past_the_node_holds_the_position(api: Api, at: Station) -> None:
    position = at.place()
    notice = position.payments[0].notice
    holds.hold(at.tenant, position.id, "pos-1", api.now)
    holds.hold(at.tenant, position.id, "pos-1", api.now)
    with pytest.raises(Exception, match="position_held"):
        holds.hold(at.tenant, position.id, "pos-2", api.now)
    holds.release(at.tenant, position.id, "pos-2")
    assert refusal(lambda: at.node.verify(notice, at.creditor)) == "PAA_PAGAMENTO_IN_CORSO"
    assert refusal(lambda: at.node.activate(notice, at.creditor)) == "PAA_PAGAMENTO_IN_CORSO"
    holds.release(at.tenant, position.id, "pos-1")
    assert at.node.verify(notice, at.creditor).cents == 1_000
    holds.hold(at.tenant, position.id, "pos-1", api.now)
    api.tick(limits.POSITION_HOLD_S)
    assert at.node.verify(notice, at.creditor).cents == 1_000
    holds.hold(at.tenant, position.id, "pos-2", api.now)


def test_what_reductions_leave_nothing_of_cannot_be_paid(api: Api, at: Station) -> None:
    free = amounts.reduction(clock.rome_day(api.now), "Esenzione", rate=Decimal(1))
    notice = at.place(rules=(free,)).payments[0].notice
    assert refusal(lambda: at.node.verify(notice, at.creditor)) == "PAA_SEMANTICA"


HEAD = [("idPA", OTHER_BODY), ("idBrokerPA", PARTNER), ("idStation", STATION)]
QR = ("qrCode", [("fiscalCode", OTHER_BODY), ("noticeNumber", "3" * 18)])
MALFORMED: dict[str, Any] = {
    "missing": HEAD,
    "empty": [("idPA", " "), *HEAD[1:], QR],
    "order": [QR, *HEAD],
    "unknown": [*HEAD, QR, ("more", "x")],
    "twice": [*HEAD, QR, QR],
    "letters": [*HEAD, ("qrCode", [("fiscalCode", OTHER_BODY), ("noticeNumber", "A" * 18)])],
    "short": [*HEAD, ("qrCode", [("fiscalCode", "8001"), ("noticeNumber", "3" * 18)])],
    "nested": [("idPA", [("x", "1")]), *HEAD[1:], QR],
    "long": [("idPA", "1" * 36), *HEAD[1:], QR],
}


@pytest.mark.parametrize("fault", MALFORMED)
def test_what_the_schema_forbids_is_refused(at: Station, fault: str) -> None:
    del at
    assert _code_of("paVerifyPaymentNotice", MALFORMED[fault]) == "PAA_SINTASSI_XSD"
    assert _code_of("paGetPaymentV2", MALFORMED[fault]) == "PAA_SINTASSI_XSD"


GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "text": b"hello",
    "not an envelope": b"<x/>",
    "no body": f'<s:Envelope xmlns:s="{messages.SOAP}"/>'.encode(),
    "empty body": f'<s:Envelope xmlns:s="{messages.SOAP}"><s:Body/></s:Envelope>'.encode(),
    "another element": f'<s:Envelope xmlns:s="{messages.SOAP}"><s:Body><x/></s:Body>'
                       "</s:Envelope>".encode(),
    "entities": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
    "endless": b"<x>" * 10_000,
    "large": b"<x>" + b"a" * (limits.NODE_BYTES + 1) + b"</x>",
    "must understand": f'<s:Envelope xmlns:s="{messages.SOAP}"><s:Header><t xmlns="u" '
                       's:mustUnderstand="1"/></s:Header><s:Body><x/></s:Body></s:Envelope>'.encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_gets_a_fault_of_the_operation_that_it_was_for(at: Station, kind: str) -> None:
    for operation in messages.WRAPPERS:
        status, body = at.node.garbage(GARBAGE[kind], operation)
        assert status == 200
        code = refusal(lambda: messages.read(operation, body))  # noqa: B023
        assert code == "PAA_SINTASSI_EXTRAXSD"
    status, body = at.node.garbage(GARBAGE[kind], "paNothing")
    assert status == 500
    assert b"soapenv:Client" in body


def test_an_action_that_contradicts_the_message_is_refused(at: Station) -> None:
    body = messages.envelope("paVerifyPaymentNotice", [*HEAD, QR])
    status, answer = node_world.call(body, messages.headers("paGetPayment"))
    assert refusal(lambda: messages.read("paGetPayment", answer)) == "PAA_SINTASSI_EXTRAXSD"
    status, answer = node_world.call(body, {"Content-Type": "text/xml"})
    assert status == 200  # without the header the element says what is asked
    assert refusal(lambda: messages.read("paVerifyPaymentNotice", answer)) == (
        "PAA_ID_DOMINIO_ERRATO"
    )


# ------------------------------------------------------------------ the door
def test_without_a_client_certificate_the_address_does_not_exist(at: Station) -> None:
    notice = at.place().payments[0].notice
    body = messages.envelope("paVerifyPaymentNotice", [*HEAD, QR])
    headers = messages.headers("paVerifyPaymentNotice")
    event = node_world.event(body, headers)
    for identity in ({}, {"authentication": {}}, {"authentication": {"clientCert": {}}}):
        bare = event | {"requestContext": {"http": {"method": "POST"}} | identity}
        assert node_door.node(bare, Context())["statusCode"] == 404
    got = event["requestContext"] | {"http": {"method": "GET"}}
    assert node_door.node(event | {"requestContext": got}, Context())["statusCode"] == 405
    assert at.node.verify(notice, at.creditor)


def test_a_failure_of_ours_is_a_fault_for_questions_and_no_answer_for_receipts(
    at: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    position = at.place()
    notice = position.payments[0].notice
    paid = at.node.pay(notice, at.creditor, tell=False)
    at.node.waiting.clear()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(dynamo, "batch_get", broken)
        assert refusal(lambda: at.node.verify(notice, at.creditor)) == "PAA_SYSTEM_ERROR"
        patch.setattr(dynamo, "get", broken)
        patch.setattr(dynamo, "query", broken)
        assert at.node.tell(paid.told) == ""
    assert at.now(position).state == "valid"
    assert at.node.tell(paid.told) == "OK"
    monkeypatch.setattr(node_door.service, "answer", broken)
    with pytest.raises(Unanswered):
        at.node.verify(notice, at.creditor)


def test_nothing_personal_is_in_the_log(at: Station, capsys: pytest.CaptureFixture[str]) -> None:
    notice = at.place().payments[0].notice
    at.node.pay(notice, at.creditor)
    at.node.garbage(b"<x>Rossi</x>")
    lines = [json.loads(one) for one in capsys.readouterr().out.splitlines()]
    answered = [one for one in lines if one.get("event") == "node_answered"]
    assert [(one["kind"], one["code"]) for one in answered] == [
        ("paVerifyPaymentNotice", ""), ("paGetPaymentV2", ""), ("paSendRTV2", ""),
        ("paSendRT", "PAA_SINTASSI_EXTRAXSD"),
    ]  # fmt: skip
    text = json.dumps(lines)
    assert not any(word in text for word in ("Rossi", "maria", MARIA.tax_code, notice))
    assert [one for one in lines if "NodeRefused" in one]
