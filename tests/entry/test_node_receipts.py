"""Receipts as the node brings them: late, twice, out of order, of things we never asked for."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from chalicelib.base import dynamo, limits
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.work import Wakes
from chalicelib.payments import iuv, taxonomy
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Due
from chalicelib.payments.positions import editing, positions
from chalicelib.payments.receipts import service as receipts
from chalicelib.payments.receipts.service import Wanted
from infra.local.pagopa.node import Transfer
from infra.local.pagopa.node_messages import Activated, Person
from tests.entry import node_world
from tests.entry.api_world import Api
from tests.entry.bodies import BANK, PARTNER
from tests.entry.node_world import END, Station, line
from tests.payments.receipts import made
from tests.payments.taxonomy_csv import FEE, taxonomy_csv

OTHER_BODY = "80012000826"


@pytest.fixture(scope="module")
def at(api: Api) -> Station:
    return node_world.station(api)


def unknown(at: Station, number: int = 9_000_001, creditor: str = "") -> Activated:
    """A payment of a notice that the body never made, by pagoPA's stand-in."""
    creditor = creditor or at.creditor
    what = iuv.make("01", number)
    return Activated(
        f"stand-in-{number}", f"3{what}", creditor, what, 5_000, "2026-12-31", "Quota",
        "Ordine di prova", "", Person("F", "ANONIMO", "ANONIMO"),
        (Transfer(1, 5_000, creditor, BANK, "Quota", FEE),),
    )  # fmt: skip


# ------------------------------------------------------------------ kept once
@pytest.mark.feature("F001-098")
@pytest.mark.parametrize("version", [1, 2])
def test_a_receipt_is_kept_unchanged_with_all_that_it_says(
    api: Api, at: Station, version: int
) -> None:
    position = at.place(lines=(line(3_000), line(2_000, taxonomy="9/1201009AP/")))
    payer = Person("G", "12345670017", "Ditta & Figli <S.r.l.>", "ditta@example.org")
    paid = at.node.pay(
        position.payments[0].notice, at.creditor, version=version, payer=payer, fee_cents=195,
        at=datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC), note="cart-7",
    )  # fmt: skip
    (found,) = receipts.of_position(at.tenant, position.id)
    assert receipts.raw(at.tenant, found.id) == paid.told.body
    assert (
        found
        == receipts.get(at.tenant, paid.token)
        == receipts.get(at.tenant, paid.token, at.creditor)
    )
    assert (found.cents, found.fee_cents, found.source) == (5_000, 195, "node")
    # Written without a zone: Italy's time. The day is Rome's.
    assert (found.paid_at, found.day) == ("2026-11-20T22:59:59.000Z", "2026-11-20")
    assert (found.applied_on, found.transferred_on) == ("2026-11-20", "2026-11-21")
    assert (found.psp_id, found.psp_name, found.psp_code) == (
        "AGID_01", "Banca del Simulatore", "12345670017",
    )  # fmt: skip
    assert (found.method, found.channel, found.channel_name) == (
        "creditCard", "88888888888_01", "WISP",
    )  # fmt: skip
    assert found.payer is not None
    assert (found.payer.kind, found.payer.name) == ("G", "Ditta & Figli <S.r.l.>")
    assert found.debtor is not None
    assert found.debtor.code == node_world.MARIA.tax_code
    assert [(one.number, one.cents, one.iban) for one in found.transfers] == [
        (1, 3_000, BANK), (2, 2_000, BANK),
    ]  # fmt: skip
    assert found.note == ("cart-7" if version == 2 else "")
    assert (found.description, found.company) == ("Quota annuale", "Ordine di prova")
    assert (found.position, found.number, found.double) == (position.id, 0, False)
    del api


def test_persons_are_sealed_in_the_table(at: Station) -> None:
    paid = at.node.pay(at.place().payments[0].notice, at.creditor)
    (item,) = dynamo.query(f"T#{at.tenant}#RECEIPT#{paid.token}", prefix="RECEIPT#")
    assert not any("Rossi" in str(value) or "RSSMRA" in str(value) for value in item.values())
    assert "Rossi" not in repr(receipts.get(at.tenant, paid.token))


@pytest.mark.feature("F001-006")
def test_a_repeated_receipt_is_answered_the_same_and_kept_once(at: Station) -> None:
    position = at.place()
    paid = at.node.pay(position.payments[0].notice, at.creditor, times=3)
    assert paid.answer == "OK"
    # The same payment in the node's other version is the same receipt.
    assert at.node.tell(at.node.receipt(paid.activated, version=1)) == "OK"
    (found,) = receipts.of_position(at.tenant, position.id)
    assert not found.double
    assert at.events(position) == ["generated", "pay"]
    rows = [row["sk"] for row in dynamo.query(f"T#{at.tenant}#RECEIPT#{paid.token}", prefix="W#")]
    assert rows == [f"W#deliver#receipt-{at.creditor}", f"W#reconcile#receipt-{at.creditor}"]


def test_another_payment_under_a_known_id_is_a_duplicate(at: Station) -> None:
    position = at.place()
    paid = at.node.pay(position.payments[0].notice, at.creditor)
    other = replace(paid.activated, cents=999, transfers=())
    other = replace(other, transfers=(replace(paid.activated.transfers[0], cents=999),))
    assert at.node.tell(at.node.receipt(other)) == "PAA_RECEIPT_DUPLICATA"
    (found,) = receipts.of_position(at.tenant, position.id)
    assert found.cents == 1_000


def test_a_second_payment_of_a_notice_is_kept_and_flagged(at: Station) -> None:
    position = at.place()
    notice = position.payments[0].notice
    first, second = (at.node.activate(notice, at.creditor) for _ in range(2))
    for one in (first, second):
        assert at.node.tell(at.node.receipt(one)) == "OK"
    assert [one.double for one in receipts.of_position(at.tenant, position.id)] == [False, True]
    assert at.events(position) == ["generated", "pay", "paid_twice"]
    page, _ = receipts.list_receipts(at.tenant, Wanted(double=True))
    assert [one.id for one in page if one.position == position.id] == [second.token]


def test_late_and_shuffled_receipts_of_a_plan_come_to_the_same(at: Station) -> None:
    for seed in range(4):
        position = at.place(900, instalments=3)
        for payment in position.payments[1:]:
            at.node.pay(payment.notice, at.creditor, tell=False)
        answers = at.node.tell_waiting(Random(seed), times=2)
        assert answers == ["OK"] * 6
        assert at.now(position).state == "paid"
        assert not any(one.double for one in receipts.of_position(at.tenant, position.id))


# ------------------------------------------------------------------ money is never refused
def test_a_receipt_of_something_unknown_is_kept_and_listed(at: Station) -> None:
    what = unknown(at)
    assert at.node.tell(at.node.receipt(what, stand_in=True)) == "OK"
    found = receipts.get(at.tenant, what.token)
    assert (found.position, found.stand_in, found.cents) == ("", True, 5_000)
    page, _ = receipts.list_receipts(at.tenant, Wanted(unknown=True))
    assert [one.id for one in page] == [what.token]


@pytest.mark.parametrize("state", ["draft", "published", "expired", "invalid", "paid_outside"])
def test_a_receipt_counts_in_any_state(at: Station, state: Any) -> None:
    position = at.place()
    paid = at.node.pay(position.payments[0].notice, at.creditor, tell=False)
    at.node.waiting.clear()
    at.change(position, state=state)
    assert at.node.tell(paid.told) == "OK"
    assert at.now(position).state == ("paid_outside" if state == "paid_outside" else "paid")
    (found,) = receipts.of_position(at.tenant, position.id)
    assert found.double == (state == "paid_outside")


@pytest.mark.feature("F001-166", "F001-168")
def test_a_cancelled_due_that_was_paid_is_not_asked_for_again(api: Api, at: Station) -> None:
    taxonomy.load(taxonomy_csv(), api.now)
    due = Due(
        id="due1", person="x", category="professional", service="quota", reason="Quota",
        year=2026, chapter="1.1", provenance="competenza", cents=1_000, due=END, batch="",
        created_at="2026-11-21T09:00:00.000Z", state="placed",
    )  # fmt: skip
    position = at.place(lines=(line(1_000, due="due1"),))
    dynamo.commit([due_store.put_due(at.tenant, replace(due, position=position.id), 0)])
    paid = at.node.pay(position.payments[0].notice, at.creditor, tell=False)
    at.node.waiting.clear()
    positions.cancel(at.tenant, position.id, api.now, "test")
    freed = due_store.get_due(at.tenant, "due1")
    assert freed is not None
    assert freed.state == "open"
    assert at.node.tell(paid.told) == "OK"
    held = due_store.get_due(at.tenant, "due1")
    assert held is not None
    assert (held.state, held.position) == ("placed", position.id)
    wanted = editing.Edit(at.now(position).version, subject="x")
    with pytest.raises(Rejected, match="position_state"):
        editing.edit(at.tenant, position.id, wanted, api.now, "test")


def test_other_bodies_transfers_and_stamps_are_kept(at: Station) -> None:
    position = at.place()
    found = at.node.activate(position.payments[0].notice, at.creditor)
    stamp = base64.b64encode(b"<marcaDaBollo/>").decode()
    more = (
        Transfer(2, 500, OTHER_BODY, "IT51A0760103200000000999999", "Tassa", "9/0101002IM/"),
        Transfer(3, 1_600, at.creditor, "", "Bollo", "9/0101003IM/", stamp=stamp),
    )
    assert at.node.tell(at.node.receipt(found, more=more)) == "OK"
    (kept,) = receipts.of_position(at.tenant, position.id)
    assert kept.cents == 3_100
    assert [(one.creditor, one.stamp, bool(one.iban)) for one in kept.transfers] == [
        (at.creditor, False, True), (OTHER_BODY, False, True), (at.creditor, True, False),
    ]  # fmt: skip


def test_a_broadcast_receipt_of_another_body_is_kept_apart(at: Station) -> None:
    mine = at.place()
    theirs = replace(
        unknown(at, creditor=OTHER_BODY), token="broadcast", notice=mine.payments[0].notice,
        iuv=mine.payments[0].iuv,
    )  # fmt: skip
    assert at.node.tell(at.node.receipt(theirs, told_to=at.creditor)) == "OK"
    found = receipts.get(at.tenant, "broadcast", OTHER_BODY)
    # The number is ours by chance; the body is not.
    assert (found.creditor, found.position) == (OTHER_BODY, "")
    assert at.now(mine).state == "valid"
    with pytest.raises(NotFound):
        receipts.get(at.tenant, "broadcast", at.creditor)


# ------------------------------------------------------------------ what is no receipt
def test_a_receipt_by_the_wrong_station_is_refused(at: Station) -> None:
    position = at.place()
    paid = at.node.pay(position.payments[0].notice, at.creditor, tell=False)
    at.node.waiting.clear()
    for changed, code in (
        ({"station": f"{PARTNER}_09"}, "PAA_STAZIONE_INT_ERRATA"),
        ({"broker": "01234567897"}, "PAA_ID_INTERMEDIARIO_ERRATO"),
    ):
        told = at.node.by(**changed).receipt(paid.activated)
        assert at.node.tell(told) == code
    stranger = replace(paid.activated, creditor="01234567897")
    assert at.node.tell(at.node.receipt(stranger)) == "PAA_ID_DOMINIO_ERRATO"
    assert receipts.of_position(at.tenant, position.id) == []


def test_a_failed_payment_is_no_receipt(at: Station) -> None:
    position = at.place()
    found = at.node.activate(position.payments[0].notice, at.creditor)
    assert at.node.tell(at.node.receipt(found, outcome="KO")) == "PAA_SEMANTICA"
    assert at.now(position).state == "valid"
    free = replace(found, cents=0)
    assert at.node.tell(at.node.receipt(free)) == "PAA_SEMANTICA"


def test_what_is_only_badly_written_is_still_money(at: Station) -> None:
    position = at.place()
    found = at.node.activate(position.payments[0].notice, at.creditor)
    told = at.node.receipt(replace(found, description="D" * 200))
    body = told.body.replace(b"<paymentDateTime>2026", b"<news>x</news><paymentDateTime>yesterday")
    body = body.replace(b"<fee>1.50</fee>", b"<fee>1,5</fee>")
    assert at.node.tell(replace(told, body=body)) == "OK"
    (kept,) = receipts.of_position(at.tenant, position.id)
    assert (kept.description, kept.paid_at, kept.fee_cents) == ("D" * 200, "", None)
    assert kept.day == kept.applied_on
    broken = told.body.replace(b"<paymentAmount>10.00", b"<paymentAmount>10")
    assert at.node.tell(replace(told, body=broken)) == "PAA_SINTASSI_XSD"
    without = told.body.replace(b"noticeNumber", b"noticeNummer")
    assert at.node.tell(replace(told, body=without)) == "PAA_SINTASSI_XSD"


def test_ids_that_no_address_can_hold_are_found_by_their_name(at: Station) -> None:
    position = at.place()
    found = replace(at.node.activate(position.payments[0].notice, at.creditor), token="a/b #1 €")
    assert at.node.tell(at.node.receipt(found)) == "OK"
    assert receipts.get(at.tenant, "a/b #1 €").position == position.id
    long = replace(found, token="x" * (limits.RECEIPT_ID_CHARS + 1))
    assert at.node.tell(at.node.receipt(long)) == "PAA_SINTASSI_XSD"


# ------------------------------------------------------------------ lists
def test_the_list_filters_and_pages(api: Api) -> None:
    here = node_world.station(api)
    wakes = Wakes()
    for number in range(5):
        receipts.record(
            here.tenant,
            made.receipt(iuv.make("01", number), here.creditor, id=f"r{number}",
                         day=f"2026-11-{20 + number}", source="gpd" if number % 2 else "biz"),
            made.RAW, api.tick(), wakes,
        )  # fmt: skip
    page, cursor = receipts.list_receipts(here.tenant, limit=2)
    rest, end = receipts.list_receipts(here.tenant, cursor=cursor, limit=10)
    assert [one.id for one in (*page, *rest)] == ["r4", "r3", "r2", "r1", "r0"]
    assert end == ""

    def ids(**wanted: Any) -> list[str]:
        return [one.id for one in receipts.list_receipts(here.tenant, Wanted(**wanted))[0]]

    assert ids(source="gpd") == ["r3", "r1"]
    assert ids(iuv=iuv.make("01", 2)) == ["r2"]
    assert ids(double=True) == []
    assert ids(first=END.replace(month=11, day=22), last=END.replace(month=11, day=23)) == [
        "r3", "r2",
    ]  # fmt: skip
    with pytest.raises(Rejected, match="cursor_invalid"):
        receipts.list_receipts(here.tenant, Wanted(double=True), cursor)


def test_the_same_receipt_by_another_way_is_the_same(api: Api, at: Station) -> None:
    position = at.place()
    paid = at.node.pay(position.payments[0].notice, at.creditor)
    again = made.of(position, id=paid.token, source="gpd")
    kept = receipts.record(at.tenant, again, b'{"x": 1}', api.now, Wakes())
    assert kept.source == "node"
    assert len(receipts.of_position(at.tenant, position.id)) == 1
    assert receipts.raw(at.tenant, paid.token) == paid.told.body


@pytest.mark.parametrize(
    "changed", [{"id": ""}, {"cents": 0}, {"creditor": "x"}, {"cents": limits.AMOUNT_CENTS + 1}]
)
def test_what_cannot_be_a_receipt_is_refused(api: Api, at: Station, changed: Any) -> None:
    with pytest.raises(Rejected, match="receipt_malformed"):
        receipts.record(at.tenant, made.receipt(**changed), made.RAW, api.now, Wakes())
